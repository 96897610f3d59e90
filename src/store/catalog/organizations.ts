import sql from 'sql-template-tag';
import type { OrganizationId, UserId } from '../../lib/ids.ts';
import { rows } from '../db/query.ts';
import type { PoolScope, Scope, WriteScope } from '../db/scope.ts';
import type { KeysetPage, Page } from '../sql/keyset-page.ts';
import {
  CATALOG_SORTS,
  type CatalogSort,
  type CatalogTable,
  endRow,
  findByKey,
  insertRow,
  listCatalog,
  updateRow,
} from './table.ts';

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

const ORGANIZATIONS: CatalogTable<OrganizationState> = {
  name: 'organizations',
  columns: () => sql`t.id, t.key, t.name, t.created_at, t.updated_at`,
  written: ['key', 'name'],
  ends: true,
};

/** A page of the workspace's organizations; the search looks at keys and names. */
export function listOrganizations(
  scope: PoolScope,
  page: KeysetPage<CatalogSort>,
): Promise<Page<OrganizationRow>> {
  return listCatalog<OrganizationRow, CatalogSort>(scope, ORGANIZATIONS, CATALOG_SORTS, page);
}

/** The organization of a key, without regard to case. */
export function findOrganization(scope: Scope, key: string): Promise<OrganizationRow | undefined> {
  return findByKey(scope, ORGANIZATIONS, key);
}

/** Inserts an organization. Throws `taken` when its key is in use. */
export function insertOrganization(
  scope: WriteScope,
  id: OrganizationId,
  state: OrganizationState,
  at: Date,
): Promise<OrganizationRow> {
  return insertRow(scope, ORGANIZATIONS, id, state, at);
}

/** Writes the next version of an organization. Throws `taken` when its new key is in use. */
export function updateOrganization(
  scope: WriteScope,
  id: OrganizationId,
  state: OrganizationState,
  at: Date,
): Promise<OrganizationRow> {
  return updateRow(scope, ORGANIZATIONS, id, state, at);
}

/** Ends an organization; its row stays for what was in the past. */
export function endOrganization(scope: WriteScope, id: OrganizationId, at: Date): Promise<void> {
  return endRow(scope, ORGANIZATIONS, id, at);
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
