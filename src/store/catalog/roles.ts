import sql from 'sql-template-tag';
import type { RoleId } from '../../lib/ids.ts';
import { row, rows } from '../db/query.ts';
import type { PoolScope, Scope, WriteScope } from '../db/scope.ts';
import { byText, type SortKey } from '../sql/keyset.ts';
import { asPage, keyset, type KeysetPage, type Page } from '../sql/keyset-page.ts';

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

const COLUMNS = sql`r.id, r.key, r.name, r.rank, r.created_at, r.updated_at`;

export type RoleSort = 'rank' | 'key' | 'name';

const SORTS: Record<RoleSort, SortKey> = {
  rank: { expression: sql`r.rank`, type: 'integer' },
  key: byText(sql`r.key`),
  name: byText(sql`r.name`),
};

/** A page of the workspace's project roles; the search looks at keys and names. */
export async function listRoles(scope: PoolScope, page: KeysetPage<RoleSort>): Promise<Page<RoleRow>> {
  const { column, conditions, order } = keyset(page, SORTS, sql`r.id`, [sql`r.key`, sql`r.name`]);
  const found = await rows<RoleRow & { sort_value: string }>(
    scope,
    sql`select ${COLUMNS}, ${column} from roles r where r.workspace_id = ${scope.workspaceId} ${conditions} ${order}`,
  );
  return asPage(found, page.limit);
}

/** The role of a key, without regard to case. */
export function findRole(scope: Scope, key: string): Promise<RoleRow | undefined> {
  return row(
    scope,
    sql`select ${COLUMNS} from roles r where r.workspace_id = ${scope.workspaceId} and lower(r.key) = lower(${key})`,
  );
}

/** The role that has a rank. */
export function findRoleOfRank(scope: Scope, rank: number): Promise<RoleRow | undefined> {
  return row(
    scope,
    sql`select ${COLUMNS} from roles r where r.workspace_id = ${scope.workspaceId} and r.rank = ${rank} limit 1`,
  );
}

/** Inserts a role. Throws `taken` when its key is in use. */
export async function insertRole(
  scope: WriteScope,
  id: RoleId,
  state: RoleState,
  at: Date,
): Promise<RoleRow> {
  const inserted = await row<RoleRow>(
    scope,
    sql`insert into roles as r (workspace_id, id, key, name, rank, created_at, updated_at)
      values (${scope.workspaceId}, ${id}, ${state.key}, ${state.name}, ${state.rank}, ${at}, ${at})
      returning ${COLUMNS}`,
  );
  return inserted as RoleRow;
}

/** Writes the next version of a role. Throws `taken` when its new key is in use. */
export async function updateRole(
  scope: WriteScope,
  id: RoleId,
  state: RoleState,
  at: Date,
): Promise<RoleRow> {
  const updated = await row<RoleRow>(
    scope,
    sql`update roles as r set key = ${state.key}, name = ${state.name}, rank = ${state.rank}, updated_at = ${at}
      where workspace_id = ${scope.workspaceId} and id = ${id} returning ${COLUMNS}`,
  );
  return updated as RoleRow;
}
