import { notFound } from '../../errors.ts';
import { asId, type UserId } from '../../ids.ts';
import { accessOf, type AccessRow } from '../../store/access.ts';
import type { CursorPage, Turned } from '../../store/cursor-page.ts';
import type { IndexPage } from '../../store/page.ts';
import { indexPage } from '../index-page.ts';
import { partsWhileTokenLive } from '../live-token.ts';
import { groupBatches } from '../../store/memberships.ts';
import { countUsers, listUsers, turnUsers, usersByIds, type ShownParts } from '../../store/user-pages.ts';
import { findUser, MOST_GROUPS, type ShownUser } from '../../store/users.ts';
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
export async function getUser(
  core: Core,
  caller: Caller,
  id: string,
  parts: UserParts,
): Promise<UserWithAccess> {
  const userId = asId<UserId>(id);
  const user = userId && (await findUser(core.db, caller.workspaceId, userId, { withGroups: parts.groups }));
  if (!user) throw notFound('user', id);
  const access = parts.access ? await accessOf(core.db, caller.workspaceId, [user.id]) : undefined;
  return { user, access };
}

/** A page of the users that SCIM shows by position, and how many there are under the condition. */
export async function listUsersByIndex(
  core: Core,
  caller: Caller,
  page: IndexPage,
  parts: UserParts,
): Promise<{ total: number; items: UserWithAccess[] }> {
  const list = () => listUsers(core.db, caller.workspaceId, page, shownParts(parts));
  const { total, items: users } = await indexPage(page, list, () =>
    countUsers(core.db, caller.workspaceId, page),
  );
  return { total, items: await withAccess(core, caller, users, parts) };
}

/** A page of the users that SCIM shows from a row on, and how many there were under the condition when it was begun. */
export async function listUsersByCursor(
  core: Core,
  caller: Caller,
  page: CursorPage,
  parts: UserParts,
): Promise<Turned<UserWithAccess> & { readonly total: number }> {
  const [total, found] = await Promise.all([
    page.turn.total ?? countUsers(core.db, caller.workspaceId, page),
    turnUsers(core.db, caller.workspaceId, page, shownParts(parts)),
  ]);
  return { ...found, total, rows: await withAccess(core, caller, found.rows, parts) };
}

/** What of a user is read for its parts. */
export function shownParts({ groups, access }: UserParts): ShownParts {
  return { withGroups: groups, withAccess: access };
}

/**
 * All groups of a user who is in more than are read with the record, by id and in batches; undefined for all others.
 */
export function groupsOfUser(core: Core, caller: Caller, user: ShownUser): GroupBatches | undefined {
  if (!user.groups || user.groups.length <= MOST_GROUPS) return undefined;
  return partsWhileTokenLive(core, caller, groupBatches(core.db, caller.workspaceId, user.id));
}

export type GroupBatches = ReturnType<typeof groupBatches>;

/** The users with these ids that SCIM shows, in no order. */
export async function usersOf(
  core: Core,
  caller: Caller,
  ids: readonly UserId[],
  parts: UserParts,
): Promise<UserWithAccess[]> {
  if (ids.length === 0) return [];
  const users = await usersByIds(core.db, caller.workspaceId, ids, { withGroups: parts.groups });
  return withAccess(core, caller, users, parts);
}

async function withAccess(
  core: Core,
  caller: Caller,
  users: readonly ShownUser[],
  parts: UserParts,
): Promise<UserWithAccess[]> {
  if (!parts.access || users.length === 0) return users.map((user) => ({ user, access: undefined }));
  const ids = users.map((user) => user.id);
  const byUser = new Map(ids.map((id): [UserId, AccessRow[]] => [id, []]));
  for (const row of await accessOf(core.db, caller.workspaceId, ids)) byUser.get(row.user_id)?.push(row);
  return users.map((user) => ({ user, access: byUser.get(user.id) }));
}
