import { RollcallError } from '../../lib/errors.ts';
import { hasActiveOwner } from '../../store/access/direct-grants.ts';
import { lockWorkspace } from '../../store/db/workspace-lock.ts';
import type { Change } from '../change/change.ts';

/** What is said to who would leave the workspace without an owner. */
export const LAST_OWNER = 'This is the last active owner of the workspace. Make somebody else owner first.';

/**
 * After a change that took the ownership or the status from an active owner: throws `refused` unless another active
 * owner is left.
 */
export async function keepAnOwner(c: Change): Promise<void> {
  if (!(await leavesAnOwner(c))) throw new RollcallError('refused', LAST_OWNER);
}

/**
 * Whether an active owner is left after what the change has written. The workspace is locked first, so that two owners
 * leaving at once can't both count on the other.
 */
export async function leavesAnOwner(c: Change): Promise<boolean> {
  await lockWorkspace(c.scope);
  return hasActiveOwner(c.scope);
}
