import sql from 'sql-template-tag';
import type { OrganizationId, ProjectId } from '../../lib/ids.ts';
import type { PoolScope, Scope, WriteScope } from '../db/scope.ts';
import { unestimated } from '../sql/key-lookup.ts';
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

/** What may be changed of a project. */
export interface ProjectState {
  readonly key: string;
  readonly name: string;
  readonly organization_id: OrganizationId | null;
}

export interface ProjectRow extends ProjectState {
  readonly id: ProjectId;
  /** The organization's key. */
  readonly organization: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const PROJECTS: CatalogTable<ProjectState> = {
  name: 'projects',
  columns: (workspaceId) => sql`t.id, t.key, t.name, t.organization_id, t.created_at, t.updated_at,
    (select o.key from organizations o
      where o.workspace_id = ${unestimated(workspaceId)} and o.id = t.organization_id) as organization`,
  written: ['key', 'name', 'organization_id'],
  ends: true,
};

/** A page of the workspace's projects; the search looks at keys and names. */
export function listProjects(scope: PoolScope, page: KeysetPage<CatalogSort>): Promise<Page<ProjectRow>> {
  return listCatalog<ProjectRow, CatalogSort>(scope, PROJECTS, CATALOG_SORTS, page);
}

/** The project of a key, without regard to case. */
export function findProject(scope: Scope, key: string): Promise<ProjectRow | undefined> {
  return findByKey(scope, PROJECTS, key);
}

/** Inserts a project. Throws `taken` when its key is in use. */
export function insertProject(
  scope: WriteScope,
  id: ProjectId,
  state: ProjectState,
  at: Date,
): Promise<ProjectRow> {
  return insertRow(scope, PROJECTS, id, state, at);
}

/** Writes the next version of a project. Throws `taken` when its new key is in use. */
export function updateProject(
  scope: WriteScope,
  id: ProjectId,
  state: ProjectState,
  at: Date,
): Promise<ProjectRow> {
  return updateRow(scope, PROJECTS, id, state, at);
}

/** Ends a project; its row stays for what was in the past. */
export function endProject(scope: WriteScope, id: ProjectId, at: Date): Promise<void> {
  return endRow(scope, PROJECTS, id, at);
}
