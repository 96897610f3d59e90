import { createHmac, timingSafeEqual } from 'node:crypto';
import { asId, type InvitationId } from '../../lib/ids.ts';
import type { InvitationRow } from '../../store/invitations/invitations.ts';
import type { InvitationSettings } from '../context/core.ts';

type Signed = Pick<InvitationRow, 'workspace_id' | 'id' | 'nonce'>;

const ID_BYTES = 16;
/** 16 bytes of id and 32 of signature; 48 bytes are 64 characters of base64url, each of them needed. */
const TOKEN = /^[\w-]{64}$/;
/** How many earlier sends are recognized, to report that a newer link was sent. */
const RECOGNIZED_SENDS = 50;

/** The link of an invitation's newest send. It is not stored; it can be derived from the key and the row. */
export function linkOf(settings: InvitationSettings, invitation: Signed & { readonly send: number }): string {
  const id = Buffer.from(invitation.id.replaceAll('-', ''), 'hex');
  const token = Buffer.concat([id, signature(settings.secretKey, invitation, invitation.send)]);
  return `${settings.publicUrl}/invite/${token.toString('base64url')}`;
}

/** The contents of a token; undefined when it is malformed. */
export function parseToken(token: string): { id: InvitationId; signature: Buffer } | undefined {
  if (!TOKEN.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  const hex = bytes.subarray(0, ID_BYTES).toString('hex');
  const id = asId<InvitationId>(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'));
  return id && { id, signature: bytes.subarray(ID_BYTES) };
}

/** The send that a signature belongs to; undefined when the signature is not valid. */
export function sendOf(
  { secretKey }: InvitationSettings,
  invitation: Signed & { readonly send: number },
  signed: Buffer,
): number | undefined {
  for (let send = invitation.send; send > Math.max(0, invitation.send - RECOGNIZED_SENDS); send--) {
    if (timingSafeEqual(signature(secretKey, invitation, send), signed)) return send;
  }
  return undefined;
}

function signature(secretKey: string, { workspace_id, id, nonce }: Signed, send: number): Buffer {
  return createHmac('sha256', secretKey)
    .update(['invitation link', workspace_id, id, nonce, send].join('\n'))
    .digest();
}
