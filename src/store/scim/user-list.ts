import sql, { empty, type Sql } from 'sql-template-tag';
import type { UserId, WorkspaceId } from '../../lib/ids.ts';
import { composedRows } from '../db/prepared.ts';
import { row, rows } from '../db/query.ts';
import type { PoolScope } from '../db/scope.ts';
import {
  type CursorPage,
  cursorParts,
  type CursorSelection,
  type KeysetRow,
  toPage,
} from '../sql/cursor-page.ts';
import { requiredKeys, rowsOfKeys } from '../sql/key-lookup.ts';
import type { LookupKeys } from '../sql/offset-page.ts';
import { andCondition, type IndexPage, lookupKind, orderBy, type Selection } from '../sql/offset-page.ts';
import { type Cut, cutOf, jsonBytes, sizedPage, type SizedPage, type SizedRow } from '../sql/sized-page.ts';
import { shownColumns, type ShownUser } from '../users/users.ts';
import { userSources } from './user-columns.ts';
import { KEYED_USERS } from './user-keys.ts';

/** Attributes of which a value is had by a user or a few, with an index each. */
const USER_KEYS: LookupKeys = { unique: ['id', 'userName'], shared: ['externalId'] };

/** Users that SCIM shows, under a condition: FROM and WHERE, with the table as `u`. */
export function shownUsers(workspaceId: WorkspaceId, { condition }: Selection): Sql {
  const required = condition && requiredKeys(condition, KEYED_USERS.keys);
  const isShown = (here?: Sql) =>
    sql`u.deleted_at is null ${andCondition(condition, userSources(workspaceId, here))}`;
  return required
    ? sql`from ${rowsOfKeys(KEYED_USERS, workspaceId, required)} where ${isShown()}`
    : sql`from users u where u.workspace_id = ${workspaceId} and ${isShown(sql`${workspaceId}`)}`;
}

/** What of a user is shown beside its own columns. */
export interface ShownParts {
  readonly withGroups: boolean;
  /** Its access is read elsewhere, but counts for the size of a page. */
  readonly withAccess?: boolean;
}

/** Users of one key that are looked up; where there are more, they are read as any list. */
const FEW = 4;

/**
 * A page of the users that SCIM shows, by position, ended at a size. What is passed over is counted in the index and read
 * no further.
 */
export async function listUsers(
  scope: PoolScope,
  page: IndexPage,
  parts: ShownParts,
): Promise<Cut<ShownUser>> {
  const lookup = lookupKind(page, USER_KEYS);
  if (lookup) {
    const first = { ...page, count: Math.min(page.count, FEW) };
    const few = await lookUpUsers(scope, first, parts, lookup);
    if (few.length < FEW || page.count <= FEW) return { rows: few, isCut: false };
  }
  const order = orderBy(page.sortBy, userSources(scope.workspaceId), sql`u.id`);
  const listed = sql`select u.id ${shownUsers(scope.workspaceId, page)}
    ${order} limit ${page.count} offset ${page.startIndex - 1}`;
  const query = sizedPage({ listed, ...sizedUser(scope.workspaceId, parts) });
  return cutOf(await composedRows<ShownUser & SizedRow>(scope, query));
}

/** The few users of one key. */
function lookUpUsers(
  scope: PoolScope,
  page: IndexPage,
  options: { withGroups: boolean },
  lookup: keyof LookupKeys,
): Promise<ShownUser[]> {
  const order = orderBy(page.sortBy, userSources(scope.workspaceId), sql`u.id`);
  return composedRows<ShownUser>(
    scope,
    sql`select ${shownColumns(scope.workspaceId, options.withGroups)} ${shownUsers(scope.workspaceId, page)}
      ${order} limit ${page.count} offset ${page.startIndex - 1}`,
    { lookup },
  );
}

/** A page of the users that SCIM shows, from a row on, ended at a size. */
export async function userPageAfter(
  scope: PoolScope,
  page: CursorSelection,
  parts: ShownParts,
): Promise<CursorPage<ShownUser>> {
  const { column, condition, order } = cursorParts(page, userSources(scope.workspaceId), sql`u.id`);
  const listed = sql`select u.id, ${column} ${shownUsers(scope.workspaceId, page)} ${condition} ${order}`;
  const query = sizedPage({ listed, carried: ['sort_value'], ...sizedUser(scope.workspaceId, parts) });
  return toPage(await composedRows<ShownUser & KeysetRow & SizedRow>(scope, query), page);
}

/** How one user of a page is read and measured. */
function sizedUser(
  workspaceId: WorkspaceId,
  { withGroups, withAccess = false }: ShownParts,
): Pick<SizedPage, 'row' | 'size'> {
  return {
    row: sql`select ${shownColumns(workspaceId, withGroups)} from users u where u.workspace_id = ${workspaceId} and u.id = one.id`,
    size: sql`${jsonBytes(sql`shown.attributes`)}
      ${withGroups ? sql`+ 2 * octet_length(shown.groups::text)` : empty}
      ${withAccess ? sql`+ ${accessBytes(workspaceId, sql`shown.id`)}` : empty}`,
  };
}

/** Bytes of a user whose groups and access are not loaded with it, about. */
export function userBytes(workspaceId: WorkspaceId, id: Sql, { withGroups, withAccess }: ShownParts): Sql {
  return sql`(select ${jsonBytes(sql`u.attributes`)} from users u
      where u.workspace_id = ${workspaceId} and u.id = ${id})
    ${withGroups ? sql`+ ${groupsBytes(workspaceId, id)}` : empty}
    ${withAccess ? sql`+ ${accessBytes(workspaceId, id)}` : empty}`;
}

// An element of `groups` or `access` takes about so many bytes; no more are counted than fill a page.
function groupsBytes(workspaceId: WorkspaceId, id: Sql): Sql {
  return sql`250 * (select count(of_user.user_id) from (select m.user_id from memberships m
    where m.workspace_id = ${workspaceId} and m.user_id = ${id} and m.until = 'infinity' limit 20000) of_user)`;
}

function accessBytes(workspaceId: WorkspaceId, id: Sql): Sql {
  return sql`250 * (select count(of_user.user_id) from (select m.user_id from memberships m
    join group_grants gg on gg.workspace_id = ${workspaceId} and gg.group_id = m.group_id and gg.until = 'infinity'
    where m.workspace_id = ${workspaceId} and m.user_id = ${id} and m.until = 'infinity' limit 20000) of_user)`;
}

/** The users with these ids that SCIM shows, in no order. */
export function usersByIds(
  scope: PoolScope,
  ids: readonly UserId[],
  options: { withGroups: boolean },
): Promise<ShownUser[]> {
  return rows<ShownUser>(
    scope,
    sql`select ${shownColumns(scope.workspaceId, options.withGroups)}
      from ${rowsOfKeys(KEYED_USERS, scope.workspaceId, new Map([['id', ids]]))} where u.deleted_at is null`,
  );
}

/** How many users SCIM shows under a condition. */
export async function countUsers(scope: PoolScope, selection: Selection): Promise<number> {
  const found = await row<{ count: number }>(
    scope,
    sql`select count(*) as count ${shownUsers(scope.workspaceId, selection)}`,
  );
  return found?.count ?? 0;
}
