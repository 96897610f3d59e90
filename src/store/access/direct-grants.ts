import sql, { type Sql } from 'sql-template-tag';
import type { EventId, GrantId, UserId, WorkspaceId } from '../../lib/ids.ts';
import { preparedForFew, preparedRows } from '../db/prepared.ts';
import { row, rows } from '../db/query.ts';
import { accessWrites, type WriteScope } from '../db/scope.ts';
import { unestimated } from '../sql/key-lookup.ts';

/** A value that an identity provider pushed into `roles` or `entitlements`. */
export interface PushedValue {
  readonly attribute: 'roles' | 'entitlements';
  readonly value: string;
}

/** An open grant from a pushed value; `kind` is null while the value names nothing of the workspace. */
export interface PushedGrant extends PushedValue {
  readonly id: GrantId;
  readonly kind: string | null;
  readonly account_role: string | null;
}

/** The open grants that a user has by pushed values, and whether the user is an owner by any open grant. */
export async function pushedAndOwned(
  scope: WriteScope,
  userId: UserId,
): Promise<{ readonly pushed: PushedGrant[]; readonly isOwner: boolean }> {
  const found = await preparedRows<PushedGrant & { readonly source: string }>(
    scope,
    'pushed_and_owned',
    sql`select id, pushed_attribute as attribute, pushed_value as value, kind, account_role, source
      from direct_grants
      where workspace_id = ${unestimated(scope.workspaceId)} and user_id = ${userId} and (source = 'pushed' or account_role = 'owner')
        and until = 'infinity'`,
  );
  return {
    pushed: found.filter(({ source }) => source === 'pushed'),
    isOwner: found.some(({ account_role: role }) => role === 'owner'),
  };
}

/**
 * What pushed values name, as columns beside `v(attribute, value)`: `PRODUCT` or `PRODUCT:LICENSE` among
 * entitlements; an account role or `PROJECT:ROLE` among roles. All columns are null when it names nothing.
 */
function resolution(workspaceId: WorkspaceId, from: Sql): Sql {
  const first = sql`lower(split_part(v.value, ':', 1))`;
  const second = sql`lower(substr(v.value, strpos(v.value, ':') + 1))`;
  return sql`
    select v.*,
      case when l.id is not null then 'entitlement' when r.id is not null then 'project_role'
        when a.role is not null then 'account_role' end as kind,
      a.role as account_role, case when r.id is not null then p.id end as project_id, r.id as role_id,
      l.id as license_id
    from ${from}
    left join products pr on pr.workspace_id = ${workspaceId} and v.attribute = 'entitlements'
      and lower(pr.key) = ${first}
    left join licenses l on l.workspace_id = ${workspaceId} and l.product_id = pr.id and l.deleted_at is null
      and lower(l.key) = case when strpos(v.value, ':') = 0 then 'standard' else ${second} end
    left join (values ('owner'), ('admin'), ('billing_manager'), ('member')) a(role)
      on v.attribute = 'roles' and a.role = lower(v.value)
    left join projects p on p.workspace_id = ${workspaceId} and v.attribute = 'roles' and strpos(v.value, ':') > 0
      and lower(p.key) = ${first} and p.deleted_at is null
    left join roles r on r.workspace_id = ${workspaceId} and p.id is not null and lower(r.key) = ${second}`;
}

/**
 * Opens a user's grants by pushed values, each resolved to what it names now. A value that is open already, or comes twice
 * to the database's own notion of case, which is not JavaScript's, is left as it is.
 */
export async function openPushedGrants(
  scope: WriteScope,
  userId: UserId,
  grants: readonly (PushedValue & { readonly id: GrantId })[],
  eventId: EventId,
  at: Date,
): Promise<void> {
  const access = accessWrites(scope);
  access.assertGuarded([userId]);
  access.noteRolesChanged([userId]);
  const from = sql`unnest(${grants.map((grant) => grant.id)}::uuid[], ${grants.map((grant) => grant.attribute)}::text[],
    ${grants.map((grant) => grant.value)}::text[]) as v(id, attribute, value)`;
  await rows(
    scope,
    sql`insert into direct_grants (workspace_id, id, user_id, source, pushed_attribute, pushed_value, kind,
        account_role, project_id, role_id, license_id, since, since_event)
      select ${scope.workspaceId}, v.id, ${userId}, 'pushed', v.attribute, v.value, v.kind, v.account_role, v.project_id,
        v.role_id, v.license_id, ${at}, ${eventId}
      from (${resolution(scope.workspaceId, from)}) v
      on conflict (workspace_id, user_id, pushed_attribute, lower(pushed_value))
        where until = 'infinity' and source = 'pushed' do nothing`,
  );
}

/** A grant that has just ended; `of_active` is null unless it made its user an owner. */
interface EndedGrant {
  readonly user_id: UserId;
  readonly kind: string | null;
  readonly source: string;
  readonly account_role: string | null;
  readonly of_active: boolean | null;
}

/** Ends direct grants by id. */
export function endDirectGrants(
  scope: WriteScope,
  ids: readonly GrantId[],
  eventId: EventId,
  at: Date,
): Promise<void> {
  return endGrantsBy(
    scope,
    ids.map((id) => ({ id, eventId })),
    at,
  );
}

