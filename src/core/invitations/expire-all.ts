import { workspacesWithExpired } from '../../store/invitations/invitations.ts';
import { change } from '../change/change.ts';
import { contextOf } from '../context/context.ts';
import type { Core } from '../context/core.ts';
import { expireInvitations, expiryOf, lockExpired } from './closing/expire.ts';

/**
 * Settles every invitation past its time, in all workspaces, and answers how many; what `isStopping` interrupts goes
 * on another time. Several instances share it without meeting: a settled one is not found again.
 */
export async function settleExpiredInvitations(core: Core, isStopping: () => boolean): Promise<number> {
  let settled = 0;
  for (const workspaceId of await workspacesWithExpired(core.db)) {
    for (let done = -1; done !== 0 && !isStopping(); settled += done) {
      done = await change(contextOf(core, expiryOf(workspaceId)), async (c) => {
        const expired = await lockExpired(c, []);
        const users = expired.map(({ user }) => user.id);
        if (users.length === 0) return 0;
        await c.guard(users);
        await expireInvitations(c, expired);
        return expired.length;
      });
    }
  }
  return settled;
}
