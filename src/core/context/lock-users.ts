import { notFound, RollcallError } from '../../lib/errors.ts';
import { asId, type UserId } from '../../lib/ids.ts';
import { lockUserRows } from '../../store/users/invited-users.ts';
import { lockUser, type UserRow } from '../../store/users/users.ts';
import type { Change } from './change.ts';

const REMOVED = 'The user was removed. Reinvite the user to bring the record back.';

/** What is said of a user who was erased. */
export const ERASED = 'The user was erased, which is for good. Invite or push the person anew.';

/** What is said of a user who is not there any more; undefined for one who is. */
export function whyGone(user: UserRow): string | undefined {
  if (user.erased_at) return ERASED;
  return user.deleted_at ? REMOVED : undefined;
}

/** Locks a user for a change by an admin. Throws `not_found`, and `refused` for one who was removed or erased. */
export async function lockPresent(c: Change, id: string): Promise<UserRow> {
  const userId = asId<UserId>(id);
  const user = userId && (await lockUser(c.scope, userId));
  if (!user) throw notFound('user', id);
  const gone = whyGone(user);
  if (gone !== undefined) throw new RollcallError('refused', gone);
  c.notBefore(user.now, user.updated_at);
  return user;
}

/** Locks users ascending by id, and with it their invitations. Answers those that exist. */
export async function lockWhole(c: Change, ids: readonly UserId[]): Promise<UserRow[]> {
  if (ids.length === 0) return [];
  const users = await lockUserRows(c.scope, ids);
  for (const user of users) c.notBefore(user.now, user.updated_at);
  return users;
}
