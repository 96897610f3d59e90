import sql, { empty, type Sql } from 'sql-template-tag';
import type { WorkspaceId } from '../../lib/ids.ts';
import { type AccessRow, accountRank, IS_EFFECTIVE, levelRank } from '../access/effective.ts';
import type { Period } from '../audit/export.ts';
import type { PoolScope } from '../db/scope.ts';
import { stream } from '../db/snapshot.ts';
import { type AsOf, rowHistory, rowsAsOf } from '../sql/as-of.ts';

/** One thing that a user began or ceased to have by one way. Names are those at the end of the period. */
export interface AccessChange extends Pick<
  AccessRow,
  'user_name' | 'email' | 'kind' | 'target' | 'level' | 'group_name'
> {
  readonly at: Date;
  readonly change: 'gained' | 'lost';
  /** What it came through: see `causes`. */
  readonly cause: string;
  /** The mapping rule, where one was the cause. */
  readonly rule: string | null;
  readonly actor: string | null;
}

/**
 * What everybody gained and lost, `from` < t <= `to`, in the order of time: the difference between effective access
 * (access/effective.ts) at any two times, told one by one. Only who had anything happen is looked at: at `from`, and at
 * each time at which something did.
 */
export function streamAccessChanges(
  scope: PoolScope,
  period: Period,
): AsyncGenerator<readonly AccessChange[]> {
  return stream<AccessChange>(
    scope,
    sql`with ${changeTables(scope.workspaceId, period)} ${shown(scope.workspaceId, period.to ?? 'now')}`,
  );
}

/**
 * The tables, for a WITH, of which `caused` has every change of the period and `people` every status that each user
 * had, with the one before it.
 */
export function changeTables(workspaceId: WorkspaceId, period: Period): Sql {
  return sql`${everyWay(workspaceId, period)}, ${everySlice(workspaceId, period)}, ${effectiveRuns(workspaceId)},
    ${everyChange(period)}, ${causes(workspaceId)}`;
}

/** The condition that a time lies in the period, after its beginning. */
export function isIn(at: Sql, { from, to }: Period): Sql {
  return sql`${from ? sql`${at} > ${from} and` : empty} ${to ? sql`${at} <= ${to}` : sql`${at} < 'infinity'`}`;
}

/** The condition that an interval reaches into the period. */
function reaches(since: Sql, until: Sql, { from, to }: Period): Sql {
  return sql`${since} < ${until} ${from ? sql`and ${until} > ${from}` : empty} ${to ? sql`and ${since} <= ${to}` : empty}`;
}

/**
 * `ways`: what was granted to whom by which way and when, however far it counted. Each way has a number. It is `held` of
 * access/effective.ts for a whole period.
 */
function everyWay(workspaceId: WorkspaceId, period: Period): Sql {
  const since = sql`greatest(m.since, gg.since)`;
  const until = sql`least(m.until, gg.until)`;
  return sql`ways as materialized (
    select dense_rank() over (order by user_id, target, source, group_id, origin) as way, granted.* from (
      select d.user_id, d.target, d.kind, d.account_role, d.project_id, d.role_id, d.license_id, d.source,
        null::uuid as group_id, null::text as origin, null::text as rule, d.since, d.until, d.since_event,
        d.until_event, case d.source when 'admin' then 'grant' else d.source end as opened_by,
        case d.source when 'admin' then 'grant' else d.source end as ended_by
      from direct_grants d
      where d.workspace_id = ${workspaceId} and d.kind is not null and ${reaches(sql`d.since`, sql`d.until`, period)}
      union all
      select m.user_id, gg.target, gg.kind, gg.account_role, gg.project_id, gg.role_id, gg.license_id, null,
        gg.group_id, gg.origin, gg.rule, ${since}, ${until},
        case when m.since >= gg.since then m.since_event else gg.since_event end,
        case when m.until <= gg.until then m.until_event else gg.until_event end,
        case when m.since >= gg.since then 'membership' else 'mapping' end,
        case when m.until <= gg.until then 'membership' else 'mapping' end
      from memberships m
      join group_grants gg on gg.workspace_id = ${workspaceId} and gg.group_id = m.group_id
      where m.workspace_id = ${workspaceId} and ${reaches(since, until, period)}) granted)`;
}