/** Ends direct grants, each with the event that tells of it. */
export async function endGrantsBy(
  scope: WriteScope,
  ended: readonly { readonly id: GrantId; readonly eventId: EventId }[],
  at: Date,
): Promise<void> {
  const found = await rows<EndedGrant>(
    scope,
    sql`update direct_grants d set until = greatest(${at}::timestamptz, d.since), until_event = e.event
      from unnest(${ended.map((one) => one.id)}::uuid[], ${ended.map((one) => one.eventId)}::uuid[]) as e(id, event)
      where d.workspace_id = ${unestimated(scope.workspaceId)} and d.id = e.id and d.until >= 'infinity'
        and d.id = any(${ended.map((one) => one.id)}::uuid[])
      returning d.user_id, d.kind, d.source, d.account_role, case when d.account_role = 'owner' then exists (
        select from users u where u.workspace_id = ${scope.workspaceId} and u.id = d.user_id
          and u.status = 'active') end as of_active`,
  );
  const access = accessWrites(scope);
  const usersOf = (grants: readonly EndedGrant[]) => grants.map((grant) => grant.user_id);
  access.assertGuarded(usersOf(found));
  access.noteRolesChanged(
    usersOf(found.filter(({ kind, source }) => kind === 'account_role' || source === 'pushed')),
  );
  for (const areActive of [true, false])
    access.noteOwnershipEnded(usersOf(found.filter((grant) => grant.of_active === areActive)), areActive);
}

/** Ends every direct grant of users, whoever gave it; `events[i]` is the event that tells of `users[i]`. */
export async function endAllDirectGrants(
  scope: WriteScope,
  ended: { readonly users: readonly UserId[]; readonly events: readonly EventId[] },
  at: Date,
): Promise<void> {
  const access = accessWrites(scope);
  access.assertGuarded(ended.users);
  const found = await rows<{ user_id: UserId; is_owner: boolean }>(
    scope,
    sql`update direct_grants d set until = greatest(${at}::timestamptz, d.since), until_event = e.event
      from unnest(${ended.users}::uuid[], ${ended.events}::uuid[]) as e(user_id, event)
      where d.workspace_id = ${unestimated(scope.workspaceId)} and d.user_id = e.user_id and d.until = 'infinity'
        and d.user_id = any(${ended.users}::uuid[])
      returning d.user_id, coalesce(d.account_role = 'owner', false) as is_owner`,
  );
  access.noteOwnershipEnded(
    found.filter((grant) => grant.is_owner).map((grant) => grant.user_id),
    false,
  );
}

/**
 * Reads all open pushed values again after the catalogue changed: a value that names something else now, or names
 * something at last, or nothing any more, gets a new interval. Answers how many did.
 */
export async function resolvePushedAgain(scope: WriteScope, eventId: EventId, at: Date): Promise<number> {
  accessWrites(scope).assertGuarded('everybody');
  const from = sql`(select d.id, d.user_id, d.pushed_attribute as attribute, d.pushed_value as value, d.since,
      d.target as old_target
    from direct_grants d
    where d.workspace_id = ${scope.workspaceId} and d.source = 'pushed' and d.until = 'infinity') v`;
  const changed = await rows(
    scope,
    sql`with changed as materialized (
        select * from (${resolution(scope.workspaceId, from)}) v
        where v.old_target is distinct from coalesce(v.account_role, '') || '/' || coalesce(v.project_id::text, '')
          || '/' || coalesce(v.role_id::text, '') || '/' || coalesce(v.license_id::text, '')),
      ended as (
        update direct_grants d set until = greatest(${at}::timestamptz, d.since), until_event = ${eventId}
        from changed where d.workspace_id = ${scope.workspaceId} and d.id = changed.id
        returning d.id)
      select changed.user_id, changed.attribute, changed.value, changed.kind, changed.account_role,
        changed.project_id, changed.role_id, changed.license_id
      from changed join ended on ended.id = changed.id`,
  );
  // A second statement: the unique index of open grants must see the ended ones.
  if (changed.length > 0) {
    await rows(
      scope,
      sql`insert into direct_grants (workspace_id, id, user_id, source, pushed_attribute, pushed_value, kind,
          account_role, project_id, role_id, license_id, since, since_event)
        select ${scope.workspaceId}, gen_random_uuid(), v.user_id, 'pushed', v.attribute, v.value, v.kind, v.account_role,
          v.project_id, v.role_id, v.license_id, ${at}, ${eventId}
        from jsonb_to_recordset(${JSON.stringify(changed)}::jsonb) as v(user_id uuid, attribute text, value text,
          kind text, account_role text, project_id uuid, role_id uuid, license_id uuid)`,
    );
  }
  return changed.length;
}

/** Those of some users who are owners by a grant that is open, whatever their status. */
export async function ownersAmong(scope: WriteScope, userIds: readonly UserId[]): Promise<UserId[]> {
  const found = await preparedForFew<{ user_id: UserId }>(
    scope,
    'owners_among',
    userIds.length,
    sql`select distinct user_id from direct_grants where workspace_id = ${unestimated(scope.workspaceId)}
      and user_id = any(${userIds}::uuid[]) and account_role = 'owner' and until = 'infinity'`,
  );
  return found.map((one) => one.user_id);
}

/** Whether the workspace has an active owner. The workspace's row must be locked, so that two can't both leave. */
export async function hasActiveOwner(scope: WriteScope): Promise<boolean> {
  const found = await row(
    scope,
    sql`select from direct_grants d
      join users u on u.workspace_id = ${scope.workspaceId} and u.id = d.user_id and u.status = 'active'
      where d.workspace_id = ${scope.workspaceId} and d.account_role = 'owner' and d.until = 'infinity' limit 1`,
  );
  return found !== undefined;
}
