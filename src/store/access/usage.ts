import sql from 'sql-template-tag';
import type { OrganizationId, ProjectId } from '../../lib/ids.ts';
import { row } from '../db/query.ts';
import type { WriteScope } from '../db/scope.ts';

/** How many users, whatever their status, and live projects belong to an organization. */
export async function organizationUsage(
  scope: WriteScope,
  id: OrganizationId,
): Promise<{ users: number; projects: number }> {
  const found = await row<{ users: number; projects: number }>(
    scope,
    sql`select
        (select count(*) from users where workspace_id = ${scope.workspaceId} and organization_id = ${id}) as users,
        (select count(*) from projects
          where workspace_id = ${scope.workspaceId} and organization_id = ${id} and deleted_at is null) as projects`,
  );
  return found as { users: number; projects: number };
}

/** How many open grants give roles in a project, and how many mapping rules name it by its key. */
export async function projectUsage(
  scope: WriteScope,
  project: { readonly id: ProjectId; readonly key: string },
): Promise<{ direct: number; groups: number; rules: number }> {
  const found = await row<{ direct: number; groups: number; rules: number }>(
    scope,
    sql`select
        (select count(distinct user_id) from direct_grants
          where workspace_id = ${scope.workspaceId} and project_id = ${project.id} and until = 'infinity') as direct,
        (select count(distinct group_id) from group_grants
          where workspace_id = ${scope.workspaceId} and project_id = ${project.id} and until = 'infinity') as groups,
        (select count(*) from mapping_rules r where r.workspace_id = ${scope.workspaceId} and exists (
          select from jsonb_array_elements(r.grants) g where lower(g ->> 'project') = lower(${project.key}))) as rules`,
  );
  return found as { direct: number; groups: number; rules: number };
}
