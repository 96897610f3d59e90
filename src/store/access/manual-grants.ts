import sql, { type Sql } from 'sql-template-tag';
import type { EventId, GrantId, LicenseId, ProjectId, RoleId, UserId, WorkspaceId } from '../../lib/ids.ts';
import { rows } from '../db/query.ts';
import { accessWrites, type WriteScope } from '../db/scope.ts';

/** What a direct grant gives, by ids; the columns that its kind does not use are null. */
export interface GrantTargetColumns {
  readonly kind: 'account_role' | 'project_role' | 'entitlement';
  readonly account_role: string | null;
  readonly project_id: ProjectId | null;
  readonly role_id: RoleId | null;
  readonly license_id: LicenseId | null;
}

/** A direct grant that is to be opened. */
export interface NewDirectGrant extends GrantTargetColumns {
  readonly user_id: UserId;
  readonly source: 'admin' | 'invitation';
  readonly since_event: EventId;
}

/** Opens direct grants of locked users; one that is open from the same source goes on as it is. */
export async function openDirectGrants(
  scope: WriteScope,
  grants: readonly NewDirectGrant[],
  at: Date,
): Promise<void> {
  if (grants.length === 0) return;
  const access = accessWrites(scope);
  access.assertGuarded(grants.map((grant) => grant.user_id));
  access.noteRolesChanged(grants.filter(({ kind }) => kind !== 'entitlement').map((grant) => grant.user_id));
  await rows(
    scope,
    sql`insert into direct_grants (workspace_id, id, user_id, source, kind, account_role, project_id, role_id,
        license_id, since, since_event)
      select ${scope.workspaceId}, gen_random_uuid(), n.user_id, n.source, n.kind, n.account_role, n.project_id, n.role_id,
        n.license_id, ${at}, n.since_event
      from jsonb_to_recordset(${JSON.stringify(grants)}::jsonb) as n(user_id uuid, source text, kind text,
        account_role text, project_id uuid, role_id uuid, license_id uuid, since_event uuid)
      on conflict do nothing`,
  );
}

/** Ends what an event offered to a user and is open still. */
export async function endOffered(
  scope: WriteScope,
  ended: readonly { readonly userId: UserId; readonly opened: EventId; readonly closed: EventId }[],
  at: Date,
): Promise<void> {
  accessWrites(scope).assertGuarded(ended.map((one) => one.userId));
  await rows(
    scope,
    sql`update direct_grants d set until = greatest(${at}::timestamptz, d.since), until_event = e.closed
      from unnest(${ended.map((one) => one.userId)}::uuid[], ${ended.map((one) => one.opened)}::uuid[],
        ${ended.map((one) => one.closed)}::uuid[]) as e(user_id, opened, closed)
      where d.workspace_id = ${scope.workspaceId} and d.user_id = e.user_id and d.since_event = e.opened
        and d.source = 'invitation' and d.until = 'infinity'`,
  );
}

/** A direct grant of a user with what it competes by. */
export interface OwnGrant extends Omit<GrantTargetColumns, 'kind'> {
  readonly id: GrantId;
  readonly user_id: UserId;
  readonly source: 'admin' | 'invitation' | 'pushed';
  readonly pushed_attribute: 'roles' | 'entitlements' | null;
  readonly pushed_value: string | null;
  /** Null for a pushed value that names nothing. */
  readonly kind: GrantTargetColumns['kind'] | null;
  /** The keys of the project and the role. */
  readonly project: string | null;
  readonly role: string | null;
  /** The keys of the license's product and of the license. */
  readonly product: string | null;
  readonly license: string | null;
}

const OWN = sql`d.id, d.user_id, d.source, d.pushed_attribute, d.pushed_value, d.kind, d.account_role, d.project_id, d.role_id,
  d.license_id, p.key as project, r.key as role, pr.key as product, l.key as license`;

/** After the grants `d`: the catalogue's rows that they name. */
function catalogue(workspaceId: WorkspaceId): Sql {
  return sql`
    left join projects p on p.workspace_id = ${workspaceId} and p.id = d.project_id
    left join roles r on r.workspace_id = ${workspaceId} and r.id = d.role_id
    left join licenses l on l.workspace_id = ${workspaceId} and l.id = d.license_id
    left join products pr on pr.workspace_id = ${workspaceId} and pr.id = l.product_id`;
}

/** The open direct grants that users were given here, not pushed. */
export function givenGrants(scope: WriteScope, userIds: readonly UserId[]): Promise<OwnGrant[]> {
  return rows(
    scope,
    sql`select ${OWN} from direct_grants d ${catalogue(scope.workspaceId)}
      where d.workspace_id = ${scope.workspaceId} and d.user_id = any(${userIds}::uuid[]) and d.until = 'infinity'
        and d.source <> 'pushed'
      order by d.user_id, d.id`,
  );
}

/**
 * The direct grants of users that ended at or after a time of each by an event with one of the actions, and whose
 * project or license is there still.
 */
export function endedGrants(
  scope: WriteScope,
  users: readonly { readonly id: UserId; readonly from: Date }[],
  actions: readonly string[],
): Promise<OwnGrant[]> {
  return rows(
    scope,
    sql`select ${OWN}
      from unnest(${users.map((one) => one.id)}::uuid[], ${users.map((one) => one.from)}::timestamptz[]) as a(id, since)
      join direct_grants d on d.workspace_id = ${scope.workspaceId} and d.user_id = a.id and d.until <> 'infinity'
        and d.until >= a.since
      join audit_events e on e.workspace_id = ${scope.workspaceId} and e.id = d.until_event
        and e.action = any(${actions}::text[])
      ${catalogue(scope.workspaceId)}
      where p.deleted_at is null and l.deleted_at is null
      order by d.user_id, d.id`,
  );
}
