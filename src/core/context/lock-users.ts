import { notFound, RollcallError } from '../../lib/errors.ts';
import { asId, type UserId } from '../../lib/ids.ts';
import { lockUserRows } from '../../store/users/invited-users.ts';
import { lockUser, type UserRow } from '../../store/users/users.ts';
import type { Change } from './change.ts';

const REMOVED = 'The user was removed. Reinvite the user to bring the record back.';

/** The error message for a user who was erased. */
export const ERASED = 'The user was erased permanently. Invite or push the person again.';

/** The error message for a removed or erased user; undefined for any other. */
export function describeRemoval(user: UserRow): string | undefined {
  if (user.erased_at) return ERASED;
  return user.deleted_at ? REMOVED : undefined;
}

/** Locks a user for a change by an admin. Throws `not_found`, and `refused` for one who was removed or erased. */
export async function lockExistingUser(c: Change, id: string): Promise<UserRow> {
  const userId = asId<UserId>(id);
  const user = userId && (await lockUser(c.scope, userId));
  if (!user) throw notFound('user', id);
  const removal = describeRemoval(user);
  if (removal !== undefined) throw new RollcallError('refused', removal);
  c.advanceClock(user.now, user.updated_at);
  return user;
}

/** Locks users ascending by id, which locks their invitations, too. Returns those that exist. */
export async function lockUsers(c: Change, ids: readonly UserId[]): Promise<UserRow[]> {
  if (ids.length === 0) return [];
  const users = await lockUserRows(c.scope, ids);
  for (const user of users) c.advanceClock(user.now, user.updated_at);
  return users;
}
