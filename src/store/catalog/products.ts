import sql from 'sql-template-tag';
import type { ProductId } from '../../lib/ids.ts';
import type { PoolScope, Scope, WriteScope } from '../db/scope.ts';
import type { KeysetPage, Page } from '../sql/keyset-page.ts';
import {
  CATALOG_SORTS,
  type CatalogSort,
  type CatalogTable,
  findByKey,
  insertRow,
  listCatalog,
  updateRow,
} from './table.ts';

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

const PRODUCTS: CatalogTable<ProductState> = {
  name: 'products',
  columns: () => sql`t.id, t.key, t.name, t.enabled, t.created_at, t.updated_at`,
  written: ['key', 'name', 'enabled'],
  ends: false,
};

/** A page of the workspace's products; the search looks at keys and names. */
export function listProducts(scope: PoolScope, page: KeysetPage<CatalogSort>): Promise<Page<ProductRow>> {
  return listCatalog<ProductRow, CatalogSort>(scope, PRODUCTS, CATALOG_SORTS, page);
}

/** The product of a key, without regard to case. */
export function findProduct(scope: Scope, key: string): Promise<ProductRow | undefined> {
  return findByKey(scope, PRODUCTS, key);
}

/** Inserts a product. Throws `taken` when its key is in use. */
export function insertProduct(
  scope: WriteScope,
  id: ProductId,
  state: ProductState,
  at: Date,
): Promise<ProductRow> {
  return insertRow(scope, PRODUCTS, id, state, at);
}

/** Writes the next version of a product. Throws `taken` when its new key is in use. */
export function updateProduct(
  scope: WriteScope,
  id: ProductId,
  state: ProductState,
  at: Date,
): Promise<ProductRow> {
  return updateRow(scope, PRODUCTS, id, state, at);
}
