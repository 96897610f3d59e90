import sql, { empty, raw, Sql } from 'sql-template-tag';
import type { GroupId, UserId, WorkspaceId } from '../../lib/ids.ts';
import { preparedForFew } from '../db/prepared.ts';
import { rows } from '../db/query.ts';
import type { Scope } from '../db/scope.ts';
import { type AsOf, rowsAsOf, validAt } from '../sql/as-of.ts';
import { unestimated } from '../sql/key-lookup.ts';
import type { UserStatus } from '../users/users.ts';

/** One thing that a user may use, and one way by which it is had. */
export interface AccessRow {
  readonly user_id: UserId;
  readonly user_name: string;
  readonly email: string | null;
  readonly status: UserStatus;
  readonly kind: 'account_role' | 'project_role' | 'entitlement';
  /** The key of the project or product; of an account role the workspace's. */
  readonly target: string;
  readonly target_name: string;
  /** The key of the role, license or account role. */
  readonly level: string;
  readonly via: 'direct' | 'group';
  readonly source: 'admin' | 'invitation' | 'pushed' | null;
  readonly group_id: GroupId | null;
  readonly group_name: string | null;
  /** Of a grant through a group: written on the group, or by a rule, and then which. */
  readonly origin: 'own' | 'rule' | null;
  readonly rule: string | null;
  /** Since when it is had by this way without a break. */
  readonly granted_at: Date;
  readonly granted_by: string;
}

/** Ranks of account roles; a user's highest counts. */
export const ACCOUNT_RANKS = { member: 1, billing_manager: 2, admin: 3, owner: 4 } as const;

/** Whose: users by their ids, users that a query names, or everybody. */
export type Only = readonly UserId[] | Sql | undefined;

function among(column: Sql, only: Only): Sql {
  if (only === undefined) return empty;
  return only instanceof Sql ? sql`and ${column} in (${only})` : sql`and ${column} = any(${only}::uuid[])`;
}

/**
 * Every grant of a user, whichever way it is had; one row a way. `only` narrows both branches by their indexes.
 * `groupGrants` stands in place of that table, for what would be had if it were otherwise.
 *
 * Where plans ask for it, this union is said again: `everythingHeld` of exports/users-and-access.ts, `everyWay` of
 * exports/access-changes.ts, `causes` of conflicts.ts, `holders` of users/directory.ts, `isLinked` of reviews/rows.ts
 * (docs/adr/0005).
 */
export function held(
  workspaceId: WorkspaceId,
  asOf: AsOf,
  only: Only,
  groupGrants: Sql = sql`group_grants`,
): Sql {
  const here = only === undefined ? sql`${workspaceId}` : unestimated(workspaceId);
  return sql`
    select d.user_id, d.kind, d.account_role, d.project_id, d.role_id, d.license_id, d.source,
      null::uuid as group_id, null::text as origin, null::text as rule, d.since, d.since_event
    from direct_grants d
    where d.workspace_id = ${here} and ${validAt('d', asOf)} and d.kind is not null
      ${among(sql`d.user_id`, only)}
    union all
    select m.user_id, gg.kind, gg.account_role, gg.project_id, gg.role_id, gg.license_id, null,
      gg.group_id, gg.origin, gg.rule, greatest(m.since, gg.since),
      case when m.since >= gg.since then m.since_event else gg.since_event end
    from memberships m
    join ${groupGrants} gg
      on gg.workspace_id = ${here} and gg.group_id = m.group_id and ${validAt('gg', asOf)}
    where m.workspace_id = ${here} and ${validAt('m', asOf)} ${among(sql`m.user_id`, only)}`;
}

/** The rank of an account role as an SQL expression. */
export function accountRank(role: Sql): Sql {
  const { member, billing_manager, admin, owner } = ACCOUNT_RANKS;
  return sql`case ${role} when 'owner' then ${owner}::integer when 'admin' then ${admin}::integer
    when 'billing_manager' then ${billing_manager}::integer when 'member' then ${member}::integer end`;
}

/** The rank of what is granted: that of a project role, of which `role` is the row, or of an account role. */
export function levelRank(role: Sql, accountRole: Sql): Sql {
  return sql`coalesce(${role}.rank, ${accountRank(accountRole)})`;
}

