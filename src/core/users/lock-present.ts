import { notFound, RollcallError } from '../../errors.ts';
import { asId, type UserId } from '../../ids.ts';
import { lockUser, type UserRow } from '../../store/users.ts';
import type { Change } from '../change.ts';

/** What is said of a user who was removed. */
export const REMOVED = 'The user was removed. Reinvite the user to bring the record back.';

/** Locks a user for a change by an admin. Throws `not_found`, and `refused` for one who was removed. */
export async function lockPresent(c: Change, id: string): Promise<UserRow> {
  const userId = asId<UserId>(id);
  const user = userId && (await lockUser(c.tx, c.caller.workspaceId, userId));
  if (!user) throw notFound('user', id);
  if (user.deleted_at) throw new RollcallError('refused', REMOVED);
  c.notBefore(user.now, user.updated_at);
  return user;
}
