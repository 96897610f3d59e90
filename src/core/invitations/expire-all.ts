import { workspacesWithExpired } from '../../store/invitations/invitations.ts';
import { change } from '../change/change.ts';
import { contextOf } from '../context/context.ts';
import type { Core } from '../context/core.ts';
import { expireInvitations, expiryCaller, lockExpired } from './closing/expire.ts';

/**
 * Closes every expired invitation of all workspaces and returns how many; the next run continues after `isStopping`.
 * Several instances may run it at once, since a closed invitation is not found again.
 */
export async function expireAllInvitations(core: Core, isStopping: () => boolean): Promise<number> {
  let total = 0;
  for (const workspaceId of await workspacesWithExpired(core.db)) {
    for (let expiredCount = -1; expiredCount !== 0 && !isStopping(); total += expiredCount) {
      expiredCount = await change(contextOf(core, expiryCaller(workspaceId)), async (c) => {
        const expired = await lockExpired(c, []);
        const users = expired.map(({ user }) => user.id);
        if (users.length === 0) return 0;
        await c.guard(users);
        await expireInvitations(c, expired);
        return expired.length;
      });
    }
  }
  return total;
}