/**
 * `slices`: for each user the times at which what they have may have changed, numbered; between two of them it is the
 * same. The first is the beginning of the period, if it has one.
 */
function everySlice(workspaceId: WorkspaceId, period: Period): Sql {
  const people = rowHistory('users', ['workspace_id', 'id', 'status']);
  const products = rowHistory('products', ['workspace_id', 'id', 'enabled']);
  const ranks = rowHistory('roles', ['workspace_id', 'id', 'rank']);
  return sql`
    people as materialized (
      select id, status, since, until, lag(status) over (partition by id order by since) as was
      from ${people} p where p.workspace_id = ${workspaceId} and since < until),
    products_then as materialized (
      select id, enabled, since, until, lag(enabled) over (partition by id order by since) as was
      from ${products} p where p.workspace_id = ${workspaceId} and since < until),
    roles_then as materialized (
      select id, rank, since, until, lag(rank) over (partition by id order by since) as was
      from ${ranks} r where r.workspace_id = ${workspaceId} and since < until),
    points as (
      select user_id, t from ways, lateral (values (since), (until)) bound(t) where ${isIn(sql`t`, period)}
      union
      select id, since from people
      where (status = 'active') is distinct from (was = 'active') and ${isIn(sql`since`, period)}
      union
      select w.user_id, p.since from ways w
      join licenses l on l.workspace_id = ${workspaceId} and l.id = w.license_id
      join products_then p on p.id = l.product_id and p.since > w.since and p.since < w.until
      where p.enabled is distinct from p.was and ${isIn(sql`p.since`, period)}
      union
      select w.user_id, r.since from ways w
      join roles_then r on r.id = w.role_id and r.since > w.since and r.since < w.until
      where r.rank is distinct from r.was and ${isIn(sql`r.since`, period)}),
    slices as materialized (
      select user_id, t, row_number() over (partition by user_id order by t) as n from (
        select user_id, t from points
        ${period.from ? sql`union all select distinct user_id, ${period.from}::timestamptz from points` : empty}
      ) every)`;
}

/** `runs`: each way with the slices, from the first to the last, through which it was effective without a break. */
function effectiveRuns(workspaceId: WorkspaceId): Sql {
  const contest = sql`w.kind, w.project_id, w.license_id`;
  const rank = levelRank(sql`r`, sql`w.account_role`);
  return sql`
    runs as (
      select user_id, way, min(n) as first, max(n) as last from (
        select user_id, way, n, n - dense_rank() over (partition by way order by n) as run from (
          select s.user_id, s.n, w.way, w.kind, ${rank} as rank,
            max(${rank}) over (partition by s.user_id, s.n, ${contest}) as best,
            max(${accountRank(sql`w.account_role`)}) over (partition by s.user_id, s.n) as account_place
          from slices s
          join people on people.id = s.user_id and people.status = 'active'
            and people.since <= s.t and people.until > s.t
          join ways w on w.user_id = s.user_id and w.since <= s.t and w.until > s.t
          left join roles_then r on r.id = w.role_id and r.since <= s.t and r.until > s.t
          left join licenses l on l.workspace_id = ${workspaceId} and l.id = w.license_id
          left join products_then p on p.id = l.product_id and p.since <= s.t and p.until > s.t
          where p.enabled is not false) held
        where ${IS_EFFECTIVE}
      ) effective
      group by user_id, way, run)`;
}

/** `changes`: where runs begin and end within the period. */
function everyChange({ from }: Period): Sql {
  return sql`
    changes as (
      select s.t as at, 'gained' as change, r.user_id, r.way
      from runs r join slices s on s.user_id = r.user_id and s.n = r.first
      ${from ? sql`where r.first > 1` : empty}
      union all
      select s.t, 'lost', r.user_id, r.way
      from runs r join slices s on s.user_id = r.user_id and s.n = r.last + 1)`;
}

/**
 * `caused`: the changes, each with its cause and the event that tells of it. Of several that come together the nearest
 * is told: the end of the user's access before that of one grant; the grant itself before what made it count.
 */
