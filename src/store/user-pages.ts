import sql, { type Sql } from 'sql-template-tag';
import type { UserId, WorkspaceId } from '../ids.ts';
import { cursorQuery, turned, type CursorPage, type PlacedRow, type Turned } from './cursor-page.ts';
import type { Db } from './db.ts';
import { requiredKeys, rowsOfKeys, unestimated } from './key-lookup.ts';
import { composedRows } from './prepared.ts';
import { row, rows } from './query.ts';
import { andCondition, isLookup, orderBy, type IndexPage, type Selection } from './page.ts';
import { userSource } from './user-attributes.ts';
import { KEYED_USERS } from './user-keys.ts';
import { shownColumns, type ShownUser } from './users.ts';

/** Attributes of which a value is had by a user or a few, with an index each. */
const USER_KEYS = ['id', 'userName', 'externalId'];

/** Users that SCIM shows, under a condition: FROM and WHERE, with the table as `u`. */
export function shownUsers(workspaceId: WorkspaceId, { condition }: Selection): Sql {
  const isShown = sql`u.deleted_at is null ${andCondition(condition, userSource)}`;
  const required = condition && requiredKeys(condition, KEYED_USERS.keys);
  if (required) return sql`from ${rowsOfKeys(KEYED_USERS, workspaceId, required)} where ${isShown}`;
  return sql`from users u where u.workspace_id = ${workspaceId} and ${isShown}`;
}

/** A page of the users that SCIM shows, by position. What is passed over is counted in the index and read no further. */
export function listUsers(
  db: Db,
  workspaceId: WorkspaceId,
  page: IndexPage,
  options: { withGroups: boolean },
): Promise<ShownUser[]> {
  const order = orderBy(page.sortBy, userSource, sql`u.id`);
  const limits = sql`limit ${page.count} offset ${page.startIndex - 1}`;
  if (isLookup(page, USER_KEYS)) {
    const query = sql`select ${shownColumns(options.withGroups)} ${shownUsers(workspaceId, page)} ${order} ${limits}`;
    return composedRows<ShownUser>(db, query, { isLookup: true });
  }
  return composedRows<ShownUser>(
    db,
    sql`with page as (select u.id as page_id ${shownUsers(workspaceId, page)}
        ${order} ${limits})
      select ${shownColumns(options.withGroups)} from page cross join lateral (
        select * from users u where u.workspace_id = ${unestimated(workspaceId)} and u.id = page_id offset 0) u ${order}`,
  );
}

/** A page of the users that SCIM shows, from a row on. */
export async function turnUsers(
  db: Db,
  workspaceId: WorkspaceId,
  page: CursorPage,
  options: { withGroups: boolean },
): Promise<Turned<ShownUser>> {
  const { column, condition, order } = cursorQuery(page, userSource, sql`u.id`);
  const found = await rows<ShownUser & PlacedRow>(
    db,
    sql`select ${shownColumns(options.withGroups)}, ${column} ${shownUsers(workspaceId, page)} ${condition} ${order}`,
  );
  return turned(found, page);
}

/** The users with these ids that SCIM shows, in no order. */
export function usersByIds(
  db: Db,
  workspaceId: WorkspaceId,
  ids: readonly UserId[],
  options: { withGroups: boolean },
): Promise<ShownUser[]> {
  return rows<ShownUser>(
    db,
    sql`select ${shownColumns(options.withGroups)}
      from ${rowsOfKeys(KEYED_USERS, workspaceId, new Map([['id', ids]]))} where u.deleted_at is null`,
  );
}

/** How many users SCIM shows under a condition. */
export async function countUsers(db: Db, workspaceId: WorkspaceId, selection: Selection): Promise<number> {
  const found = await row<{ count: number }>(
    db,
    sql`select count(*) as count ${shownUsers(workspaceId, selection)}`,
  );
  return found?.count ?? 0;
}
