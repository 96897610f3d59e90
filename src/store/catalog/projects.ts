import sql, { type Sql } from 'sql-template-tag';
import type { OrganizationId, ProjectId, WorkspaceId } from '../../lib/ids.ts';
import { row, rows } from '../db/query.ts';
import type { PoolScope, Scope, WriteScope } from '../db/scope.ts';
import { unestimated } from '../sql/key-lookup.ts';
import { byText } from '../sql/keyset.ts';
import { asPage, keyset, type KeysetPage, type Page } from '../sql/keyset-page.ts';
import type { CatalogueSort } from './organizations.ts';

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

function columns(workspaceId: WorkspaceId): Sql {
  return sql`p.id, p.key, p.name, p.organization_id, p.created_at, p.updated_at,
    (select o.key from organizations o
      where o.workspace_id = ${unestimated(workspaceId)} and o.id = p.organization_id) as organization`;
}

const SORTS = { key: byText(sql`p.key`), name: byText(sql`p.name`) };

/** A page of the workspace's projects; the search looks at keys and names. */
export async function listProjects(
  scope: PoolScope,
  page: KeysetPage<CatalogueSort>,
): Promise<Page<ProjectRow>> {
  const { column, conditions, order } = keyset(page, SORTS, sql`p.id`, [sql`p.key`, sql`p.name`]);
  const found = await rows<ProjectRow & { sort_value: string }>(
    scope,
    sql`select ${columns(scope.workspaceId)}, ${column} from projects p
      where p.workspace_id = ${scope.workspaceId} and p.deleted_at is null ${conditions} ${order}`,
  );
  return asPage(found, page.limit);
}

/** The project of a key, without regard to case. */
export function findProject(scope: Scope, key: string): Promise<ProjectRow | undefined> {
  return row(
    scope,
    sql`select ${columns(scope.workspaceId)} from projects p
      where p.workspace_id = ${scope.workspaceId} and lower(p.key) = lower(${key}) and p.deleted_at is null`,
  );
}

/** Inserts a project. Throws `taken` when its key is in use. */
export function insertProject(
  scope: WriteScope,
  id: ProjectId,
  state: ProjectState,
  at: Date,
): Promise<ProjectRow> {
  return written(
    scope,
    sql`insert into projects (workspace_id, id, key, name, organization_id, created_at, updated_at)
      values (${scope.workspaceId}, ${id}, ${state.key}, ${state.name}, ${state.organization_id}, ${at}, ${at})
      returning *`,
  );
}

/** Writes the next version of a project. Throws `taken` when its new key is in use. */
export function updateProject(
  scope: WriteScope,
  id: ProjectId,
  state: ProjectState,
  at: Date,
): Promise<ProjectRow> {
  return written(
    scope,
    sql`update projects set key = ${state.key}, name = ${state.name}, organization_id = ${state.organization_id},
        updated_at = ${at}
      where workspace_id = ${scope.workspaceId} and id = ${id} returning *`,
  );
}

async function written(scope: WriteScope, statement: Sql): Promise<ProjectRow> {
  const project = await row<ProjectRow>(
    scope,
    sql`with p as (${statement}) select ${columns(scope.workspaceId)} from p`,
  );
  return project as ProjectRow;
}

/** Ends a project; its row stays for what was in the past. */
export async function endProject(scope: WriteScope, id: ProjectId, at: Date): Promise<void> {
  await rows(
    scope,
    sql`update projects set deleted_at = ${at}, updated_at = ${at}
      where workspace_id = ${scope.workspaceId} and id = ${id}`,
  );
}
