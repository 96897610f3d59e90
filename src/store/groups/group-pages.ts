import sql, { type Sql } from 'sql-template-tag';
import type { GroupId, WorkspaceId } from '../../lib/ids.ts';
import { composedRows } from '../db/prepared.ts';
import { row, rows } from '../db/query.ts';
import type { PoolScope } from '../db/scope.ts';
import { groupSources } from '../scim/group-columns.ts';
import { KEYED_GROUPS } from '../scim/group-keys.ts';
import {
  type CursorPage,
  cursorParts,
  type CursorSelection,
  type KeysetRow,
  toPage,
} from '../sql/cursor-page.ts';
import { requiredKeys, rowsOfKeys, unestimated } from '../sql/key-lookup.ts';
import type { LookupKeys } from '../sql/offset-page.ts';
import { andCondition, type IndexPage, lookupKind, orderBy, type Selection } from '../sql/offset-page.ts';
import {
  type Cut,
  cutOf,
  MAX_PAGE_BYTES,
  sizedPage,
  type SizedPage,
  type SizedRow,
} from '../sql/sized-page.ts';
import type { Sources } from '../sql/where.ts';
import { GROUP_COLUMNS, type GroupRow } from './groups.ts';

/** Attributes of which a value is had by a group or a few, with an index each. */
const GROUP_KEYS: LookupKeys = { unique: ['id', 'displayName'], shared: ['externalId'] };

/** Where groups' attributes stand; `here` as `groupSources` takes it. */
type GroupSources = (workspaceId: WorkspaceId, here?: Sql) => Sources;

/** Groups that have not been deleted, under a condition: FROM and WHERE, with the table as `g`. */
export function shownGroups(
  workspaceId: WorkspaceId,
  { condition }: Selection,
  sources: GroupSources = groupSources,
): Sql {
  const required = condition && requiredKeys(condition, KEYED_GROUPS.keys);
  const isShown = (here?: Sql) =>
    sql`g.deleted_at is null ${andCondition(condition, sources(workspaceId, here))}`;
  return required
    ? sql`from ${rowsOfKeys(KEYED_GROUPS, workspaceId, required)} where ${isShown()}`
    : sql`from groups g where g.workspace_id = ${workspaceId} and ${isShown(sql`${workspaceId}`)}`;
}

/** A group of a page, with about how many bytes its members take when they are shown. */
export interface ListedGroup extends GroupRow {
  readonly members_bytes: number;
}

/** How long each member is in the answer, in bytes; undefined when members are not shown. */
export type MemberBytes = number | undefined;

/**
 * A page of the workspace's groups by position, without their members, ended at the size that it has with them. What is
 * passed over is read no further.
 */
export async function listGroups(
  scope: PoolScope,
  page: IndexPage,
  memberBytes: MemberBytes,
): Promise<Cut<ListedGroup>> {
  const lookup = lookupKind(page, GROUP_KEYS);
  if (lookup) {
    const few = await lookUpGroups(scope, { ...page, count: Math.min(page.count, FEW) }, memberBytes, lookup);
    const bytes = few.reduce((sum, group) => sum + group.members_bytes, 0);
    const isAll = few.length < FEW || page.count <= FEW;
    if (isAll && (few.length <= 1 || bytes <= MAX_PAGE_BYTES)) return { rows: few, isCut: false };
  }
  const order = orderBy(page.sortBy, groupSources(scope.workspaceId), sql`g.id`);
  const listed = sql`select g.id ${shownGroups(scope.workspaceId, page)}
    ${order} limit ${page.count} offset ${page.startIndex - 1}`;
  const query = sizedPage({ listed, ...sizedGroup(scope.workspaceId, memberBytes) });
  return cutOf(await composedRows<ListedGroup & SizedRow>(scope, query));
}

/** Groups of one key that are looked up; where there are more, they are read as any list. */
const FEW = 4;

/** The few groups of one key. */
function lookUpGroups(
  scope: PoolScope,
  page: IndexPage,
  memberBytes: MemberBytes,
  lookup: keyof LookupKeys,
): Promise<ListedGroup[]> {
  const order = orderBy(page.sortBy, groupSources(scope.workspaceId), sql`g.id`);
  return composedRows<ListedGroup>(
    scope,
    sql`select ${GROUP_COLUMNS}, ${membersBytes(scope.workspaceId, sql`g.id`, memberBytes)} as members_bytes
      ${shownGroups(scope.workspaceId, page)} ${order} limit ${page.count} offset ${page.startIndex - 1}`,
    { lookup },
  );
}

/** A page of the workspace's groups from a row on, without their members, ended at the size that it has with them. */
export async function groupPageAfter(
  scope: PoolScope,
  page: CursorSelection,
  memberBytes: MemberBytes,
): Promise<CursorPage<ListedGroup>> {
  const { column, condition, order } = cursorParts(page, groupSources(scope.workspaceId), sql`g.id`);
  const listed = sql`select g.id, ${column} ${shownGroups(scope.workspaceId, page)} ${condition} ${order}`;
  const query = sizedPage({ listed, carried: ['sort_value'], ...sizedGroup(scope.workspaceId, memberBytes) });
  return toPage(await composedRows<ListedGroup & KeysetRow & SizedRow>(scope, query), page);
}

/** How one group of a page is read and measured. */
function sizedGroup(workspaceId: WorkspaceId, memberBytes: MemberBytes): Pick<SizedPage, 'row' | 'size'> {
  return {
    row: sql`select ${GROUP_COLUMNS}, ${membersBytes(workspaceId, sql`g.id`, memberBytes)} as members_bytes
      from groups g where g.workspace_id = ${workspaceId} and g.id = one.id`,
    size: sql`shown.members_bytes`,
  };
}

/** Bytes of a group's members, about; no more are counted than fill a page. */
export function membersBytes(workspaceId: WorkspaceId, id: Sql, memberBytes: MemberBytes): Sql {
  if (memberBytes === undefined) return sql`0`;
  return sql`${memberBytes}::integer * (select count(of_group.user_id) from (select m.user_id from memberships m
    where m.workspace_id = ${unestimated(workspaceId)} and m.group_id = ${id} and m.until = 'infinity' limit 20000) of_group)`;
}

/** The groups with these ids that have not been deleted, in no order. */
export function groupsByIds(
  scope: PoolScope,
  ids: readonly GroupId[],
  memberBytes: MemberBytes,
): Promise<ListedGroup[]> {
  return rows<ListedGroup>(
    scope,
    sql`select ${GROUP_COLUMNS}, ${membersBytes(scope.workspaceId, sql`g.id`, memberBytes)} as members_bytes
      from ${rowsOfKeys(KEYED_GROUPS, scope.workspaceId, new Map([['id', ids]]))} where g.deleted_at is null`,
  );
}

/** How many groups the workspace has under a condition. */
export async function countGroups(
  scope: PoolScope,
  selection: Selection,
  sources: GroupSources = groupSources,
): Promise<number> {
  const found = await row<{ count: number }>(
    scope,
    sql`select count(*) as count ${shownGroups(scope.workspaceId, selection, sources)}`,
  );
  return found?.count ?? 0;
}
