import sql, { empty, type Sql } from 'sql-template-tag';
import type { GroupId, UserId } from '../../lib/ids.ts';
import { preparedRow } from '../db/prepared.ts';
import { row, rows } from '../db/query.ts';
import type { PoolScope, Scope, WriteScope } from '../db/scope.ts';
import { unestimated } from '../sql/key-lookup.ts';

export interface GroupRow {
  readonly id: GroupId;
  readonly display_name: string;
  readonly external_id: string | null;
  /** Whose group it is: pushed by an identity provider, or made here. */
  readonly source: 'scim' | 'admin';
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly deleted_at: Date | null;
}

/** The columns of a `GroupRow`, in a query whose groups table is `g`. */
export const GROUP_COLUMNS = sql`g.id, g.display_name, g.external_id, g.source, g.version, g.created_at, g.updated_at, g.deleted_at`;

/** One group that has not been deleted. */
export function findGroup(scope: Scope, id: GroupId): Promise<GroupRow | undefined> {
  return row<GroupRow>(
    scope,
    sql`select ${GROUP_COLUMNS} from groups g
      where g.workspace_id = ${unestimated(scope.workspaceId)} and g.id = ${id} and g.deleted_at is null`,
  );
}

/** Locks one group that has not been deleted. `now` is the time at which the lock was had. */
export function lockGroup(
  scope: WriteScope,
  id: GroupId,
): Promise<(GroupRow & { readonly now: Date }) | undefined> {
  return preparedRow(
    scope,
    'lock_group',
    sql`with g as materialized (
        select * from groups where workspace_id = ${unestimated(scope.workspaceId)} and id = ${id} and deleted_at is null
        for no key update)
      select ${GROUP_COLUMNS}, clock_timestamp() as now from g`,
  );
}

/** Locks the groups that users are in, in the order in which every change locks groups. */
export function lockGroupsOfUsers(
  scope: WriteScope,
  userIds: readonly UserId[],
): Promise<Pick<GroupRow, 'id' | 'display_name'>[]> {
  return rows(
    scope,
    sql`select id, display_name from groups where workspace_id = ${unestimated(scope.workspaceId)} and id in (
        select group_id from memberships
        where workspace_id = ${unestimated(scope.workspaceId)} and user_id = any(${userIds}::uuid[]) and until = 'infinity')
      order by id for no key update`,
  );
}

/** Inserts a group. Throws `taken` when its name is in use. */
export async function insertGroup(
  scope: WriteScope,
  group: Pick<GroupRow, 'id' | 'display_name' | 'external_id' | 'source'>,
  at: Date,
): Promise<GroupRow> {
  const inserted = await row<GroupRow>(
    scope,
    sql`insert into groups as g (workspace_id, id, display_name, external_id, source, created_at, updated_at)
      values (${scope.workspaceId}, ${group.id}, ${group.display_name}, ${group.external_id}, ${group.source}, ${at}, ${at})
      returning ${GROUP_COLUMNS}`,
  );
  return inserted as GroupRow;
}

/** Writes a locked group's next version. Throws `taken` when the new name is in use. */
export async function updateGroup(
  scope: WriteScope,
  id: GroupId,
  group: Pick<GroupRow, 'display_name' | 'external_id'> & { readonly deleted_at?: Date },
  at: Date,
): Promise<GroupRow> {
  const updated = await preparedRow<GroupRow>(
    scope,
    group.deleted_at ? 'end_group' : 'update_group',
    sql`update groups as g set display_name = ${group.display_name}, external_id = ${group.external_id},
        version = version + 1, updated_at = ${at}
        ${group.deleted_at ? sql`, deleted_at = ${group.deleted_at}` : empty}
      where workspace_id = ${unestimated(scope.workspaceId)} and id = ${id}
      returning ${GROUP_COLUMNS}`,
  );
  return updated as GroupRow;
}

/** Gives locked groups their next version, because a member left with its record. */
export async function touchGroups(scope: WriteScope, ids: readonly GroupId[], at: Date): Promise<void> {
  await rows(
    scope,
    sql`update groups set version = version + 1, updated_at = ${at}
      where workspace_id = ${unestimated(scope.workspaceId)} and id = any(${ids}::uuid[])`,
  );
}

/** The id of the newest group of that name, without regard to case, deleted ones too. */
export async function groupIdByName(scope: PoolScope, displayName: string): Promise<GroupId | undefined> {
  const named = (isOrWas: Sql) =>
    sql`(select id, deleted_at from groups where workspace_id = ${unestimated(scope.workspaceId)}
      and lower(display_name) = lower(${displayName}) and ${isOrWas} offset 0)`;
  const found = await row<{ id: GroupId }>(
    scope,
    sql`select id from (${named(sql`deleted_at is null`)} union all ${named(sql`deleted_at is not null`)}) named
      order by deleted_at desc nulls first limit 1`,
  );
  return found?.id;
}
