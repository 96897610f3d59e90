import { isDeepStrictEqual } from 'node:util';
import sql, { empty, join, raw, type Sql } from 'sql-template-tag';
import type { OrganizationId, UserId, WorkspaceId } from '../../lib/ids.ts';
import { composedRows, lookedUpRow, preparedForFew, preparedRow } from '../db/prepared.ts';
import { row, rows } from '../db/query.ts';
import { accessWrites, type PoolScope, type Scope, type WriteScope } from '../db/scope.ts';
import { unestimated } from '../sql/key-lookup.ts';

export type UserStatus = 'pending' | 'active' | 'inactive';

/** How the record came to be. */
export type UserSource = 'scim' | 'invitation' | 'admin';

/** Attributes as JSON: what PostgreSQL keeps in a jsonb column. */
export interface JsonObject {
  readonly [name: string]: JsonValue;
}
export type JsonValue = string | number | boolean | null | JsonObject | readonly JsonValue[];

/** What may be changed of a user. Column names in snake case, as in the table. */
export interface UserState {
  readonly user_name: string;
  readonly external_id: string | null;
  readonly status: UserStatus;
  readonly source: UserSource;
  /** Who keeps the profile: an identity provider, or admins here. */
  readonly managed_by: 'idp' | 'workspace';
  readonly attributes: JsonObject;
  readonly organization_id: OrganizationId | null;
  /** An organization that was pushed but names none of the workspace's. */
  readonly organization_pushed: string | null;
  /** The key that an identity provider pushed last, whatever admins have said since. */
  readonly organization_last_pushed: string | null;
  /** YYYY-MM-DD */
  readonly start_date: string | null;
  readonly joined_at: Date | null;
  readonly active_since: Date | null;
  /** Since when the user is inactive. */
  readonly removed_at: Date | null;
  /** Since when SCIM no longer shows the user. */
  readonly deleted_at: Date | null;
}

export interface UserRow extends UserState {
  readonly id: UserId;
  readonly full_name: string;
  readonly email: string | null;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  /** Since when nothing tells any more who it was. */
  readonly erased_at: Date | null;
  /** The organization's key. */
  readonly organization: string | null;
}

/** A user as an edge shows it; `groups` only when it was asked for. */
export interface ShownUser extends UserRow {
  readonly last_access_at: Date | null;
  readonly groups: readonly { readonly id: string; readonly display_name: string }[] | null;
}

function organization(workspaceId: WorkspaceId): Sql {
  return sql`(select o.key from organizations o
    where o.workspace_id = ${unestimated(workspaceId)} and o.id = u.organization_id) as organization`;
}

function lastAccess(workspaceId: WorkspaceId): Sql {
  return sql`(select l.at from user_last_access l
    where l.workspace_id = ${unestimated(workspaceId)} and l.user_id = u.id) as last_access_at`;
}

/** The columns of a `UserRow`, in a query whose users table is `u`. */
function columns(workspaceId: WorkspaceId): Sql {
  return sql`u.id, u.user_name, u.external_id, u.status, u.source, u.managed_by, u.attributes, u.full_name,
    u.email, u.organization_id, u.organization_pushed, u.organization_last_pushed, u.start_date, u.joined_at,
    u.active_since, u.removed_at, u.deleted_at, u.version, u.created_at, u.updated_at, u.erased_at,
    ${organization(workspaceId)}`;
}

/** Groups that are read with a user; of one who is in more, there is one more, and the others are read by themselves. */
export const MOST_GROUPS = 1_000;

function groups(workspaceId: WorkspaceId): Sql {
  return sql`(select coalesce(json_agg(json_build_object('id', g.id, 'display_name', g.display_name)
      order by lower(g.display_name) collate "C"), '[]')
    from (select m.group_id from memberships m
      where m.workspace_id = ${unestimated(workspaceId)} and m.user_id = u.id and m.until = 'infinity'
      limit ${raw(String(MOST_GROUPS + 1))}) m
    cross join lateral (select * from groups g
      where g.workspace_id = ${unestimated(workspaceId)} and g.id = m.group_id offset 0) g) as groups`;
}

