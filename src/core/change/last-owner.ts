import type { UserId } from '../../lib/ids.ts';
import { hasActiveOwner, ownersAmong } from '../../store/access/direct-grants.ts';
import type { WriteScope } from '../../store/db/scope.ts';
import { lockWorkspace } from '../../store/db/workspace-lock.ts';
import type { Refusal } from '../context/change.ts';

/** What is said to who would leave the workspace without an owner. */
export const LAST_OWNER = 'This is the last active owner of the workspace. Make somebody else owner first.';

/** What a change has done to owners. */
export interface OwnersNoted {
  /** Whether a user is an owner by an open grant, of those of whom that was known before. */
  readonly known: Map<UserId, boolean>;
  /** Those who were active and are not any more. */
  readonly deactivated: Set<UserId>;
  /** Those whose grant of ownership has ended, and whether they are active. */
  readonly ended: Map<UserId, boolean>;
}

/**
 * Refuses a change that took the ownership or the status from an active owner, unless another active owner is left. The
 * workspace is locked first, so that two owners leaving at once can't both count on the other.
 */
export async function ownerRefusal(
  scope: WriteScope,
  { known, deactivated, ended }: OwnersNoted,
): Promise<Refusal | undefined> {
  const unknown = [...deactivated].filter((id) => !known.has(id) && !ended.has(id));
  const owners = new Set(unknown.length > 0 ? await ownersAmong(scope, unknown) : []);
  const lost = [...deactivated].filter((id) => owners.has(id) || known.get(id) === true || ended.has(id));
  for (const [id, isActive] of ended) if (isActive) lost.push(id);
  if (lost.length === 0) return undefined;
  await lockWorkspace(scope);
  if (await hasActiveOwner(scope)) return undefined;
  return { rule: 'last_owner', userIds: [...new Set(lost)], message: LAST_OWNER };
}
