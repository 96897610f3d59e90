import sql from 'sql-template-tag';
import type { OrganizationId } from '../../lib/ids.ts';
import { row } from '../db/query.ts';
import type { WriteScope } from '../db/scope.ts';

/** An organization as a key names it, with the key as it is written there. */
export interface OrganizationByKey {
  readonly id: OrganizationId;
  readonly key: string;
}

/** The organization of that key, without regard to case. */
export async function organizationByKey(
  scope: WriteScope,
  key: string,
): Promise<OrganizationByKey | undefined> {
  return row<OrganizationByKey>(
    scope,
    sql`select id, key from organizations
      where workspace_id = ${scope.workspaceId} and lower(key) = lower(${key}) and deleted_at is null`,
  );
}
