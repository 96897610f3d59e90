import sql, { empty, type Sql } from 'sql-template-tag';
import type { GroupId, UserId, WorkspaceId } from '../../lib/ids.ts';
import { rows } from '../db/query.ts';
import type { PoolScope } from '../db/scope.ts';
import { countGroups, type MemberBytes, membersBytes, shownGroups } from '../groups/group-pages.ts';
import {
  afterCursor,
  cursorKey,
  type CursorPage,
  type CursorSelection,
  isDescending,
  type KeysetRow,
  toPage,
} from '../sql/cursor-page.ts';
import { orderByKey, type SortKey } from '../sql/keyset.ts';
import { type IndexPage, type Selection, sortKey } from '../sql/offset-page.ts';
import { inOrder, sizedPage, type SizedRow } from '../sql/sized-page.ts';
import { jsonSource, type Sources } from '../sql/where.ts';
import { groupSources } from './group-columns.ts';
import { userSources } from './user-columns.ts';
import { countUsers, type ShownParts, shownUsers, userBytes } from './user-list.ts';

/** What a list of users and groups asks of each; the direction of the order is the same. */
export interface MixedSelection {
  readonly users: Selection;
  readonly groups: Selection;
}

/** Which of the two a row is. */
export type MixedId =
  { readonly kind: 'user'; readonly id: UserId } | { readonly kind: 'group'; readonly id: GroupId };

/** An attribute in a namespace is one that no group has. */
function mixedGroupSources(workspaceId: WorkspaceId, here?: Sql): Sources {
  const sources = groupSources(workspaceId, here);
  return (attribute) =>
    attribute.path[0]?.includes(':') === true ? jsonSource(sql`'{}'::jsonb`, attribute) : sources(attribute);
}

/** How many users and groups there are under the conditions. */
export async function countMixed(scope: PoolScope, { users, groups }: MixedSelection): Promise<number> {
  const [ofUsers, ofGroups] = await Promise.all([
    countUsers(scope, users),
    countGroups(scope, groups, mixedGroupSources),
  ]);
  return ofUsers + ofGroups;
}

/** What is shown of users and groups, by which their sizes are known. */
export interface MixedParts {
  readonly users: ShownParts;
  readonly memberBytes: MemberBytes;
}

/** A page of users and groups by position, ended at a size. */
export async function listMixed(
  scope: PoolScope,
  selection: MixedSelection,
  { startIndex, count }: Pick<IndexPage, 'startIndex' | 'count'>,
  parts: MixedParts,
): Promise<MixedId[]> {
  const offset = startIndex - 1;
  const query = mixed(scope.workspaceId, selection, {
    keyOf: ({ sortBy }, sources) => sortKey(sortBy, sources),
    descending: selection.users.sortBy?.descending ?? false,
    from: () => empty,
    most: offset + count,
  });
  const listed = sql`${query} limit ${count} offset ${offset}`;
  return inOrder(await rows<MixedId & SizedRow>(scope, sized(scope.workspaceId, listed, parts)));
}

/** A page of users and groups from a row on, ended at a size. */
export async function mixedPageAfter(
  scope: PoolScope,
  selection: MixedSelection,
  { cursor, count }: Pick<CursorSelection, 'cursor' | 'count'>,
  parts: MixedParts,
): Promise<CursorPage<MixedId>> {
  const page: CursorSelection = { ...selection.users, cursor, count };
  const query = mixed(scope.workspaceId, selection, {
    keyOf: cursorKey,
    descending: isDescending(page),
    from: (key, id) => afterCursor(page, key, id),
    most: count + 1,
  });
  const listed = sql`${query} limit ${count + 1}`;
  return toPage(
    await rows<MixedId & KeysetRow & SizedRow>(scope, sized(scope.workspaceId, listed, parts)),
    page,
  );
}

function sized(workspaceId: WorkspaceId, listed: Sql, { users, memberBytes }: MixedParts): Sql {
  return sizedPage({
    listed,
    carried: ['kind', 'sort_value'],
    row: sql`select one.id, case one.kind when 'user' then ${userBytes(workspaceId, sql`one.id`, users)}
      else ${membersBytes(workspaceId, sql`one.id`, memberBytes)} end as own_bytes`,
    size: sql`shown.own_bytes`,
  });
}

interface Reading {
  readonly keyOf: (selection: Selection, sources: Sources) => SortKey | undefined;
  readonly descending: boolean;
  /** The rows beyond the one that is gone on from, "and" first. */
  readonly from: (key: SortKey | undefined, id: Sql) => Sql;
  /** How many rows of one sort can be wanted at all. */
  readonly most: number;
}

/** Each sort is ordered and cut by itself, where an index may serve, and then both together. */
function mixed(workspaceId: WorkspaceId, { users, groups }: MixedSelection, reading: Reading): Sql {
  const { keyOf, descending, from, most } = reading;
  const part = (kind: Sql, selected: Sql, id: Sql, key: SortKey | undefined): Sql =>
    sql`(select ${kind}::text as kind, ${id} as id, ${key?.expression ?? sql`null::text`} as sort_key
      ${selected} ${from(key, id)} ${orderByKey(key, descending, id)} limit ${most})`;
  const userKey = keyOf(users, userSources(workspaceId));
  const groupKey = keyOf(groups, mixedGroupSources(workspaceId));
  const order: SortKey | undefined = userKey && {
    ...userKey,
    expression: userKey.type === 'text' ? sql`r.sort_key collate "C"` : sql`r.sort_key`,
  };
  return sql`select r.kind, r.id, r.sort_key::text as sort_value from (
      ${part(sql`'user'`, shownUsers(workspaceId, users), sql`u.id`, userKey)}
      union all
      ${part(sql`'group'`, shownGroups(workspaceId, groups, mixedGroupSources), sql`g.id`, groupKey)}
    ) r ${orderByKey(order, descending, sql`r.id`)}`;
}