/**
 * Which of the grants that compete count, by the columns kind, rank, the best rank of what competes and the rank of the
 * user's highest account role: those of the highest level, and no project role of a billing manager.
 */
export const IS_EFFECTIVE = sql`rank is not distinct from best
  and (kind <> 'project_role' or account_place is distinct from ${ACCOUNT_RANKS.billing_manager}::integer)`;

const KEYED = ['workspace_id', 'id', 'key'];

/**
 * FROM and WHERE for licenses `l` with their products `p`, of the products that are switched on or of those that are
 * off; of the latter nothing is had.
 */
export function fromLicenses(workspaceId: WorkspaceId, asOf: AsOf, products: 'on' | 'off'): Sql {
  return sql`from ${rowsAsOf('licenses', [...KEYED, 'product_id'], asOf)} l
    join ${rowsAsOf('products', [...KEYED, 'enabled'], asOf)} p
      on p.workspace_id = ${workspaceId} and p.id = l.product_id and p.enabled = ${raw(String(products === 'on'))}
    where l.workspace_id = ${workspaceId}`;
}

interface Asked {
  readonly asOf: AsOf;
  readonly only: Only;
  /** False: also what pending and inactive users would have if they were active. */
  readonly activeOnly: boolean;
  /** In place of the grants that groups have; see `held`. */
  readonly groupGrants?: Sql | undefined;
  /** A condition on what is held, `h`. What competes must stay together, and account roles with project roles. */
  readonly things?: Sql | undefined;
}

/**
 * Every held grant by the names of what it gives, with what it competes by; nothing of a product switched off. OFFSET 0
 * keeps the planner from trying every order of all joins, which takes longer than reading one user's rows.
 */
function named(workspaceId: WorkspaceId, asked: Asked): Sql {
  const { asOf, only, activeOnly, groupGrants, things } = asked;
  const here = only === undefined ? sql`${workspaceId}` : unestimated(workspaceId);
  const named = [...KEYED, 'name'];
  const users = ['workspace_id', 'id', 'user_name', 'email', 'status', 'active_since'];
  return sql`
    select n.*, g.display_name as group_name, e.actor_name as granted_by
    from (
      select u.position, u.id as user_id, u.user_name, u.email, u.status, h.kind, h.project_id, h.role_id, h.license_id,
        l.key as license, coalesce(p.key, pr.key, (select key from workspaces where id = ${workspaceId})) as target,
        coalesce(p.name, pr.name, (select name from workspaces where id = ${workspaceId})) as target_name,
        coalesce(r.key, l.key, h.account_role) as level,
        ${levelRank(sql`r`, sql`h.account_role`)} as rank,
        ${accountRank(sql`h.account_role`)} as account_rank,
        case when h.group_id is null then 'direct' else 'group' end as via,
        h.source, h.group_id, h.origin, h.rule, greatest(h.since, u.active_since) as granted_at, h.since_event
      from (${held(workspaceId, asOf, only, groupGrants)}) h
      join (select id, user_name, email, status, active_since,
          row_number() over (order by lower(user_name) collate "C", id) as position
        from ${rowsAsOf('users', users, asOf)} one
        where one.workspace_id = ${here} ${activeOnly ? sql`and one.status = 'active'` : empty}
          ${among(sql`one.id`, only)}) u on u.id = h.user_id
      left join ${rowsAsOf('projects', named, asOf)} p on p.workspace_id = ${workspaceId} and p.id = h.project_id
      left join ${rowsAsOf('roles', [...KEYED, 'rank'], asOf)} r
        on r.workspace_id = ${workspaceId} and r.id = h.role_id
      left join ${rowsAsOf('licenses', [...KEYED, 'product_id'], asOf)} l
        on l.workspace_id = ${workspaceId} and l.id = h.license_id
      left join ${rowsAsOf('products', [...named, 'enabled'], asOf)} pr
        on pr.workspace_id = ${workspaceId} and pr.id = l.product_id
      where pr.enabled is not false ${things ? sql`and ${things}` : empty}
      offset 0) n
    left join ${rowsAsOf('groups', ['workspace_id', 'id', 'display_name'], asOf)} g
      on g.workspace_id = ${here} and g.id = n.group_id
    left join audit_events e on e.workspace_id = ${here} and e.id = n.since_event`;
}

