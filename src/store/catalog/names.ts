import sql from 'sql-template-tag';
import { rows } from '../db/query.ts';
import type { PoolScope } from '../db/scope.ts';

/** Something of the catalogue by its keys, with the names that people read. */
export interface CatalogueName {
  readonly kind: 'project' | 'role' | 'license';
  /** Of a license its product's. */
  readonly parent: string | null;
  readonly key: string;
  readonly name: string;
  /** Of a license its product's name. */
  readonly parent_name: string | null;
}

/** The names of some projects, of all project roles, and of all licenses with their products. */
export function catalogueNames(scope: PoolScope, projects: readonly string[]): Promise<CatalogueName[]> {
  return rows(
    scope,
    sql`select 'project' as kind, null as parent, key, name, null as parent_name from projects
      where workspace_id = ${scope.workspaceId} and deleted_at is null and key = any(${projects}::text[])
      union all
      select 'role', null, key, name, null from roles where workspace_id = ${scope.workspaceId}
      union all
      select 'license', p.key, l.key, l.name, p.name from licenses l
      join products p on p.workspace_id = ${scope.workspaceId} and p.id = l.product_id
      where l.workspace_id = ${scope.workspaceId} and l.deleted_at is null`,
  );
}
