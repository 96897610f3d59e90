import sql, { type Sql } from 'sql-template-tag';
import type { GroupId, WorkspaceId } from '../ids.ts';
import { cursorQuery, turned, type CursorPage, type PlacedRow, type Turned } from './cursor-page.ts';
import type { Db } from './db.ts';
import { requiredKeys, rowsOfKeys, unestimated } from './key-lookup.ts';
import { composedRows } from './prepared.ts';
import { row, rows } from './query.ts';
import { groupSource } from './group-attributes.ts';
import { KEYED_GROUPS } from './group-keys.ts';
import { GROUP_COLUMNS, type GroupRow } from './groups.ts';
import { andCondition, isLookup, orderBy, type IndexPage, type Selection } from './page.ts';
import type { Sources } from './where.ts';

/** Attributes of which a value is had by a group or a few, with an index each. */
const GROUP_KEYS = ['id', 'displayName', 'externalId'];

/** Groups that have not been deleted, under a condition: FROM and WHERE, with the table as `g`. */
export function shownGroups(
  workspaceId: WorkspaceId,
  { condition }: Selection,
  sources: Sources = groupSource,
): Sql {
  const isShown = sql`g.deleted_at is null ${andCondition(condition, sources)}`;
  const required = condition && requiredKeys(condition, KEYED_GROUPS.keys);
  if (required) return sql`from ${rowsOfKeys(KEYED_GROUPS, workspaceId, required)} where ${isShown}`;
  return sql`from groups g where g.workspace_id = ${workspaceId} and ${isShown}`;
}

/** A page of the workspace's groups by position, without their members. What is passed over is read no further. */
export function listGroups(db: Db, workspaceId: WorkspaceId, page: IndexPage): Promise<GroupRow[]> {
  const order = orderBy(page.sortBy, groupSource, sql`g.id`);
  const limits = sql`limit ${page.count} offset ${page.startIndex - 1}`;
  if (isLookup(page, GROUP_KEYS)) {
    const query = sql`select ${GROUP_COLUMNS} ${shownGroups(workspaceId, page)} ${order} ${limits}`;
    return composedRows<GroupRow>(db, query, { isLookup: true });
  }
  return composedRows<GroupRow>(
    db,
    sql`with page as (select g.id as page_id ${shownGroups(workspaceId, page)}
        ${order} ${limits})
      select ${GROUP_COLUMNS} from page cross join lateral (
        select * from groups g where g.workspace_id = ${unestimated(workspaceId)} and g.id = page_id offset 0) g ${order}`,
  );
}

/** A page of the workspace's groups from a row on, without their members. */
export async function turnGroups(
  db: Db,
  workspaceId: WorkspaceId,
  page: CursorPage,
): Promise<Turned<GroupRow>> {
  const { column, condition, order } = cursorQuery(page, groupSource, sql`g.id`);
  const found = await rows<GroupRow & PlacedRow>(
    db,
    sql`select ${GROUP_COLUMNS}, ${column} ${shownGroups(workspaceId, page)} ${condition} ${order}`,
  );
  return turned(found, page);
}

/** The groups with these ids that have not been deleted, in no order. */
export function groupsByIds(db: Db, workspaceId: WorkspaceId, ids: readonly GroupId[]): Promise<GroupRow[]> {
  return rows<GroupRow>(
    db,
    sql`select ${GROUP_COLUMNS}
      from ${rowsOfKeys(KEYED_GROUPS, workspaceId, new Map([['id', ids]]))} where g.deleted_at is null`,
  );
}

/** How many groups the workspace has under a condition. */
export async function countGroups(
  db: Db,
  workspaceId: WorkspaceId,
  selection: Selection,
  sources: Sources = groupSource,
): Promise<number> {
  const found = await row<{ count: number }>(
    db,
    sql`select count(*) as count ${shownGroups(workspaceId, selection, sources)}`,
  );
  return found?.count ?? 0;
}
