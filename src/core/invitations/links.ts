import { createHmac, timingSafeEqual } from 'node:crypto';
import { asId, type InvitationId } from '../../lib/ids.ts';
import type { InvitationRow } from '../../store/invitations/invitations.ts';
import type { InvitationSettings } from '../context/core.ts';

type Signed = Pick<InvitationRow, 'workspace_id' | 'id' | 'nonce'>;

const ID_BYTES = 16;
/** 16 bytes of id and 32 of signature; 48 bytes are 64 characters of base64url, each of them needed. */
const TOKEN = /^[\w-]{64}$/;
/** How many sends back an old link is recognized, to say that a newer one was sent. */
const REMEMBERED = 50;

/** The link of an invitation's newest send. It is kept nowhere: whoever has the key and the row can make it again. */
export function linkOf(settings: InvitationSettings, invitation: Signed & { readonly send: number }): string {
  const id = Buffer.from(invitation.id.replaceAll('-', ''), 'hex');
  const token = Buffer.concat([id, signature(settings.secretKey, invitation, invitation.send)]);
  return `${settings.publicUrl}/invite/${token.toString('base64url')}`;
}

/** What a token says; undefined for a text that can't be one. */
export function readToken(token: string): { id: InvitationId; signature: Buffer } | undefined {
  if (!TOKEN.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  const hex = bytes.subarray(0, ID_BYTES).toString('hex');
  const id = asId<InvitationId>(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'));
  return id && { id, signature: bytes.subarray(ID_BYTES) };
}

/** The send of an invitation that a signature belongs to; undefined when it is none of ours. */
export function sendOf(
  { secretKey }: InvitationSettings,
  invitation: Signed & { readonly send: number },
  signed: Buffer,
): number | undefined {
  for (let send = invitation.send; send > Math.max(0, invitation.send - REMEMBERED); send--) {
    if (timingSafeEqual(signature(secretKey, invitation, send), signed)) return send;
  }
  return undefined;
}

function signature(secretKey: string, { workspace_id, id, nonce }: Signed, send: number): Buffer {
  return createHmac('sha256', secretKey)
    .update(['invitation link', workspace_id, id, nonce, send].join('\n'))
    .digest();
}
