import sql from 'sql-template-tag';
import type { OrganizationId, UserId } from '../../lib/ids.ts';
import { rows } from '../db/query.ts';
import { accessWrites, type WriteScope } from '../db/scope.ts';
import { type JsonObject, shownColumns, type UserRow, type UserStatus } from './users.ts';

/** A user whom an address means: by name, or by one of the addresses of the profile. */
export interface AddressedUser {
  /** As it was asked for. */
  readonly address: string;
  readonly id: UserId;
  readonly user_name: string;
  readonly status: UserStatus;
  readonly by_name: boolean;
}

/** The users whom addresses mean, deleted ones too; one address may mean several. */
export function usersByAddresses(scope: WriteScope, addresses: readonly string[]): Promise<AddressedUser[]> {
  return rows(
    scope,
    sql`select a.address, u.id, u.user_name, u.status, true as by_name
      from unnest(${addresses}::text[]) as a(address)
      join users u on u.workspace_id = ${scope.workspaceId} and lower(u.user_name) = lower(a.address)
      union all
      select a.address, u.id, u.user_name, u.status, false
      from unnest(${addresses}::text[]) as a(address)
      join users u on u.workspace_id = ${scope.workspaceId} and u.email_keys @> array[lower(a.address)]
        and lower(u.user_name) <> lower(a.address)`,
  );
}

/** A user who is there only because of an invitation. */
export interface InvitedUser {
  readonly id: UserId;
  readonly user_name: string;
  readonly attributes: JsonObject;
}

/**
 * Inserts pending users, in the order of their names, so that two lists that overlap can't wait for each other.
 * Answers those whose name was free.
 */
export function insertInvitedUsers(
  scope: WriteScope,
  users: readonly InvitedUser[],
  organizationId: OrganizationId | null,
  at: Date,
): Promise<Pick<UserRow, 'id' | 'user_name'>[]> {
  accessWrites(scope).assertGuarded(users.map((user) => user.id));
  return rows(
    scope,
    sql`insert into users (workspace_id, id, user_name, status, source, managed_by, attributes, organization_id,
        created_at, updated_at)
      select ${scope.workspaceId}, n.id, n.user_name, 'pending', 'invitation', 'workspace', n.attributes,
        ${organizationId}::uuid, ${at}::timestamptz, ${at}::timestamptz
      from jsonb_to_recordset(${JSON.stringify(users)}::jsonb) as n(id uuid, user_name text, attributes jsonb)
      order by lower(n.user_name) collate "C"
      on conflict (workspace_id, lower(user_name)) do nothing
      returning id, user_name`,
  );
}

/**
 * Locks users whole, deleted ones too, ascending by id as every change does. `now` is the time at which the last lock
 * was had.
 */
export function lockUserRows(
  scope: WriteScope,
  ids: readonly UserId[],
): Promise<(UserRow & { readonly now: Date })[]> {
  return rows(
    scope,
    sql`with u as materialized (select * from users
        where workspace_id = ${scope.workspaceId} and id = any(${ids}::uuid[]) order by id for no key update)
      select ${shownColumns(scope.workspaceId, false)}, clock_timestamp() as now from u order by u.id`,
  );
}

/**
 * Writes the next version of locked users as pending; deleted ones come back, managed here from now on. An organization
 * takes the place of their own.
 */
export async function makeUsersPending(
  scope: WriteScope,
  ids: readonly UserId[],
  organizationId: OrganizationId | undefined,
  at: Date,
): Promise<void> {
  accessWrites(scope).assertGuarded(ids);
  const organization = sql`${organizationId ?? null}::uuid`;
  await rows(
    scope,
    sql`update users set status = 'pending', active_since = null, removed_at = null, deleted_at = null,
        managed_by = case when deleted_at is null then managed_by else 'workspace' end,
        external_id = case when deleted_at is null then external_id end,
        organization_id = coalesce(${organization}, organization_id),
        organization_pushed = case when ${organization} is null then organization_pushed end,
        version = version + 1, updated_at = ${at}
      where workspace_id = ${scope.workspaceId} and id = any(${ids}::uuid[])`,
  );
}

/** Writes the next version of those of some locked users who are pending, as inactive. */
export async function makeUsersInactive(scope: WriteScope, ids: readonly UserId[], at: Date): Promise<void> {
  accessWrites(scope).assertGuarded(ids);
  await rows(
    scope,
    sql`update users set status = 'inactive', removed_at = ${at}, version = version + 1, updated_at = ${at}
      where workspace_id = ${scope.workspaceId} and id = any(${ids}::uuid[]) and status = 'pending'`,
  );
}
