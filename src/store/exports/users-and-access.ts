import sql, { type Sql } from 'sql-template-tag';
import type { UserId, WorkspaceId } from '../../lib/ids.ts';
import { type AccessRow, ACCOUNT_RANKS, effective, fromLicenses } from '../access/effective.ts';
import type { PoolScope } from '../db/scope.ts';
import { stream } from '../db/snapshot.ts';
import { type AsOf, rowsAsOf, validAt } from '../sql/as-of.ts';
import { lastAccessAt } from '../users/last-access.ts';
import type { UserSource, UserStatus } from '../users/users.ts';

/** One thing that a user may use, and one way by which it is had. */
export type ExportedAccess = Pick<
  AccessRow,
  | 'user_id'
  | 'user_name'
  | 'email'
  | 'status'
  | 'kind'
  | 'target'
  | 'level'
  | 'group_name'
  | 'granted_at'
  | 'granted_by'
>;

/** The effective access of everybody, ordered by user name, in batches and constant memory. */
export function streamAccess(scope: PoolScope, asOf: AsOf): AsyncGenerator<readonly ExportedAccess[]> {
  const columns = sql`user_id, user_name, email, status, kind, target, level, group_name, granted_at, granted_by`;
  const asked = { asOf, only: undefined, activeOnly: true };
  return stream<ExportedAccess>(scope, effective(scope.workspaceId, asked, columns));
}

/** A user as an export lists it. What is had is effective: of a user who is not active, nothing. */
export interface ExportedUser {
  readonly id: UserId;
  readonly user_name: string;
  readonly email: string | null;
  readonly full_name: string;
  readonly status: UserStatus;
  /** Null for the default. */
  readonly account_role: string | null;
  /** The organization's key. */
  readonly organization: string | null;
  /** `PRODUCT:LICENSE; PRODUCT:LICENSE`, by keys in their order. */
  readonly products: string | null;
  /** `PROJECT:ROLE; PROJECT:ROLE`, likewise. */
  readonly projects: string | null;
  readonly joined_at: Date | null;
  readonly last_access_at: Date | null;
  readonly removed_at: Date | null;
  readonly source: UserSource;
  readonly external_id: string | null;
}

const USER_COLUMNS = [
  'workspace_id',
  'id',
  'user_name',
  'email',
  'full_name',
  'status',
  'organization_id',
  'joined_at',
  'removed_at',
  'source',
  'external_id',
];

/**
 * The users of some statuses, first the active, then the pending, then the inactive, each by user name, in batches and
 * constant memory.
 */
export function streamUsers(
  scope: PoolScope,
  statuses: readonly UserStatus[],
  asOf: AsOf,
): AsyncGenerator<readonly ExportedUser[]> {
  return stream<ExportedUser>(
    scope,
    sql`with ${everythingHeld(scope.workspaceId, asOf)}
      select u.id, u.user_name, u.email, u.full_name, u.status, a.account_role, o.key as organization,
        a.products, a.projects,
        u.joined_at, ${lastAccessAt(scope.workspaceId, asOf)} as last_access_at, u.removed_at, u.source, u.external_id
      from ${rowsAsOf('users', USER_COLUMNS, asOf)} u
      left join had a on a.user_id = u.id and u.status = 'active'
      left join ${rowsAsOf('organizations', ['workspace_id', 'id', 'key'], asOf)} o
        on o.workspace_id = ${scope.workspaceId} and o.id = u.organization_id
      where u.workspace_id = ${scope.workspaceId} and u.status = any(${statuses}::text[])
      order by case u.status when 'active' then 1 when 'pending' then 2 else 3 end,
        lower(u.user_name) collate "C", u.id`,
  );
}

/**
 * `had(user_id, account_role, products, projects)` for everybody at once: the rules of effective access
 * (access/effective.ts) said once more, without provenance and at a third of the cost (docs/adr/0005). Everything that
 * can be had is numbered first, by what it competes with (`contest`) and so that the best has the lowest number; then
 * one sort of who holds which number is enough.
 */
export function everythingHeld(workspaceId: WorkspaceId, asOf: AsOf): Sql {
  return sql`
    things as materialized (
      select target, kind, text, row_number() over (order by kind, name, rank desc, target) as number,
        dense_rank() over (order by kind, name, contest) as contest
      from (${things(workspaceId, asOf)}) t),
    best as (
      select distinct on (user_id, contest) user_id, contest, number, kind, text from (
        select d.user_id, t.contest, t.number, t.kind, t.text
        from direct_grants d join things t on t.target = d.target
        where d.workspace_id = ${workspaceId} and ${validAt('d', asOf)} and d.kind is not null
        union all
        select m.user_id, t.contest, t.number, t.kind, t.text
        from memberships m
        join group_grants gg on gg.workspace_id = ${workspaceId} and gg.group_id = m.group_id and ${validAt('gg', asOf)}
        join things t on t.target = gg.target
        where m.workspace_id = ${workspaceId} and ${validAt('m', asOf)}) held
      order by user_id, contest, number),
    had as (
      select user_id, max(text) filter (where kind = 'account_role') as account_role,
        string_agg(text, '; ' order by contest) filter (where kind = 'entitlement') as products,
        case when max(text) filter (where kind = 'account_role') is distinct from 'billing_manager'
          then string_agg(text, '; ' order by contest) filter (where kind = 'project_role') end as projects
      from best group by user_id)`;
}

/** Everything that can be granted, by the `target` that grants have. Nothing of a product that is switched off. */
function things(workspaceId: WorkspaceId, asOf: AsOf): Sql {
  const keyed = ['workspace_id', 'id', 'key'];
  const ranks = Object.entries(ACCOUNT_RANKS);
  return sql`
    select v.role || '///' as target, 'account_role' as kind, v.role as text, '' collate "C" as name, v.rank,
      null::uuid as contest
    from unnest(${ranks.map(([role]) => role)}::text[], ${ranks.map(([, rank]) => rank)}::integer[]) as v(role, rank)
    union all
    select '/' || p.id || '/' || r.id || '/', 'project_role', p.key || ':' || r.key, p.key collate "C", r.rank, p.id
    from ${rowsAsOf('projects', keyed, asOf)} p
    join ${rowsAsOf('roles', [...keyed, 'rank'], asOf)} r on r.workspace_id = ${workspaceId}
    where p.workspace_id = ${workspaceId}
    union all
    select '///' || l.id, 'entitlement', p.key || ':' || l.key, (p.key || ':' || l.key) collate "C", 0, l.id
    ${fromLicenses(workspaceId, asOf, 'on')}`;
}
