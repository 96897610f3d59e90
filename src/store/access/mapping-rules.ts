import sql from 'sql-template-tag';
import type { GroupId, LicenseId, ProjectId, RoleId } from '../../lib/ids.ts';
import { rows } from '../db/query.ts';
import type { Scope, WriteScope } from '../db/scope.ts';

/** A rule as it is kept: `grants` is the JSON that was put. */
export interface RuleRow<Grants> {
  readonly match: string;
  readonly grants: Grants;
}

/** The workspace's rules in their order. */
export function readRules<Grants>(scope: Scope): Promise<RuleRow<Grants>[]> {
  return rows(
    scope,
    sql`select match, grants from mapping_rules where workspace_id = ${scope.workspaceId} order by position`,
  );
}

/** Puts the rules in place of those there are. */
export async function writeRules(scope: WriteScope, rules: readonly RuleRow<unknown>[]): Promise<void> {
  await rows(scope, sql`delete from mapping_rules where workspace_id = ${scope.workspaceId}`);
  await rows(
    scope,
    sql`insert into mapping_rules (workspace_id, position, match, grants)
      select ${scope.workspaceId}, r.position, r.match, r.grants
      from rows from (jsonb_to_recordset(${JSON.stringify(rules)}::jsonb) as (match text, grants jsonb))
        with ordinality as r(match, grants, position)`,
  );
}

/** The keys that grants may name, with their ids. */
export interface CatalogueKeys {
  readonly projects: readonly { readonly key: string; readonly id: ProjectId }[];
  readonly roles: readonly { readonly key: string; readonly id: RoleId }[];
  readonly licenses: readonly { readonly product: string; readonly key: string; readonly id: LicenseId }[];
}

/** Loads the keys of the workspace's catalogue. */
export async function catalogueKeys(scope: Scope): Promise<CatalogueKeys> {
  const projects = await rows<CatalogueKeys['projects'][number]>(
    scope,
    sql`select key, id from projects where workspace_id = ${scope.workspaceId} and deleted_at is null`,
  );
  const roles = await rows<CatalogueKeys['roles'][number]>(
    scope,
    sql`select key, id from roles where workspace_id = ${scope.workspaceId}`,
  );
  const licenses = await rows<CatalogueKeys['licenses'][number]>(
    scope,
    sql`select p.key as product, l.key, l.id from licenses l
      join products p on p.workspace_id = ${scope.workspaceId} and p.id = l.product_id
      where l.workspace_id = ${scope.workspaceId} and l.deleted_at is null`,
  );
  return { projects, roles, licenses };
}

/** Every group's name, for reading all of them by new rules. */
export function groupNames(scope: WriteScope): Promise<{ id: GroupId; display_name: string }[]> {
  return rows(
    scope,
    sql`select id, display_name from groups where workspace_id = ${scope.workspaceId} and deleted_at is null`,
  );
}