/**
 * Effective access (contract section 1): of active users, the union of direct grants and grants through groups; the
 * highest level of a target, with every way by which that level is had; no project role for a billing manager;
 * nothing of a product that is switched off. Values pushed twice for one thing are one way, since the first.
 *
 * Over a whole workspace a sort costs more than all the joins: both windows and the rows' order go by one, so their
 * expressions must stay the same.
 */
export function effective(workspaceId: WorkspaceId, asked: Asked, columns: Sql): Sql {
  const contest = sql`position, kind, target collate "C", project_id, license collate "C", license_id`;
  const way = sql`rank desc, group_id nulls first, origin, source, granted_at`;
  return sql`
    select distinct on (${contest}, rank, group_id, origin, source) ${columns}
    from (
      select n.*, first_value(rank) over (partition by ${contest} order by ${way}) as best,
        max(account_rank) over (partition by position) as account_place
      from (${named(workspaceId, asked)}) n
    ) access
    where ${IS_EFFECTIVE}
    order by ${contest}, ${way}`;
}

const COLUMNS = sql`user_id, user_name, email, status, kind, target, target_name, level, via, source, group_id,
  group_name, origin, rule, granted_at, granted_by`;

/** Ways by which one user has something that are told at once; more tell nothing new, and could be many thousands. */
export const MOST_WAYS = 5_000;

/** How many ways the user has in all, where it was counted since they are very many. */
export interface CountedWays {
  readonly ways?: number;
}

/** Rows of several users that are read without counting ways: more than a page of users has. */
const MOST_ROWS = 20_000;

/**
 * Rows of effective access, at most so many of each user: one way to each thing that the user has, then the second of
 * each, and so on. What a user has is always told whole.
 */
export function boundedWays(access: Sql, columns: Sql, most: number): Sql {
  return sql`select ${columns}, ways from (
      select turned.*, row_number() over (partition by user_id order by turn, place) as taken,
        count(*) over (partition by user_id) as ways
      from (
        select placed.*, row_number() over (partition by user_id, kind, target collate "C", level collate "C"
          order by place) as turn
        from (select listed.*, row_number() over () as place from (${access}) listed) placed) turned) bounded
    where turn = 1 or taken <= ${most} order by place`;
}

/** The effective access of some users, with a bounded number of ways. */
export async function accessOf(
  scope: Scope,
  userIds: readonly UserId[],
  asOf: AsOf = 'now',
): Promise<(AccessRow & CountedWays)[]> {
  const access = effective(scope.workspaceId, { asOf, only: userIds, activeOnly: true }, COLUMNS);
  const most = userIds.length === 1 ? MOST_WAYS : MOST_ROWS;
  const few = sql`${access} limit ${raw(String(most + 1))}`;
  const found = await preparedForFew<AccessRow>(scope, 'access_of', userIds.length, few);
  return found.length <= most ? found : rows(scope, boundedWays(access, COLUMNS, MOST_WAYS));
}

/** What a user has, or would have when active. */
export type Holding = Pick<AccessRow, 'user_id' | 'kind' | 'target' | 'level'>;

/**
 * What some users have or, pending or inactive, would have if they were active: each thing once, in the order of the
 * users; at most `most` rows.
 */
export function holdingsOf(
  scope: Scope,
  userIds: readonly UserId[],
  asOf: AsOf = 'now',
  most?: number,
): Promise<Holding[]> {
  const asked = { asOf, only: userIds, activeOnly: false };
  const holdings = sql`select distinct user_id, kind, target collate "C" as target, level collate "C" as level
    from (${effective(scope.workspaceId, asked, COLUMNS)}) holding`;
  return rows<Holding>(
    scope,
    sql`select h.user_id, h.kind, h.target, h.level from (${holdings}) h
      join unnest(${userIds}::uuid[]) with ordinality as of_page(user_id, place) on of_page.user_id = h.user_id
      order by of_page.place, h.kind, h.target, h.level limit ${most ?? null}`,
  );
}
