import { notFound } from '../../errors.ts';
import { asId, type UserId } from '../../ids.ts';
import { accessOf, type AccessRow } from '../../store/access.ts';
import type { IndexPage } from '../../store/page.ts';
import { countUsers, findUser, listUsers, type ShownUser } from '../../store/users.ts';
import type { Caller } from '../caller.ts';
import type { Core } from '../core.ts';

/** What of a user costs a query of its own and is loaded only when it is shown. */
export interface UserParts {
  readonly groups: boolean;
  readonly access: boolean;
}

export interface UserWithAccess {
  readonly user: ShownUser;
  /** Effective access; undefined when it wasn't asked for. */
  readonly access: readonly AccessRow[] | undefined;
}

/** One user that SCIM shows. Throws `not_found`. */
export async function getUser(core: Core, caller: Caller, id: string, parts: UserParts): Promise<UserWithAccess> {
  const userId = asId<UserId>(id);
  const user = userId && (await findUser(core.db, caller.workspaceId, userId, { withGroups: parts.groups }));
  if (!user) throw notFound('user', id);
  const access = parts.access ? await accessOf(core.db, caller.workspaceId, [user.id]) : undefined;
  return { user, access };
}

/** A page of the users that SCIM shows, and how many there are under the condition. */
export async function listUsersByIndex(
  core: Core,
  caller: Caller,
  page: IndexPage,
  parts: UserParts,
): Promise<{ total: number; users: UserWithAccess[] }> {
  const [total, users] = await Promise.all([
    countUsers(core.db, caller.workspaceId, page),
    page.count === 0 ? [] : listUsers(core.db, caller.workspaceId, page, { withGroups: parts.groups }),
  ]);
  if (!parts.access || users.length === 0) {
    return { total, users: users.map((user) => ({ user, access: undefined })) };
  }
  const ids = users.map((user) => user.id);
  const byUser = new Map(ids.map((id): [UserId, AccessRow[]] => [id, []]));
  for (const row of await accessOf(core.db, caller.workspaceId, ids)) byUser.get(row.user_id)?.push(row);
  return { total, users: users.map((user) => ({ user, access: byUser.get(user.id) })) };
}
