import sql, { empty, type Sql } from 'sql-template-tag';
import type { EventId, GrantId, GroupId, LicenseId, ProjectId, RoleId } from '../../lib/ids.ts';
import { rows } from '../db/query.ts';
import { accessWrites, type Scope, type WriteScope } from '../db/scope.ts';
import { unestimated } from '../sql/key-lookup.ts';

/** What a grant gives, by ids. */
export type GrantTarget =
  | { readonly kind: 'account_role'; readonly accountRole: 'admin' | 'billing_manager' | 'member' }
  | { readonly kind: 'project_role'; readonly projectId: ProjectId; readonly roleId: RoleId }
  | { readonly kind: 'entitlement'; readonly licenseId: LicenseId };

/** A grant that a group should have; `rule` is the rule that gives it, null for the group's own. */
export interface WantedGrant {
  readonly groupId: GroupId;
  readonly rule: string | null;
  readonly target: GrantTarget;
}

/** An open grant of a group, by keys. */
export interface GroupGrantRow {
  readonly id: GrantId;
  readonly group_id: GroupId;
  readonly origin: 'own' | 'rule';
  readonly rule: string | null;
  readonly kind: GrantTarget['kind'];
  readonly account_role: string | null;
  readonly project: string | null;
  readonly role: string | null;
  readonly product: string | null;
  readonly license: string | null;
  readonly since: Date;
}

/** The open grants of groups in the order of the ids, own ones first; `most` of them. */
export function groupGrants(
  scope: Scope,
  groupIds: readonly GroupId[],
  most?: number,
): Promise<GroupGrantRow[]> {
  return rows<GroupGrantRow>(
    scope,
    sql`select gg.id, gg.group_id, gg.origin, gg.rule, gg.kind, gg.account_role, p.key as project, r.key as role,
        pr.key as product, l.key as license, gg.since
      from group_grants gg
      left join projects p on p.workspace_id = ${unestimated(scope.workspaceId)} and p.id = gg.project_id
      left join roles r on r.workspace_id = ${unestimated(scope.workspaceId)} and r.id = gg.role_id
      left join licenses l on l.workspace_id = ${unestimated(scope.workspaceId)} and l.id = gg.license_id
      left join products pr on pr.workspace_id = ${unestimated(scope.workspaceId)} and pr.id = l.product_id
      where gg.workspace_id = ${unestimated(scope.workspaceId)} and gg.group_id = any(${groupIds}::uuid[]) and gg.until = 'infinity'
      order by array_position(${groupIds}::uuid[], gg.group_id), gg.origin, gg.kind, p.key, pr.key, l.key
      limit ${most ?? null}`,
  );
}

/**
 * Makes the open grants of one origin exactly the wanted ones, for some groups or (undefined) for all: what is not
 * wanted ends, what is missing begins, and what is there stays with its `since`. Answers how many rows changed.
 */
export async function syncGroupGrants(
  scope: WriteScope,
  origin: 'own' | 'rule',
  groupIds: readonly GroupId[] | undefined,
  wanted: readonly WantedGrant[],
  eventId: EventId,
  at: Date,
  options: { readonly haveMembers: boolean } = { haveMembers: true },
): Promise<number> {
  if (options.haveMembers) accessWrites(scope).assertGuarded('everybody');
  const input = wantedRows(wanted);
  const inGroups = groupIds ? sql`and gg.group_id = any(${groupIds}::uuid[])` : empty;
  const ended = await rows(
    scope,
    sql`update group_grants gg set until = greatest(${at}::timestamptz, gg.since), until_event = ${eventId}
      where gg.workspace_id = ${scope.workspaceId} and gg.origin = ${origin} and gg.until = 'infinity' ${inGroups}
        and not exists (select from ${input} where w.group_id = gg.group_id and w.target = gg.target)
      returning gg.id`,
  );
  if (wanted.length === 0) return ended.length;
  // The same thing given by another rule has not changed hands: its interval goes on.
  const written = await rows(
    scope,
    sql`insert into group_grants as gg (workspace_id, id, group_id, origin, rule, kind, account_role, project_id,
        role_id, license_id, since, since_event)
      select ${scope.workspaceId}, gen_random_uuid(), w.group_id, ${origin}, w.rule, w.kind, w.account_role, w.project_id,
        w.role_id, w.license_id, ${at}, ${eventId}
      from ${input}
      on conflict (workspace_id, group_id, origin, target) where until = 'infinity'
        do update set rule = excluded.rule where gg.rule is distinct from excluded.rule
      returning gg.id`,
  );
  return ended.length + written.length;
}

/** The wanted grants as rows after FROM: `w`. */
export function wantedRows(wanted: readonly WantedGrant[]): Sql {
  return sql`jsonb_to_recordset(${JSON.stringify(wanted.map(asRecord))}::jsonb) as w(group_id uuid, rule text,
    kind text, account_role text, project_id uuid, role_id uuid, license_id uuid, target text)`;
}

function asRecord({ groupId, rule, target }: WantedGrant) {
  const accountRole = target.kind === 'account_role' ? target.accountRole : null;
  const projectId = target.kind === 'project_role' ? target.projectId : null;
  const roleId = target.kind === 'project_role' ? target.roleId : null;
  const licenseId = target.kind === 'entitlement' ? target.licenseId : null;
  return {
    group_id: groupId,
    rule,
    kind: target.kind,
    account_role: accountRole,
    project_id: projectId,
    role_id: roleId,
    license_id: licenseId,
    // As the table's generated column writes it.
    target: [accountRole, projectId, roleId, licenseId].map((part) => part ?? '').join('/'),
  };
}

/** Ends every grant of a group. */
export async function endGroupGrants(
  scope: WriteScope,
  groupId: GroupId,
  eventId: EventId,
  at: Date,
): Promise<void> {
  accessWrites(scope).assertGuarded('everybody');
  await rows(
    scope,
    sql`update group_grants set until = greatest(${at}::timestamptz, since), until_event = ${eventId}
      where workspace_id = ${unestimated(scope.workspaceId)} and group_id = ${groupId} and until = 'infinity'`,
  );
}
