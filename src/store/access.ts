import sql, { empty, type Sql } from 'sql-template-tag';
import type { GroupId, UserId, WorkspaceId } from '../ids.ts';
import { rows, stream, type Db, type Tx } from './db.ts';
import { holds, versions, type Moment } from './moment.ts';
import type { UserStatus } from './users.ts';

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

/** Every grant of a user, whichever way it is had; one row a way. `only` narrows both branches by their indexes. */
export function held(workspaceId: WorkspaceId, moment: Moment, only: readonly UserId[] | undefined): Sql {
  const users = (alias: Sql) => (only ? sql`and ${alias}.user_id = any(${only}::uuid[])` : empty);
  return sql`
    select d.user_id, d.kind, d.account_role, d.project_id, d.role_id, d.license_id, d.source,
      null::uuid as group_id, null::text as origin, null::text as rule, d.since, d.since_event
    from direct_grants d
    where d.workspace_id = ${workspaceId} and ${holds('d', moment)} and d.kind is not null ${users(sql`d`)}
    union all
    select m.user_id, gg.kind, gg.account_role, gg.project_id, gg.role_id, gg.license_id, null,
      gg.group_id, gg.origin, gg.rule, greatest(m.since, gg.since),
      case when m.since >= gg.since then m.since_event else gg.since_event end
    from memberships m
    join group_grants gg on gg.workspace_id = m.workspace_id and gg.group_id = m.group_id and ${holds('gg', moment)}
    where m.workspace_id = ${workspaceId} and ${holds('m', moment)} ${users(sql`m`)}`;
}

/**
 * Held grants with what they compete by: `place` 1 has the highest level of its target, and `account_rank` is the
 * user's highest account role.
 */
export function ranked(workspaceId: WorkspaceId, moment: Moment, only: readonly UserId[] | undefined): Sql {
  return sql`
    select h.*, r.key as role_key,
      rank() over (partition by h.user_id, h.kind, h.project_id, h.license_id
        order by coalesce(r.rank, ${accountRank(sql`h.account_role`)}) desc) as place,
      max(${accountRank(sql`h.account_role`)}) over (partition by h.user_id) as account_rank
    from (${held(workspaceId, moment, only)}) h
    left join ${versions('roles', ['workspace_id', 'id', 'key', 'rank'], moment)} r
      on r.workspace_id = ${workspaceId} and r.id = h.role_id`;
}

/** The rank of an account role as an SQL expression. */
export function accountRank(role: Sql): Sql {
  const { member, billing_manager, admin, owner } = ACCOUNT_RANKS;
  return sql`case ${role} when 'owner' then ${owner}::integer when 'admin' then ${admin}::integer
    when 'billing_manager' then ${billing_manager}::integer when 'member' then ${member}::integer end`;
}

/**
 * Effective access (contract section 1): of active users, the union of direct grants and grants through groups; the
 * highest level of a target, with every way by which that level is had; no project role for a billing manager;
 * nothing of a product that is switched off.
 */
function effective(workspaceId: WorkspaceId, moment: Moment, only: readonly UserId[] | undefined): Sql {
  const named = ['workspace_id', 'id', 'key', 'name'];
  const users = ['workspace_id', 'id', 'user_name', 'email', 'status', 'active_since'];
  return sql`select * from (
    select u.id as user_id, u.user_name, u.email, u.status, a.kind,
      coalesce(p.key, pr.key, w.key) as target, coalesce(p.name, pr.name, w.name) as target_name,
      coalesce(a.role_key, l.key, a.account_role) as level,
      case when a.group_id is null then 'direct' else 'group' end as via,
      a.source, a.group_id, g.display_name as group_name, a.origin, a.rule,
      greatest(a.since, u.active_since) as granted_at, e.actor_name as granted_by
    from (${ranked(workspaceId, moment, only)}) a
    join workspaces w on w.id = ${workspaceId}
    join ${versions('users', users, moment)} u
      on u.workspace_id = ${workspaceId} and u.id = a.user_id and u.status = 'active'
    left join ${versions('projects', named, moment)} p on p.workspace_id = ${workspaceId} and p.id = a.project_id
    left join ${versions('licenses', ['workspace_id', 'id', 'key', 'product_id'], moment)} l
      on l.workspace_id = ${workspaceId} and l.id = a.license_id
    left join ${versions('products', [...named, 'enabled'], moment)} pr
      on pr.workspace_id = ${workspaceId} and pr.id = l.product_id
    left join ${versions('groups', ['workspace_id', 'id', 'display_name'], moment)} g
      on g.workspace_id = ${workspaceId} and g.id = a.group_id
    left join audit_events e on e.workspace_id = ${workspaceId} and e.id = a.since_event
    where a.place = 1 and not (a.kind = 'project_role' and a.account_rank = ${ACCOUNT_RANKS.billing_manager})
      and pr.enabled is not false
    ) access
    order by lower(user_name) collate "C", user_id, kind, target collate "C", level collate "C", group_id nulls first`;
}

/** The effective access of some users. */
export function accessOf(
  db: Db | Tx,
  workspaceId: WorkspaceId,
  userIds: readonly UserId[],
  moment: Moment = 'now',
): Promise<AccessRow[]> {
  return rows<AccessRow>(db, effective(workspaceId, moment, userIds));
}

/** The effective access of everybody, ordered by user name, in constant memory. */
export function streamAccess(db: Db, workspaceId: WorkspaceId, moment: Moment): AsyncGenerator<AccessRow> {
  return stream<AccessRow>(db, effective(workspaceId, moment, undefined));
}
