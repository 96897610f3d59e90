import type { UserId } from '../../lib/ids.ts';
import { openInvitationsOf } from '../../store/invitations/invitations.ts';
import { lockUserRows } from '../../store/users/invited-users.ts';
import type { UserRow } from '../../store/users/users.ts';
import type { Change } from '../change/change.ts';
import type { Held } from './close.ts';

/** Locks users ascending by id, and with it their invitations. Answers those that exist. */
export async function lockWhole(c: Change, ids: readonly UserId[]): Promise<UserRow[]> {
  if (ids.length === 0) return [];
  const users = await lockUserRows(c.scope, ids);
  for (const user of users) c.notBefore(user.now, user.updated_at);
  return users;
}

/** Locks users ascending by id, and answers their open invitations. */
export async function lockHeld(c: Change, ids: readonly UserId[]): Promise<Held[]> {
  const users = new Map((await lockWhole(c, ids)).map((user) => [user.id, user]));
  if (users.size === 0) return [];
  const open = await openInvitationsOf(c.scope, [...users.keys()]);
  return open.flatMap((invitation) => {
    const user = users.get(invitation.user_id);
    return user ? [{ user, invitation }] : [];
  });
}
