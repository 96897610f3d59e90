import { notFound } from '../../lib/errors.ts';
import { asId, type UserId } from '../../lib/ids.ts';
import { change } from '../change/change.ts';
import type { Context } from '../context/context.ts';
import { lockForRemoval, removeLockedUsers } from './remove.ts';
import { assertVersion, type ExpectedVersions } from './replace.ts';

/** Removes a user for an identity provider. Throws `not_found`, `precondition`, `refused` (last owner). */
export async function deleteUser(ctx: Context, id: string, expected?: ExpectedVersions): Promise<void> {
  const userId = asId<UserId>(id);
  if (!userId) throw notFound('user', id);
  await change(ctx, async (c) => {
    const removalSet = await lockForRemoval(c, [userId]);
    const [current] = removalSet.users;
    if (!current || current.deleted_at) throw notFound('user', id);
    assertVersion(current.version, expected);
    await removeLockedUsers(c, removalSet, 'user.deleted');
  });
}
