import type { WorkspaceId } from '../../../lib/ids.ts';
import type { SealRow } from '../../../store/audit/chain.ts';
import { isSignedHead, type SigningKey } from '../../context/signing.ts';

/**
 * Whether the newest seal may be gone on from, or signed. Another key's signature is taken: SECRET_KEY was changed.
 * Verifying the audit tells since when it is another.
 */
export function isTrusted(key: SigningKey, workspaceId: WorkspaceId, last: SealRow): boolean {
  const { seq, hash, sealed_at, signature, key_id } = last;
  if (signature === null) return false;
  if (key_id !== key.keyId) return true;
  return isSignedHead(key.publicKey, { workspaceId, seq, hash, at: sealed_at.toISOString() }, signature);
}
