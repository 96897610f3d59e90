import type { UserId } from '../../lib/ids.ts';
import { hasActiveOwner, ownersAmong } from '../../store/access/direct-grants.ts';
import type { WriteScope } from '../../store/db/scope.ts';
import { lockWorkspace } from '../../store/db/workspace-lock.ts';
import type { Refusal } from '../context/change.ts';

/** The error message for a change that would leave the workspace without an owner. */
export const LAST_OWNER = 'This is the last active owner of the workspace. Make somebody else owner first.';

/** How a change has affected owners. */
export interface OwnerChanges {
  /** Whether a user had an open grant of ownership, for users of whom the change knew that beforehand. */
  readonly known: Map<UserId, boolean>;
  /** Users who were active and no longer are. */
  readonly deactivated: Set<UserId>;
  /** Users whose grant of ownership has ended, and whether they are active. */
  readonly ended: Map<UserId, boolean>;
}

/**
 * Refuses a change that demoted or deactivated an active owner, unless another active owner remains. The workspace is
 * locked first, so that two owners leaving at once can't each rely on the other.
 */
export async function findOwnerRefusal(
  scope: WriteScope,
  { known, deactivated, ended }: OwnerChanges,
): Promise<Refusal | undefined> {
  const unknown = [...deactivated].filter((id) => !known.has(id) && !ended.has(id));
  const owners = new Set(unknown.length > 0 ? await ownersAmong(scope, unknown) : []);
  const formerOwners = [...deactivated].filter(
    (id) => owners.has(id) || known.get(id) === true || ended.has(id),
  );
  for (const [id, isActive] of ended) if (isActive) formerOwners.push(id);
  if (formerOwners.length === 0) return undefined;
  await lockWorkspace(scope);
  if (await hasActiveOwner(scope)) return undefined;
  return { rule: 'last_owner', userIds: [...new Set(formerOwners)], message: LAST_OWNER };
}