/** The columns of a `ShownUser`, in a query whose users table is `u`. */
export function shownColumns(workspaceId: WorkspaceId, withGroups: boolean): Sql {
  return sql`${columns(workspaceId)},
    ${lastAccess(workspaceId)},
    ${withGroups ? groups(workspaceId) : sql`null::json as groups`}`;
}

/** One user that SCIM shows, or undefined. */
export function findUser(
  scope: Scope,
  id: UserId,
  options: { withGroups: boolean; withDeleted?: boolean },
): Promise<ShownUser | undefined> {
  return lookedUpRow<ShownUser>(
    scope,
    `user${options.withGroups ? '_with_groups' : ''}${options.withDeleted ? '_or_deleted' : ''}`,
    sql`select ${shownColumns(scope.workspaceId, options.withGroups)} from users u
      where u.workspace_id = ${unestimated(scope.workspaceId)} and u.id = ${id}
        ${options.withDeleted ? empty : sql`and u.deleted_at is null`}`,
  );
}

interface Locked extends UserRow {
  readonly now: Date;
}

/** Locks one user, deleted ones too, until the transaction ends. `now` is the time at which the lock was had. */
export function lockUser(scope: WriteScope, id: UserId): Promise<Locked | undefined> {
  return preparedRow<Locked>(
    scope,
    'lock_user',
    sql`with u as materialized (select * from users where workspace_id = ${unestimated(scope.workspaceId)} and id = ${id}
        for no key update)
      select ${columns(scope.workspaceId)}, clock_timestamp() as now from u`,
  );
}

/** Locks the user of that name, without regard to case. */
export function lockUserByName(scope: WriteScope, userName: string): Promise<Locked | undefined> {
  return row<Locked>(
    scope,
    sql`with u as materialized (select * from users
        where workspace_id = ${unestimated(scope.workspaceId)} and lower(user_name) = lower(${userName}) for no key update)
      select ${columns(scope.workspaceId)}, clock_timestamp() as now from u`,
  );
}

/**
 * Locks the users of a change, always in the same order, so that two changes can't wait for each other. Answers
 * those that exist and that SCIM shows, with their names.
 */
export function lockUsers(
  scope: WriteScope,
  ids: readonly UserId[],
): Promise<{ id: UserId; user_name: string; deleted: boolean }[]> {
  return preparedForFew(
    scope,
    'lock_users',
    ids.length,
    sql`select id, user_name, deleted_at is not null as deleted from users
      where workspace_id = ${unestimated(scope.workspaceId)} and id = any(${ids}::uuid[]) order by id for no key update`,
  );
}

/**
 * Inserts a user; undefined when the name is taken, also by a transaction that had not ended when this one began. It is no
 * error, which would end the transaction and write the name into the database's own log.
 */
export async function insertUser(
  scope: WriteScope,
  id: UserId,
  state: UserState,
  at: Date,
): Promise<UserRow | undefined> {
  accessWrites(scope).assertGuarded([id]);
  return preparedRow<UserRow>(
    scope,
    'insert_user',
    sql`with u as (
        insert into users (workspace_id, id, user_name, external_id, status, source, managed_by, attributes,
          organization_id, organization_pushed, organization_last_pushed, start_date, joined_at, active_since, removed_at, deleted_at,
          created_at, updated_at)
        values (${scope.workspaceId}, ${id}, ${state.user_name}, ${state.external_id}, ${state.status}, ${state.source},
          ${state.managed_by}, ${JSON.stringify(state.attributes)}::jsonb, ${state.organization_id},
          ${state.organization_pushed}, ${state.organization_last_pushed}, ${state.start_date}, ${state.joined_at},
          ${state.active_since}, ${state.removed_at}, ${state.deleted_at}, ${at}, ${at})
        on conflict (workspace_id, lower(user_name)) do nothing
        returning *)
      select ${columns(scope.workspaceId)} from u`,
  );
}

