import sql, { empty, join, raw, type Sql } from 'sql-template-tag';
import type { WorkspaceId } from '../../lib/ids.ts';
import { row, rows } from '../db/query.ts';
import type { PoolScope, Scope, WriteScope } from '../db/scope.ts';
import { keyset, type KeysetPage, type Page, toKeysetPage } from '../sql/keyset-page.ts';
import { byText, type SortKey } from '../sql/keyset.ts';

/** A table of the catalogue, whose rows have a key and a name; `t` in every query. */
export interface CatalogTable<State> {
  readonly name: 'organizations' | 'products' | 'projects' | 'roles';
  /** The columns of a row. */
  readonly columns: (workspaceId: WorkspaceId) => Sql;
  /** The columns that a state has. */
  readonly written: readonly (keyof State & string)[];
  /** Rows that have ended stay for the past, and are neither listed nor found. */
  readonly ends: boolean;
}

/** What any of them can be sorted by. */
export type CatalogSort = 'key' | 'name';

/** The orders that any of them has. */
export const CATALOG_SORTS: Record<CatalogSort, SortKey> = {
  key: byText(sql`t.key`),
  name: byText(sql`t.name`),
};

/** A page of a table; the search looks at keys and names. */
export async function listCatalog<Row extends { readonly id: string }, Sort extends string>(
  scope: PoolScope,
  table: CatalogTable<never>,
  sorts: Readonly<Record<Sort, SortKey>>,
  page: KeysetPage<Sort>,
): Promise<Page<Row & { readonly sort_value: string }>> {
  const { column, conditions, order } = keyset(page, sorts, sql`t.id`, [sql`t.key`, sql`t.name`]);
  const found = await rows<Row & { readonly sort_value: string }>(
    scope,
    sql`${selected(scope, table, column)} ${conditions} ${order}`,
  );
  return toKeysetPage(found, page.limit);
}

/** The row of a key, without regard to case. */
export function findByKey<Row>(
  scope: Scope,
  table: CatalogTable<never>,
  key: string,
): Promise<Row | undefined> {
  return row(scope, sql`${selected(scope, table)} and lower(t.key) = lower(${key})`);
}

/** A query for the rows of a table, to which conditions are added with "and". */
export function selected(scope: Scope, { name, columns, ends }: CatalogTable<never>, also?: Sql): Sql {
  return sql`select ${columns(scope.workspaceId)}${also ? sql`, ${also}` : empty} from ${raw(name)} t
    where t.workspace_id = ${scope.workspaceId} ${ends ? sql`and t.deleted_at is null` : empty}`;
}

/** Inserts a row. Throws `taken` when its key is in use. */
export async function insertRow<Row, State extends object>(
  scope: WriteScope,
  { name, columns, written }: CatalogTable<State>,
  id: string,
  state: State,
  at: Date,
): Promise<Row> {
  const inserted = await row<Row>(
    scope,
    sql`insert into ${raw(name)} as t (workspace_id, id, ${raw(written.join(', '))}, created_at, updated_at)
      values (${scope.workspaceId}, ${id}, ${join(written.map((column) => state[column]))}, ${at}, ${at})
      returning ${columns(scope.workspaceId)}`,
  );
  return inserted as Row;
}

/** Writes the next version of a row. Throws `taken` when its new key is in use. */
export async function updateRow<Row, State extends object>(
  scope: WriteScope,
  { name, columns, written }: CatalogTable<State>,
  id: string,
  state: State,
  at: Date,
): Promise<Row> {
  const set = written.map((column) => sql`${raw(column)} = ${state[column]}`);
  const updated = await row<Row>(
    scope,
    sql`update ${raw(name)} as t set ${join(set)}, updated_at = ${at}
      where t.workspace_id = ${scope.workspaceId} and t.id = ${id} returning ${columns(scope.workspaceId)}`,
  );
  return updated as Row;
}

/** Ends a row; it stays for what was in the past. */
export async function endRow(
  scope: WriteScope,
  { name }: CatalogTable<never>,
  id: string,
  at: Date,
): Promise<void> {
  await rows(
    scope,
    sql`update ${raw(name)} set deleted_at = ${at}, updated_at = ${at}
      where workspace_id = ${scope.workspaceId} and id = ${id}`,
  );
}