function causes(workspaceId: WorkspaceId): Sql {
  const switched = sql`(people.status = 'active') is distinct from (people.was = 'active')`;
  return sql`
    thing_of as (
      select distinct on (way) way, kind, account_role, project_id, role_id, license_id, group_id from ways),
    bounds as (
      select distinct on (change, way, at) * from (
        select 'gained' as change, way, since as at, since_event as event, opened_by as cause, rule from ways
        union all
        select 'lost', way, until, until_event, ended_by, rule from ways) bound
      order by change, way, at, event),
    touched as (
      select distinct on (user_id, at) user_id, at, event from (
        select user_id, since as at, since_event as event from ways
        union all
        select user_id, until, until_event from ways where until < 'infinity') bound
      order by user_id, at, event),
    caused as (
      select c.at, c.change, c.user_id, t.*, b.rule,
        case when ended.id is not null then 'deactivation' when b.way is not null then b.cause
          when begun.id is not null then 'activation' when p.id is not null then 'product'
          when r.id is not null then 'role' else 'precedence' end as cause,
        case when ended.id is not null then null when b.way is not null then b.event
          when coalesce(begun.id, p.id, r.id) is not null then null else o.event end as event,
        coalesce(ended.id, begun.id, p.id, r.id) as told_of
      from changes c
      join thing_of t on t.way = c.way
      left join bounds b on b.change = c.change and b.way = c.way and b.at = c.at
      left join people ended on c.change = 'lost' and ended.id = c.user_id and ended.since = c.at
        and ended.status <> 'active' and ended.was = 'active'
      left join (select id, since from people where status = 'active' and ${switched}) begun
        on c.change = 'gained' and begun.id = c.user_id and begun.since = c.at
      left join licenses l on l.workspace_id = ${workspaceId} and l.id = t.license_id
      left join products_then p on p.id = l.product_id and p.since = c.at and p.enabled is distinct from p.was
      left join (select distinct on (since) since, id from roles_then where rank is distinct from was
        and was is not null order by since, id) r on t.kind = 'project_role' and r.since = c.at
      left join touched o on o.user_id = c.user_id and o.at = c.at)`;
}

/** The changes by names, in their order. An event is named by its id, or is the first that tells of a thing then. */
function shown(workspaceId: WorkspaceId, asOf: AsOf): Sql {
  const keyed = ['workspace_id', 'id', 'key'];
  return sql`
    select * from (select c.at, c.change, u.user_name, u.email, c.kind, c.user_id, c.way,
      coalesce(p.key, pr.key, (select key from workspaces where id = ${workspaceId})) as target,
      coalesce(r.key, l.key, c.account_role) as level, g.display_name as group_name, c.rule,
      case when c.cause = 'activation' and e.action = 'user.joined' then 'invitation' else c.cause end as cause,
      e.actor_name as actor
    from caused c
    join ${rowsAsOf('users', ['workspace_id', 'id', 'user_name', 'email'], asOf)} u
      on u.workspace_id = ${workspaceId} and u.id = c.user_id
    left join ${rowsAsOf('projects', keyed, asOf)} p on p.workspace_id = ${workspaceId} and p.id = c.project_id
    left join ${rowsAsOf('roles', keyed, asOf)} r on r.workspace_id = ${workspaceId} and r.id = c.role_id
    left join ${rowsAsOf('licenses', [...keyed, 'product_id'], asOf)} l
      on l.workspace_id = ${workspaceId} and l.id = c.license_id
    left join ${rowsAsOf('products', keyed, asOf)} pr on pr.workspace_id = ${workspaceId} and pr.id = l.product_id
    left join ${rowsAsOf('groups', ['workspace_id', 'id', 'display_name'], asOf)} g
      on g.workspace_id = ${workspaceId} and g.id = c.group_id
    left join lateral (
      select action, actor_name from audit_events
      where workspace_id = ${workspaceId} and id = c.event
      union all
      (select action, actor_name from audit_events
      where c.event is null and workspace_id = ${workspaceId} and target_id = c.told_of::text and at >= c.at
      order by at, id limit 1)
      limit 1) e on true) shown
    order by at, lower(user_name) collate "C", user_id, kind, target collate "C", change desc, level collate "C", way`;
}
