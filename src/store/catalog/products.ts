import sql from 'sql-template-tag';
import type { ProductId } from '../../lib/ids.ts';
import { row, rows } from '../db/query.ts';
import type { PoolScope, Scope, WriteScope } from '../db/scope.ts';
import { byText } from '../sql/keyset.ts';
import { asPage, keyset, type KeysetPage, type Page } from '../sql/keyset-page.ts';

/** What may be changed of a product. */
export interface ProductState {
  readonly key: string;
  readonly name: string;
  readonly enabled: boolean;
}

export interface ProductRow extends ProductState {
  readonly id: ProductId;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const COLUMNS = sql`p.id, p.key, p.name, p.enabled, p.created_at, p.updated_at`;

export type ProductSort = 'key' | 'name';

const SORTS = { key: byText(sql`p.key`), name: byText(sql`p.name`) };

/** A page of the workspace's products; the search looks at keys and names. */
export async function listProducts(
  scope: PoolScope,
  page: KeysetPage<ProductSort>,
): Promise<Page<ProductRow>> {
  const { column, conditions, order } = keyset(page, SORTS, sql`p.id`, [sql`p.key`, sql`p.name`]);
  const found = await rows<ProductRow & { sort_value: string }>(
    scope,
    sql`select ${COLUMNS}, ${column} from products p where p.workspace_id = ${scope.workspaceId} ${conditions} ${order}`,
  );
  return asPage(found, page.limit);
}

/** The product of a key, without regard to case. */
export function findProduct(scope: Scope, key: string): Promise<ProductRow | undefined> {
  return row(
    scope,
    sql`select ${COLUMNS} from products p where p.workspace_id = ${scope.workspaceId} and lower(p.key) = lower(${key})`,
  );
}

/** Inserts a product. Throws `taken` when its key is in use. */
export async function insertProduct(
  scope: WriteScope,
  id: ProductId,
  state: ProductState,
  at: Date,
): Promise<ProductRow> {
  const inserted = await row<ProductRow>(
    scope,
    sql`insert into products as p (workspace_id, id, key, name, enabled, created_at, updated_at)
      values (${scope.workspaceId}, ${id}, ${state.key}, ${state.name}, ${state.enabled}, ${at}, ${at})
      returning ${COLUMNS}`,
  );
  return inserted as ProductRow;
}

/** Writes the next version of a product. Throws `taken` when its new key is in use. */
export async function updateProduct(
  scope: WriteScope,
  id: ProductId,
  state: ProductState,
  at: Date,
): Promise<ProductRow> {
  const updated = await row<ProductRow>(
    scope,
    sql`update products as p set key = ${state.key}, name = ${state.name}, enabled = ${state.enabled},
        updated_at = ${at}
      where workspace_id = ${scope.workspaceId} and id = ${id} returning ${COLUMNS}`,
  );
  return updated as ProductRow;
}
