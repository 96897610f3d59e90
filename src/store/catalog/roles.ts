import sql from 'sql-template-tag';
import type { RoleId } from '../../lib/ids.ts';
import { row } from '../db/query.ts';
import type { PoolScope, Scope, WriteScope } from '../db/scope.ts';
import type { KeysetPage, Page } from '../sql/keyset-page.ts';
import type { SortKey } from '../sql/keyset.ts';
import {
  CATALOG_SORTS,
  type CatalogSort,
  type CatalogTable,
  findByKey,
  insertRow,
  listCatalog,
  selected,
  updateRow,
} from './table.ts';

/** What may be changed of a project role. */
export interface RoleState {
  readonly key: string;
  readonly name: string;
  /** Of the roles that a user holds in one project the one with the highest rank counts. */
  readonly rank: number;
}

export interface RoleRow extends RoleState {
  readonly id: RoleId;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const ROLES: CatalogTable<RoleState> = {
  name: 'roles',
  columns: () => sql`t.id, t.key, t.name, t.rank, t.created_at, t.updated_at`,
  written: ['key', 'name', 'rank'],
  ends: false,
};

export type RoleSort = CatalogSort | 'rank';

const SORTS: Record<RoleSort, SortKey> = {
  ...CATALOG_SORTS,
  rank: { expression: sql`t.rank`, type: 'integer' },
};

/** A page of the workspace's project roles; the search looks at keys and names. */
export function listRoles(scope: PoolScope, page: KeysetPage<RoleSort>): Promise<Page<RoleRow>> {
  return listCatalog<RoleRow, RoleSort>(scope, ROLES, SORTS, page);
}

/** The role of a key, without regard to case. */
export function findRole(scope: Scope, key: string): Promise<RoleRow | undefined> {
  return findByKey(scope, ROLES, key);
}

/** The role that has a rank. */
export function findRoleOfRank(scope: Scope, rank: number): Promise<RoleRow | undefined> {
  return row(scope, sql`${selected(scope, ROLES)} and t.rank = ${rank} limit 1`);
}

/** Inserts a role. Throws `taken` when its key is in use. */
export function insertRole(scope: WriteScope, id: RoleId, state: RoleState, at: Date): Promise<RoleRow> {
  return insertRow(scope, ROLES, id, state, at);
}

/** Writes the next version of a role. Throws `taken` when its new key is in use. */
export function updateRole(scope: WriteScope, id: RoleId, state: RoleState, at: Date): Promise<RoleRow> {
  return updateRow(scope, ROLES, id, state, at);
}
