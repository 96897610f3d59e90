import { notFound } from '../../lib/errors.ts';
import { asId, type UserId } from '../../lib/ids.ts';
import { accessOf, type AccessRow } from '../../store/access/effective.ts';
import { groupBatches } from '../../store/groups/memberships.ts';
import { countUsers, listUsers, type ShownParts, turnUsers, usersByIds } from '../../store/scim/user-list.ts';
import type { CursorPage, Turned } from '../../store/sql/cursor-page.ts';
import type { IndexPage } from '../../store/sql/offset-page.ts';
import { findUser, MOST_GROUPS, type ShownUser } from '../../store/users/users.ts';
import type { Context } from '../context/context.ts';
import { loadIndexPage } from '../shared/offset-page.ts';

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
export async function getUser(ctx: Context, id: string, parts: UserParts): Promise<UserWithAccess> {
  const userId = asId<UserId>(id);
  const user = userId && (await findUser(ctx.scope, userId, { withGroups: parts.groups }));
  if (!user) throw notFound('user', id);
  const access = parts.access ? await accessOf(ctx.scope, [user.id]) : undefined;
  return { user, access };
}

/** A page of the users that SCIM shows by position, and how many there are under the condition. */
export async function listUsersByIndex(
  ctx: Context,
  page: IndexPage,
  parts: UserParts,
): Promise<{ total: number; items: UserWithAccess[] }> {
  const list = () => listUsers(ctx.scope, page, shownParts(parts));
  const { total, items: users } = await loadIndexPage(page, list, () => countUsers(ctx.scope, page));
  return { total, items: await withAccess(ctx, users, parts) };
}

/** A page of the users that SCIM shows from a row on, and how many there were under the condition when it was begun. */
export async function listUsersByCursor(
  ctx: Context,
  page: CursorPage,
  parts: UserParts,
): Promise<Turned<UserWithAccess> & { readonly total: number }> {
  const [total, found] = await Promise.all([
    page.turn.total ?? countUsers(ctx.scope, page),
    turnUsers(ctx.scope, page, shownParts(parts)),
  ]);
  return { ...found, total, rows: await withAccess(ctx, found.rows, parts) };
}

/** What of a user is read for its parts. */
export function shownParts({ groups, access }: UserParts): ShownParts {
  return { withGroups: groups, withAccess: access };
}

/**
 * All groups of a user who is in more than are read with the record, by id and in batches; undefined for all others.
 */
export function groupsOfUser(ctx: Context, user: ShownUser): GroupBatches | undefined {
  if (!user.groups || user.groups.length <= MOST_GROUPS) return undefined;
  return groupBatches(ctx.scope, user.id);
}

export type GroupBatches = ReturnType<typeof groupBatches>;

/** The users with these ids that SCIM shows, in no order. */
export async function usersOf(
  ctx: Context,
  ids: readonly UserId[],
  parts: UserParts,
): Promise<UserWithAccess[]> {
  if (ids.length === 0) return [];
  const users = await usersByIds(ctx.scope, ids, { withGroups: parts.groups });
  return withAccess(ctx, users, parts);
}

async function withAccess(
  ctx: Context,
  users: readonly ShownUser[],
  parts: UserParts,
): Promise<UserWithAccess[]> {
  if (!parts.access || users.length === 0) return users.map((user) => ({ user, access: undefined }));
  const ids = users.map((user) => user.id);
  const byUser = new Map(ids.map((id): [UserId, AccessRow[]] => [id, []]));
  for (const row of await accessOf(ctx.scope, ids)) byUser.get(row.user_id)?.push(row);
  return users.map((user) => ({ user, access: byUser.get(user.id) }));
}
