import { notFound } from '../../lib/errors.ts';
import { asId, type UserId } from '../../lib/ids.ts';
import { accessOf, type AccessRow } from '../../store/access/effective.ts';
import { groupBatches } from '../../store/groups/memberships.ts';
import {
  countUsers,
  listUsers,
  type ShownParts,
  userPageAfter,
  usersByIds,
} from '../../store/scim/user-list.ts';
import type { CursorPage, CursorSelection } from '../../store/sql/cursor-page.ts';
import type { IndexPage } from '../../store/sql/offset-page.ts';
import { findUser, MOST_GROUPS, type ShownUser } from '../../store/users/users.ts';
import type { Context } from '../context/context.ts';
import { partsWhileTokenLive } from '../context/live-token.ts';
import { loadIndexPage } from '../shared/offset-page.ts';

/** Parts of a user that need a query of their own and are loaded only when requested. */
export interface UserParts {
  readonly groups: boolean;
  readonly access: boolean;
}

export interface UserWithAccess {
  readonly user: ShownUser;
  /** Effective access; undefined when it was not requested. */
  readonly access: readonly AccessRow[] | undefined;
}

/** A user that is visible to SCIM. Throws `not_found`. */
export async function getUser(ctx: Context, id: string, parts: UserParts): Promise<UserWithAccess> {
  const userId = asId<UserId>(id);
  const user = userId && (await findUser(ctx.scope, userId, { withGroups: parts.groups }));
  if (!user) throw notFound('user', id);
  const access = parts.access ? await accessOf(ctx.scope, [user.id]) : undefined;
  return { user, access };
}

/** A page of the users visible to SCIM by position, and how many match the condition. */
export async function listUsersByIndex(
  ctx: Context,
  page: IndexPage,
  parts: UserParts,
): Promise<{ total: number; items: UserWithAccess[] }> {
  const list = () => listUsers(ctx.scope, page, toLoadOptions(parts));
  const { total, items: users } = await loadIndexPage(page, list, () => countUsers(ctx.scope, page));
  return { total, items: await withAccess(ctx, users, parts) };
}

/** A page of the users visible to SCIM by cursor, and how many matched the condition when the first page was read. */
export async function listUsersByCursor(
  ctx: Context,
  page: CursorSelection,
  parts: UserParts,
): Promise<CursorPage<UserWithAccess> & { readonly total: number }> {
  const [total, result] = await Promise.all([
    page.cursor.total ?? countUsers(ctx.scope, page),
    userPageAfter(ctx.scope, page, toLoadOptions(parts)),
  ]);
  return { ...result, total, rows: await withAccess(ctx, result.rows, parts) };
}

/** The store's options for the requested parts. */
export function toLoadOptions({ groups, access }: UserParts): ShownParts {
  return { withGroups: groups, withAccess: access };
}

/**
 * All groups of a user, by id and in batches, when there are more than are read with the record; undefined otherwise.
 */
export function groupsOfUser(ctx: Context, user: ShownUser): GroupBatches | undefined {
  if (!user.groups || user.groups.length <= MOST_GROUPS) return undefined;
  return partsWhileTokenLive(ctx, groupBatches(ctx.scope, user.id));
}

export type GroupBatches = ReturnType<typeof groupBatches>;

/** The users with these ids that are visible to SCIM, in no particular order. */
export async function getUsersByIds(
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
