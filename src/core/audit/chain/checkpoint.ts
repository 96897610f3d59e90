import { RollcallError } from '../../../lib/errors.ts';
import { lastSeal } from '../../../store/audit/chain.ts';
import { databaseTime } from '../../../store/sql/as-of.ts';
import type { Context } from '../../context/context.ts';
import { signingKey } from '../../context/core.ts';
import { type Head, signHead } from '../../context/signing.ts';
import { genesis } from './chain.ts';
import { isTrusted } from './trusted.ts';

/** The signed head of a chain, to be kept elsewhere: with it a later look shows that nothing was cut off since. */
export interface Checkpoint extends Head {
  readonly keyId: string;
  /** Ed25519, as PEM. */
  readonly publicKey: string;
  /** By that key over the workspace, the place, the hash and the time; base64. */
  readonly signature: string;
}

/** Signs where the chain of the caller's workspace stands. Throws `refused` when its newest seal is forged. */
export async function auditCheckpoint(ctx: Context): Promise<Checkpoint> {
  const { workspaceId } = ctx.caller;
  const key = signingKey(ctx.core);
  const last = await lastSeal(ctx.scope);
  if (last && !isTrusted(key, workspaceId, last)) {
    throw new RollcallError(
      'refused',
      'The newest seal of the audit is not ours, so it is not signed. Verify the audit: GET /api/v1/audit/verify.',
    );
  }
  const at = (await databaseTime(ctx.core.db)).toISOString();
  const head: Head = {
    workspaceId,
    seq: last?.seq ?? 0,
    hash: last?.hash ?? genesis(workspaceId),
    at,
  };
  const { keyId, publicKey } = key;
  return { ...head, keyId, publicKey, signature: signHead(key, head) };
}
