import sql from 'sql-template-tag';
import type { OrganizationId, UserId } from '../../lib/ids.ts';
import { row, rows } from '../db/query.ts';
import type { PoolScope, Scope, WriteScope } from '../db/scope.ts';
import { byText } from '../sql/keyset.ts';
import { asPage, keyset, type KeysetPage, type Page } from '../sql/keyset-page.ts';

/** What may be changed of an organization. */
export interface OrganizationState {
  readonly key: string;
  readonly name: string;
}

export interface OrganizationRow extends OrganizationState {
  readonly id: OrganizationId;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const COLUMNS = sql`o.id, o.key, o.name, o.created_at, o.updated_at`;

/** What organizations and projects can be sorted by. */
export type CatalogueSort = 'key' | 'name';

const SORTS = { key: byText(sql`o.key`), name: byText(sql`o.name`) };

/** A page of the workspace's organizations; the search looks at keys and names. */
export async function listOrganizations(
  scope: PoolScope,
  page: KeysetPage<CatalogueSort>,
): Promise<Page<OrganizationRow>> {
  const { column, conditions, order } = keyset(page, SORTS, sql`o.id`, [sql`o.key`, sql`o.name`]);
  const found = await rows<OrganizationRow & { sort_value: string }>(
    scope,
    sql`select ${COLUMNS}, ${column} from organizations o
      where o.workspace_id = ${scope.workspaceId} and o.deleted_at is null ${conditions} ${order}`,
  );
  return asPage(found, page.limit);
}

/** The organization of a key, without regard to case. */
export function findOrganization(scope: Scope, key: string): Promise<OrganizationRow | undefined> {
  return row(
    scope,
    sql`select ${COLUMNS} from organizations o
      where o.workspace_id = ${scope.workspaceId} and lower(o.key) = lower(${key}) and o.deleted_at is null`,
  );
}

/** Inserts an organization. Throws `taken` when its key is in use. */
export async function insertOrganization(
  scope: WriteScope,
  id: OrganizationId,
  state: OrganizationState,
  at: Date,
): Promise<OrganizationRow> {
  const inserted = await row<OrganizationRow>(
    scope,
    sql`insert into organizations as o (workspace_id, id, key, name, created_at, updated_at)
      values (${scope.workspaceId}, ${id}, ${state.key}, ${state.name}, ${at}, ${at}) returning ${COLUMNS}`,
  );
  return inserted as OrganizationRow;
}

/** Writes the next version of an organization. Throws `taken` when its new key is in use. */
export async function updateOrganization(
  scope: WriteScope,
  id: OrganizationId,
  state: OrganizationState,
  at: Date,
): Promise<OrganizationRow> {
  const updated = await row<OrganizationRow>(
    scope,
    sql`update organizations as o set key = ${state.key}, name = ${state.name}, updated_at = ${at}
      where workspace_id = ${scope.workspaceId} and id = ${id} returning ${COLUMNS}`,
  );
  return updated as OrganizationRow;
}

/** Ends an organization; its row stays for what was in the past. */
export async function endOrganization(scope: WriteScope, id: OrganizationId, at: Date): Promise<void> {
  await rows(
    scope,
    sql`update organizations set deleted_at = ${at}, updated_at = ${at}
      where workspace_id = ${scope.workspaceId} and id = ${id}`,
  );
}

/**
 * Affiliates the users for whom an identity provider has pushed an organization of this key when there was none, as
 * their next versions. Answers who they are.
 */
export function affiliateWaiting(
  scope: WriteScope,
  organization: Pick<OrganizationRow, 'id' | 'key'>,
  at: Date,
): Promise<{ id: UserId; user_name: string }[]> {
  return rows(
    scope,
    sql`update users set organization_id = ${organization.id}, organization_pushed = null, version = version + 1,
        updated_at = greatest(${at}::timestamptz, updated_at)
      where workspace_id = ${scope.workspaceId} and lower(organization_pushed) = lower(${organization.key})
      returning id, user_name`,
  );
}
