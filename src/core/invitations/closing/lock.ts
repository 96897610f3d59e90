import type { UserId } from '../../../lib/ids.ts';
import { openInvitationsOf } from '../../../store/invitations/invitations.ts';
import type { Change } from '../../context/change.ts';
import { lockUsers } from '../../context/lock-users.ts';
import type { LockedInvitation } from './close.ts';

/** Locks users ascending by id and returns their open invitations. */
export async function lockInvitationsOf(c: Change, ids: readonly UserId[]): Promise<LockedInvitation[]> {
  const users = new Map((await lockUsers(c, ids)).map((user) => [user.id, user]));
  if (users.size === 0) return [];
  const open = await openInvitationsOf(c.scope, [...users.keys()]);
  return open.flatMap((invitation) => {
    const user = users.get(invitation.user_id);
    return user ? [{ user, invitation }] : [];
  });
}
