import sql from 'sql-template-tag';
import type { OrganizationId } from '../../lib/ids.ts';
import { row } from '../db/query.ts';
import type { WriteScope } from '../db/scope.ts';

/** The organization of that key, without regard to case. */
export async function organizationByKey(scope: WriteScope, key: string): Promise<OrganizationId | undefined> {
  const found = await row<{ id: OrganizationId }>(
    scope,
    sql`select id from organizations
      where workspace_id = ${scope.workspaceId} and lower(key) = lower(${key}) and deleted_at is null`,
  );
  return found?.id;
}
