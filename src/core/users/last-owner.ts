import { RollcallError } from '../../errors.ts';
import { hasActiveOwner } from '../../store/direct-grants.ts';
import { lockWorkspace } from '../../store/change-lock.ts';
import type { Change } from '../change.ts';

/**
 * After a change that took the ownership or the status from an active owner: throws `refused` unless another active
 * owner is left. The workspace is locked first, so that two owners leaving at once can't both count on the other.
 */
export async function keepAnOwner(c: Change): Promise<void> {
  await lockWorkspace(c.tx, c.caller.workspaceId);
  if (!(await hasActiveOwner(c.tx, c.caller.workspaceId))) {
    throw new RollcallError(
      'refused',
      'This is the last active owner of the workspace. Make somebody else owner first.',
    );
  }
}
