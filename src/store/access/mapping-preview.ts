import sql, { empty, type Sql } from 'sql-template-tag';
import type { GrantId, GroupId, LicenseId, ProjectId, RoleId, UserId, WorkspaceId } from '../../lib/ids.ts';
import { rows } from '../db/query.ts';
import type { WriteScope } from '../db/scope.ts';
import { type AccessRow, boundedWays, effective } from './effective.ts';
import { type GrantTarget, type WantedGrant, wantedRows } from './group-grants.ts';

interface ChangedGrant {
  readonly group_id: GroupId;
  readonly kind: GrantTarget['kind'];
  readonly project_id: ProjectId | null;
  readonly license_id: LicenseId | null;
}

interface BegunGrant extends ChangedGrant {
  readonly rule: string | null;
  readonly account_role: string | null;
  readonly role_id: RoleId | null;
}

interface EndedGrant extends ChangedGrant {
  readonly id: GrantId;
}

/** What a mapping would change of the grants that groups have, if it were saved. */
export interface GrantChanges {
  readonly origin: 'own' | 'rule';
  readonly ended: readonly EndedGrant[];
  readonly begun: readonly BegunGrant[];
}

/** What `syncGroupGrants` would end and begin with the same arguments. Writes nothing. */
export async function grantChanges(
  scope: WriteScope,
  origin: 'own' | 'rule',
  groupIds: readonly GroupId[] | undefined,
  wanted: readonly WantedGrant[],
): Promise<GrantChanges> {
  const input = wantedRows(wanted);
  const open = sql`gg.workspace_id = ${scope.workspaceId} and gg.origin = ${origin} and gg.until = 'infinity'`;
  const same = sql`w.group_id = gg.group_id and w.target = gg.target`;
  const ended = await rows<EndedGrant>(
    scope,
    sql`select gg.id, gg.group_id, gg.kind, gg.project_id, gg.license_id from group_grants gg
      where ${open} ${groupIds ? sql`and gg.group_id = any(${groupIds}::uuid[])` : empty}
        and not exists (select from ${input} where ${same})`,
  );
  const begun = await rows<BegunGrant>(
    scope,
    sql`select w.group_id, w.rule, w.kind, w.account_role, w.project_id, w.role_id, w.license_id from ${input}
      where not exists (select from group_grants gg where ${open} and ${same})`,
  );
  return { origin, ended, begun };
}

/** The grants of groups as they would be after the changes, in place of that table. */
export function changedGrants(workspaceId: WorkspaceId, { origin, ended, begun }: GrantChanges): Sql {
  return sql`(
    select gg.workspace_id, gg.group_id, gg.origin, gg.rule, gg.kind, gg.account_role, gg.project_id, gg.role_id,
      gg.license_id, gg.since, gg.until, gg.since_event
    from group_grants gg
    where gg.workspace_id = ${workspaceId} and gg.until = 'infinity'
      and not exists (select from unnest(${ended.map((one) => one.id)}::uuid[]) as e(id) where e.id = gg.id)
    union all
    select ${workspaceId}::uuid, b.group_id, ${origin}, b.rule, b.kind, b.account_role, b.project_id, b.role_id,
      b.license_id, now(), 'infinity', null
    from jsonb_to_recordset(${JSON.stringify(begun)}::jsonb) as b(group_id uuid, rule text, kind text,
      account_role text, project_id uuid, role_id uuid, license_id uuid))`;
}

/** The members of the groups whose grants would change: nobody else's access can. */
function concerned(workspaceId: WorkspaceId, { ended, begun }: GrantChanges): Sql {
  const groups = [...new Set([...ended, ...begun].map((one) => one.group_id))];
  return sql`select m.user_id from memberships m
    where m.workspace_id = ${workspaceId} and m.until = 'infinity' and m.group_id = any(${groups}::uuid[])`;
}

/**
 * What those people hold that can come or go: of what the changed grants give, and of what competes with it. Account
 * roles decide about all project roles.
 */
function touched({ ended, begun }: GrantChanges): Sql {
  const changed = [...ended, ...begun];
  const ids = (key: 'project_id' | 'license_id') => [...new Set(changed.flatMap((one) => one[key] ?? []))];
  const projects = changed.some((one) => one.kind === 'account_role')
    ? sql`h.kind = 'project_role'`
    : sql`h.project_id = any(${ids('project_id')}::uuid[])`;
  return sql`(h.kind = 'account_role' or ${projects} or h.license_id = any(${ids('license_id')}::uuid[]))`;
}

/** One thing that a user would gain or lose, whichever ways lead to it. */
export type ChangedThing = Pick<AccessRow, 'user_id' | 'user_name' | 'kind' | 'target' | 'level'> & {
  readonly is_gain: boolean;
  /** How many such there are in all. */
  readonly total: number;
};

/** What everybody would gain and lose by the changes: how many things, and the first of each by user name. */
export function changedThings(
  scope: WriteScope,
  changes: GrantChanges,
  first: number,
): Promise<ChangedThing[]> {
  const thing = sql`position, user_id, user_name, kind, target, level`;
  const columns = sql`position, user_id, user_name, kind, target collate "C" as target, level collate "C" as level`;
  const only = concerned(scope.workspaceId, changes);
  const things = touched(changes);
  const had = (groupGrants: Sql | undefined) =>
    effective(scope.workspaceId, { asOf: 'now', only, activeOnly: true, groupGrants, things }, thing);
  return rows<ChangedThing>(
    scope,
    sql`select user_id, user_name, kind, target, level, is_gain, total
      from (
        select ${thing}, is_gain, count(*) over (partition by is_gain) as total,
          row_number() over (partition by is_gain order by position, kind, target, level) as number
        from (
          select ${thing}, bool_and(is_after) as is_gain
          from (select ${columns}, false as is_after from (${had(undefined)}) b
            union all
            select ${columns}, true from (${had(changedGrants(scope.workspaceId, changes))}) a) had
          group by ${thing} having bool_and(is_after) or not bool_or(is_after)
        ) changed
      ) numbered
      where number <= ${first} order by is_gain desc, number`,
  );
}

/** A way by which a thing is had. */
export type Way = Pick<
  AccessRow,
  'user_id' | 'kind' | 'target' | 'level' | 'source' | 'group_id' | 'group_name' | 'origin' | 'rule'
>;

/** Ways of one user that a preview tells at most. */
const MOST_WAYS = 500;

/** The ways of some users to what they have, or would have after the changes. */
export function waysOf(
  scope: WriteScope,
  userIds: readonly UserId[],
  changes?: GrantChanges,
): Promise<Way[]> {
  const columns = sql`user_id, kind, target, level, source, group_id, group_name, origin, rule`;
  const groupGrants = changes && changedGrants(scope.workspaceId, changes);
  const asked = { asOf: 'now', only: userIds, activeOnly: true, groupGrants } as const;
  return rows<Way>(scope, boundedWays(effective(scope.workspaceId, asked, columns), columns, MOST_WAYS));
}

/** Everybody but those whose invitation is past its time and not settled yet: a save would free their seats. */
export function withoutExpired(workspaceId: WorkspaceId): Sql {
  return sql`select u.id from users u
    where u.workspace_id = ${workspaceId} and not exists (
      select from invitations i
      where i.workspace_id = ${workspaceId} and i.user_id = u.id and i.status = 'pending'
        and i.expires_at <= clock_timestamp())`;
}