/** The columns that `updateUser` may write, each with its value as the database takes it. */
const WRITTEN = {
  user_name: (state) => sql`user_name = ${state.user_name}`,
  external_id: (state) => sql`external_id = ${state.external_id}`,
  status: (state) => sql`status = ${state.status}`,
  managed_by: (state) => sql`managed_by = ${state.managed_by}`,
  attributes: (state) => sql`attributes = ${JSON.stringify(state.attributes)}::jsonb`,
  organization_id: (state) => sql`organization_id = ${state.organization_id}`,
  organization_pushed: (state) => sql`organization_pushed = ${state.organization_pushed}`,
  organization_last_pushed: (state) => sql`organization_last_pushed = ${state.organization_last_pushed}`,
  start_date: (state) => sql`start_date = ${state.start_date}`,
  joined_at: (state) => sql`joined_at = ${state.joined_at}`,
  active_since: (state) => sql`active_since = ${state.active_since}`,
  removed_at: (state) => sql`removed_at = ${state.removed_at}`,
  deleted_at: (state) => sql`deleted_at = ${state.deleted_at}`,
} as const satisfies Partial<Record<keyof UserState, (state: UserState) => Sql>>;

/** What is known of a user only when it has been written; attributes as the database keeps them. */
type Written = Pick<
  ShownUser,
  'full_name' | 'email' | 'version' | 'organization' | 'last_access_at' | 'groups'
> &
  Partial<Pick<ShownUser, 'attributes'>>;

/**
 * Writes a locked user's new state as its next version, and answers it. Columns that stay as they are aren't named: what
 * is generated from them is not made again. Throws `taken` when the new name is in use.
 */
export async function updateUser(
  scope: WriteScope,
  { now: _, ...before }: UserRow & Partial<Pick<Locked, 'now'>>,
  state: UserState,
  at: Date,
): Promise<ShownUser> {
  noteStatus(scope, before, state);
  const { workspaceId } = scope;
  const written = (Object.keys(WRITTEN) as (keyof typeof WRITTEN)[]).filter(
    (column) => !isDeepStrictEqual(before[column], state[column]),
  );
  const set = written.map((column) => WRITTEN[column](state));
  const [answer] = await composedRows<Written>(
    scope,
    sql`with u as (
        update users set ${join([...set, sql`version = version + 1`, sql`updated_at = ${at}`], ', ')}
        where workspace_id = ${unestimated(scope.workspaceId)} and id = ${before.id}
        returning *)
      select ${written.includes('attributes') ? sql`u.attributes, ` : empty}u.full_name, u.email, u.version,
        ${organization(workspaceId)}, ${lastAccess(workspaceId)}, ${groups(workspaceId)} from u`,
  );
  if (!answer) throw new Error(`User ${before.id} was not locked before it was written.`);
  const changed = Object.fromEntries(written.map((column) => [column, state[column]]));
  return { ...before, ...changed, ...answer, updated_at: at };
}

function noteStatus(scope: WriteScope, before: UserRow, after: UserState): void {
  if (before.status === after.status) return;
  // Whoever is pending holds the seats of whoever is active.
  if (before.status === 'inactive' || after.status === 'inactive')
    accessWrites(scope).assertGuarded([before.id]);
  if (before.status === 'active') accessWrites(scope).noteDeactivated([before.id]);
}

/** Marks locked users deleted: inactive, keeping an earlier removal date, and hidden from SCIM. */
export async function markUsersDeleted(
  scope: WriteScope,
  users: readonly Pick<UserRow, 'id' | 'status'>[],
  at: Date,
): Promise<void> {
  const ids = users.map((user) => user.id);
  accessWrites(scope).assertGuarded(ids);
  accessWrites(scope).noteDeactivated(
    users.filter((user) => user.status === 'active').map((user) => user.id),
  );
  await rows(
    scope,
    sql`update users set status = 'inactive', active_since = null, removed_at = coalesce(removed_at, ${at}),
        deleted_at = ${at}, version = version + 1, updated_at = ${at}
      where workspace_id = ${unestimated(scope.workspaceId)} and id = any(${ids}::uuid[])`,
  );
}

/** The id of the user of that name, without regard to case, deleted ones too. */
export async function userIdByName(scope: PoolScope, userName: string): Promise<UserId | undefined> {
  const found = await row<{ id: UserId }>(
    scope,
    sql`select id from users where workspace_id = ${unestimated(scope.workspaceId)} and lower(user_name) = lower(${userName})`,
  );
  return found?.id;
}
