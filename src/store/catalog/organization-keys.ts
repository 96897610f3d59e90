import sql from 'sql-template-tag';
import type { OrganizationId, WorkspaceId } from '../../lib/ids.ts';
import type { Tx } from '../db/pool.ts';
import { row } from '../db/query.ts';

/** The organization of that key, without regard to case. */
export async function organizationByKey(
  tx: Tx,
  workspaceId: WorkspaceId,
  key: string,
): Promise<OrganizationId | undefined> {
  const found = await row<{ id: OrganizationId }>(
    tx,
    sql`select id from organizations
      where workspace_id = ${workspaceId} and lower(key) = lower(${key}) and deleted_at is null`,
  );
  return found?.id;
}
