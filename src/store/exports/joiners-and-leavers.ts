import sql, { type Sql } from 'sql-template-tag';
import type { UserId, WorkspaceId } from '../../lib/ids.ts';
import type { Period } from '../audit/export.ts';
import type { PoolScope } from '../db/scope.ts';
import { stream } from '../db/snapshot.ts';
import { type AsOf, rowsAsOf } from '../sql/as-of.ts';
import { changeTables, isIn } from './access-changes.ts';
import { everythingHeld } from './users-and-access.ts';

/** Somebody who came or went. Names are those at the end of the period. */
interface Mover {
  readonly user_id: UserId;
  readonly user_name: string;
  readonly email: string | null;
  readonly full_name: string;
  readonly organization: string | null;
  readonly at: Date;
  /** Who did it, and what the audit calls it. */
  readonly actor: string | null;
  readonly action: string | null;
  /** When the identity provider's request arrived; null when it was none, or the provisioning log has dropped it. */
  readonly requested_at: Date | null;
  /** Null for the default. */
  readonly account_role: string | null;
  readonly products: string | null;
  readonly projects: string | null;
}

/** Somebody whose access ended, with what it was. */
export interface Leaver extends Mover {
  readonly returned_at: Date | null;
}

/** Somebody whose access began, with what it is at the end of the period. */
export interface Joiner extends Mover {
  /** False for who was here before. */
  readonly is_new: boolean;
  readonly first_access_at: Date | null;
}

/** Who ceased to be active in a period, in the order of time. */
export function streamLeavers(scope: PoolScope, period: Period): AsyncGenerator<readonly Leaver[]> {
  const asOf = period.to ?? 'now';
  const keyed = ['workspace_id', 'id', 'key'];
  return stream<Leaver>(
    scope,
    sql`with ${changeTables(scope.workspaceId, period)},
      lost as (
        select c.user_id, c.at, max(c.account_role) as account_role,
          string_agg(distinct (pr.key || ':' || l.key) collate "C", '; ') as products,
          string_agg(distinct (p.key || ':' || r.key) collate "C", '; ') as projects
        from caused c
        left join ${rowsAsOf('projects', keyed, asOf)} p on p.workspace_id = ${scope.workspaceId} and p.id = c.project_id
        left join ${rowsAsOf('roles', keyed, asOf)} r on r.workspace_id = ${scope.workspaceId} and r.id = c.role_id
        left join ${rowsAsOf('licenses', [...keyed, 'product_id'], asOf)} l
          on l.workspace_id = ${scope.workspaceId} and l.id = c.license_id
        left join ${rowsAsOf('products', keyed, asOf)} pr
          on pr.workspace_id = ${scope.workspaceId} and pr.id = l.product_id
        where c.change = 'lost' and c.cause = 'deactivation' group by c.user_id, c.at),
      moved as (
        select id as user_id, since as at, returned_at
        from (select *, min(since) filter (where status = 'active') over (partition by id order by since
            rows between 1 following and unbounded following) as returned_at from people) p
        where was = 'active' and status <> 'active' and ${isIn(sql`since`, period)})
      select ${mover(sql`lost.account_role, lost.products, lost.projects`)},
        case when ${isIn(sql`m.returned_at`, period)} then m.returned_at end as returned_at
      from moved m left join lost on lost.user_id = m.user_id and lost.at = m.at
      ${details(scope.workspaceId, asOf)} ${IN_ORDER}`,
    { joinsWhole: true },
  );
}

/** Who began to be active in a period, in the order of time. */
export function streamJoiners(scope: PoolScope, period: Period): AsyncGenerator<readonly Joiner[]> {
  const asOf = period.to ?? 'now';
  const had = sql`a.account_role, a.products, a.projects`;
  return stream<Joiner>(
    scope,
    sql`with ${changeTables(scope.workspaceId, period)}, ${everythingHeld(scope.workspaceId, asOf)},
      moved as (
        select id as user_id, since as at, is_new
        from (select *, coalesce(not bool_or(status = 'active') over (partition by id order by since
            rows between unbounded preceding and 1 preceding), true) as is_new from people) p
        where status = 'active' and was is distinct from 'active' and ${isIn(sql`since`, period)}),
      begun as (
        select user_id, at, is_new, min(gained_at) over (partition by user_id order by at desc
            range between unbounded preceding and current row) as first_access_at
        from (
          select user_id, at, is_new, null::timestamptz as gained_at from moved
          union all
          select user_id, at, null, at from caused where change = 'gained') either)
      select ${mover(had)}, m.is_new, m.first_access_at
      from (select * from begun where is_new is not null) m
      ${details(scope.workspaceId, asOf)}
      left join had a on a.user_id = m.user_id and u.status = 'active' ${IN_ORDER}`,
    { joinsWhole: true },
  );
}

const IN_ORDER = sql`order by m.at, lower(u.user_name) collate "C", m.user_id`;

function mover(held: Sql): Sql {
  return sql`m.user_id, u.user_name, u.email, u.full_name, o.key as organization, m.at, e.actor_name as actor, e.action,
    q.requested_at, ${held}`;
}

/** Beside `moved` as `m`: the user, the organization, the event that tells of it, and the request that asked for it. */
function details(workspaceId: WorkspaceId, asOf: AsOf): Sql {
  const user = ['workspace_id', 'id', 'user_name', 'email', 'full_name', 'status', 'organization_id'];
  return sql`
    join ${rowsAsOf('users', user, asOf)} u on u.workspace_id = ${workspaceId} and u.id = m.user_id
    left join ${rowsAsOf('organizations', ['workspace_id', 'id', 'key'], asOf)} o
      on o.workspace_id = ${workspaceId} and o.id = u.organization_id
    left join lateral (
      select actor_name, action, request_id from audit_events
      where workspace_id = ${workspaceId} and target_id = m.user_id::text and at >= m.at
      order by at, id limit 1) e on true
    left join lateral (
      select p.at - make_interval(secs => p.duration_ms / 1000) as requested_at from provisioning_requests p
      where p.workspace_id = ${workspaceId} and p.mentions @> array[m.user_id] and p.request_id = e.request_id
      order by p.at limit 1) q on true`;
}

/** Somebody who holds a seat and was not seen for long. */
export interface Dormant {
  readonly user_id: UserId;
  readonly user_name: string;
  readonly email: string | null;
  readonly full_name: string;
  readonly organization: string | null;
  readonly products: string;
  readonly joined_at: Date | null;
  readonly last_access_at: Date | null;
  readonly active_since: Date;
}

/** Active users with seats who were not seen since a time and were active before it, who was never seen first. */
export function streamDormant(scope: PoolScope, since: Date): AsyncGenerator<readonly Dormant[]> {
  return stream<Dormant>(
    scope,
    sql`with ${everythingHeld(scope.workspaceId, 'now')}
      select u.id as user_id, u.user_name, u.email, u.full_name, o.key as organization, a.products, u.joined_at,
        l.at as last_access_at, u.active_since
      from users u
      join had a on a.user_id = u.id and a.products is not null
      left join organizations o on o.workspace_id = ${scope.workspaceId} and o.id = u.organization_id
      left join user_last_access l on l.workspace_id = ${scope.workspaceId} and l.user_id = u.id
      where u.workspace_id = ${scope.workspaceId} and u.status = 'active' and u.active_since < ${since}
        and coalesce(l.at < ${since}, true)
      order by l.at nulls first, lower(u.user_name) collate "C", u.id`,
    { joinsWhole: true },
  );
}
