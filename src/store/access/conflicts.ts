import sql, { empty, type Sql } from 'sql-template-tag';
import type { GroupId, UserId, WorkspaceId } from '../../lib/ids.ts';
import { rows } from '../db/query.ts';
import type { PoolScope } from '../db/scope.ts';
import { type AsOf, rowsAsOf, validAt } from '../sql/as-of.ts';
import { unestimated } from '../sql/key-lookup.ts';
import { endedBySize, type MoreRow } from '../sql/sized-page.ts';
import { literal } from '../sql/where.ts';
import { billingManagers } from './billing-managers.ts';
import { fromLicenses } from './effective.ts';

/** Why something gives nothing. */
export type ConflictCode =
  'unknown_role' | 'unknown_entitlement' | 'unknown_organization' | 'billing_manager' | 'product_off';

/** One thing that was pushed, granted or mapped to a user and gives nothing. */
export interface ConflictRow {
  readonly user_id: UserId;
  readonly user_name: string;
  readonly code: ConflictCode;
  readonly source: 'pushed' | 'admin' | 'invitation' | 'group';
  /** The attribute in which it was pushed. */
  readonly attribute: 'roles' | 'entitlements' | 'organization' | null;
  readonly group_id: GroupId | null;
  readonly group_name: string | null;
  /** As it was pushed, or by keys: `PROJECT:ROLE`, `PRODUCT:LICENSE`. */
  readonly value: string;
  /** Where it stands in the list, beside the user's name and id. */
  readonly place: string;
}

/** The last row of a page. */
export interface ConflictPosition {
  readonly userName: string;
  readonly userId: string;
  readonly place: string;
}

const NAME = sql`lower(u.user_name) collate "C"`;
const PLACE = sql`c.place collate "C"`;

/**
 * The next conflicts of everybody whom SCIM shows, by user name. Each is found from what causes it, by an index, so
 * the cost follows how many there are and not how many users. The search looks at user names and values.
 */
export function listConflicts(
  scope: PoolScope,
  page: {
    readonly limit: number;
    readonly after?: ConflictPosition | undefined;
    readonly search?: string | undefined;
  },
): Promise<(ConflictRow & MoreRow)[]> {
  const { limit, after, search } = page;
  const pattern = `%${literal(search ?? '')}%`;
  const found = search
    ? sql`and (lower(u.user_name) like lower(${pattern}) or lower(c.value) like lower(${pattern}))`
    : empty;
  const beyond = after
    ? sql`and (${NAME}, u.id, ${PLACE}) > (lower(${after.userName}), ${after.userId}::uuid, ${after.place}::text)`
    : empty;
  const query = sql`${conflicts(scope.workspaceId, 'now', sql`${found} ${beyond}`)} limit ${limit}`;
  return rows<ConflictRow & MoreRow>(scope, endedBySize(query));
}

/** The conflicts of one user, `most` of them. */
export function conflictsOf(
  scope: PoolScope,
  userId: UserId,
  asOf: AsOf,
  most: number,
): Promise<ConflictRow[]> {
  const query = conflicts(scope.workspaceId, asOf, sql`and u.id = ${userId}`, userId);
  return rows<ConflictRow>(scope, sql`${query} limit ${most}`);
}

const USER_COLUMNS = ['workspace_id', 'id', 'user_name', 'organization_pushed', 'deleted_at'];
const GROUP_COLUMNS = ['workspace_id', 'id', 'display_name'];

function conflicts(workspaceId: WorkspaceId, asOf: AsOf, conditions: Sql, userId?: UserId): Sql {
  const here = userId ? unestimated(workspaceId) : sql`${workspaceId}`;
  return sql`
    select u.id as user_id, u.user_name, c.code, c.source, c.attribute, c.group_id,
      (select g.display_name from ${rowsAsOf('groups', GROUP_COLUMNS, asOf)} g
        where g.workspace_id = ${workspaceId} and g.id = c.group_id) as group_name,
      c.value, c.place
    from (select f.*, concat_ws('/', f.code, f.source, f.attribute, f.group_id, f.value) as place
      from (${causes(workspaceId, asOf, userId)}) f) c
    join ${rowsAsOf('users', USER_COLUMNS, asOf)} u on u.workspace_id = ${here} and u.id = c.user_id and u.deleted_at is null
    where true ${conditions}
    order by ${NAME}, u.id, ${PLACE}`;
}

/**
 * UNION, not UNION ALL: a group may map one thing by itself and by a rule. The two ways to a grant, `held` of effective.ts,
 * are said once more, so that each is found from what causes the conflict.
 */
function causes(workspaceId: WorkspaceId, asOf: AsOf, userId: UserId | undefined): Sql {
  const here = userId ? unestimated(workspaceId) : sql`${workspaceId}`;
  const billing = billingManagers(workspaceId, asOf, userId && [userId]);
  const off = switchedOff(workspaceId, asOf);
  const [direct, member, mapped] = [validAt('d', asOf), validAt('m', asOf), validAt('gg', asOf)];
  return sql`
    select d.user_id, case d.pushed_attribute when 'roles' then 'unknown_role' else 'unknown_entitlement' end as code,
      d.source, d.pushed_attribute as attribute, null::uuid as group_id, d.pushed_value as value
    from direct_grants d where d.workspace_id = ${here} and ${direct} and d.kind is null
    union
    select o.id, 'unknown_organization', 'pushed', 'organization', null, o.organization_pushed
    from ${rowsAsOf('users', USER_COLUMNS, asOf)} o
    where o.workspace_id = ${here} and o.organization_pushed is not null
    union
    select d.user_id, 'billing_manager', d.source, d.pushed_attribute, null, coalesce(d.pushed_value, p.key || ':' || r.key)
    from (${billing}) b
    join direct_grants d on d.workspace_id = ${here} and d.user_id = b.user_id and ${direct}
      and d.kind = 'project_role'
    ${projectAndRole(workspaceId, asOf, sql`d`)}
    union
    select m.user_id, 'billing_manager', 'group', null, m.group_id, p.key || ':' || r.key
    from (${billing}) b
    join memberships m on m.workspace_id = ${here} and m.user_id = b.user_id and ${member}
    join group_grants gg on gg.workspace_id = ${here} and gg.group_id = m.group_id and ${mapped}
      and gg.kind = 'project_role'
    ${projectAndRole(workspaceId, asOf, sql`gg`)}
    union
    select d.user_id, 'product_off', d.source, d.pushed_attribute, null, coalesce(d.pushed_value, l.name)
    from (${off}) l
    join direct_grants d on d.workspace_id = ${here} and d.license_id = l.id and ${direct}
    union
    select m.user_id, 'product_off', 'group', null, m.group_id, l.name
    from (${off}) l
    join group_grants gg on gg.workspace_id = ${here} and gg.license_id = l.id and ${mapped}
    join memberships m on m.workspace_id = ${here} and m.group_id = gg.group_id and ${member}`;
}

const KEYED = ['workspace_id', 'id', 'key'];

function projectAndRole(workspaceId: WorkspaceId, asOf: AsOf, grant: Sql): Sql {
  return sql`
    join ${rowsAsOf('projects', KEYED, asOf)} p on p.workspace_id = ${workspaceId} and p.id = ${grant}.project_id
    join ${rowsAsOf('roles', KEYED, asOf)} r on r.workspace_id = ${workspaceId} and r.id = ${grant}.role_id`;
}

/** The licenses of products that are switched off. */
function switchedOff(workspaceId: WorkspaceId, asOf: AsOf): Sql {
  return sql`select l.id, p.key || ':' || l.key as name ${fromLicenses(workspaceId, asOf, 'off')}`;
}
