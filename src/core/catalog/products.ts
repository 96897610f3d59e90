import { invalid } from '../../lib/errors.ts';
import { type EventId, newId, type ProductId } from '../../lib/ids.ts';
import { countSeats } from '../../store/access/seats.ts';
import { type LicenseRow, licensesOf } from '../../store/catalog/licenses.ts';
import type { ProductRow, ProductState } from '../../store/catalog/products.ts';
import * as store from '../../store/catalog/products.ts';
import type { CatalogSort } from '../../store/catalog/table.ts';
import type { Scope } from '../../store/db/scope.ts';
import { resolveAgain } from '../access/mapping.ts';
import { change, type Change } from '../change/change.ts';
import { assertNoRefusals } from '../change/guard.ts';
import type { Context } from '../context/context.ts';
import { diffFields } from '../shared/diff.ts';
import { assertKey, assertName, isSameKey } from '../shared/keys.ts';
import type { KeysetPage, Page } from '../shared/keyset.ts';
import { checkLicenses, type LicenseInput, putLicenses } from './licenses.ts';
import { rulesFollow } from './rename-in-rules.ts';

export type { CatalogSort } from '../../store/catalog/table.ts';
export type { LicenseInput } from './licenses.ts';

/** A product with its licenses. */
export interface Product {
  readonly key: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly licenses: readonly License[];
}

export interface License {
  readonly key: string;
  readonly name: string;
  /** Null for no limit. */
  readonly seats: number | null;
  /** How many active and pending users hold one; above `seats` it is over the limit. */
  readonly used: number;
  readonly overflow: 'refuse' | 'allow';
}

/** What may be said of a product. Licenses that are not mentioned stay as they are. */
export interface ProductInput {
  readonly key?: string | undefined;
  readonly name?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly licenses?: readonly LicenseInput[] | undefined;
}

/** A page of the workspace's products. */
export async function listProducts(ctx: Context, page: KeysetPage<CatalogSort>): Promise<Page<Product>> {
  const { items, next } = await store.listProducts(ctx.scope, page);
  return { items: await withLicenses(ctx.scope, items), next };
}

/**
 * Changes the product of a key, or makes it; every product has at least the license `standard`. Throws `invalid`,
 * `taken`. A limit below what is used is taken and shown as over the limit.
 */
export function putProduct(
  ctx: Context,
  key: string,
  input: ProductInput,
): Promise<{ product: Product; created: boolean }> {
  if (input.key !== undefined) assertKey(input.key);
  if (input.name !== undefined) assertName(input.name);
  const licenses = input.licenses ?? [];
  checkLicenses(licenses);
  return change(
    ctx,
    async (c) => {
      const current = await store.findProduct(c.scope, key);
      const written = current ? await update(c, current, input) : await create(c, key, input);
      const made = await putLicenses(c, written.product, current ? licenses : withStandard(licenses));
      const reasons = [...written.events, ...made];
      if (reasons[0]) await resolveAgain(c, reasons[0]);
      // The answer tells how many seats are used after it.
      await assertNoRefusals(c);
      const [product] = await withLicenses(c.scope, [written.product]);
      return { product: product as Product, created: !current };
    },
    { mode: 'exclusive' },
  );
}

/** What was written, and the events that can change what keys name. */
interface Written {
  readonly product: ProductRow;
  readonly events: readonly EventId[];
}

async function create(c: Change, key: string, input: ProductInput): Promise<Written> {
  assertKey(key);
  if (input.key !== undefined && !isSameKey(input.key, key)) {
    throw invalid('key', `There is no product "${key}" to give another key; leave the key out to make it.`);
  }
  const state = { key: input.key ?? key, name: input.name ?? key, enabled: input.enabled ?? true };
  const product = await store.insertProduct(c.scope, newId<ProductId>(), state, c.at);
  const event = c.record({ action: 'product.created', target: target(product), after: state });
  return { product, events: [event] };
}

async function update(c: Change, current: ProductRow, input: ProductInput): Promise<Written> {
  const before: ProductState = { key: current.key, name: current.name, enabled: current.enabled };
  const state: ProductState = {
    key: input.key ?? current.key,
    name: input.name ?? current.name,
    enabled: input.enabled ?? current.enabled,
  };
  const changed = diffFields(before, state);
  if (!changed) return { product: current, events: [] };
  c.advanceClock(current.updated_at);
  const product = await store.updateProduct(c.scope, current.id, state, c.at);
  const event = c.record({ action: 'product.updated', target: target(product), ...changed });
  if (changed.after.key !== undefined) await rulesFollow(c, 'product', current.key, product.key);
  const onlyNamed = changed.after.key === undefined && changed.after.enabled === undefined;
  return { product, events: onlyNamed ? [] : [event] };
}

function withStandard(licenses: readonly LicenseInput[]): readonly LicenseInput[] {
  if (licenses.some((license) => isSameKey(license.key, 'standard'))) return licenses;
  return [{ key: 'standard', name: 'Standard' }, ...licenses];
}

async function withLicenses(scope: Scope, products: readonly ProductRow[]): Promise<Product[]> {
  const licenses = await licensesOf(
    scope,
    products.map((product) => product.id),
  );
  const unlimited = licenses.some((license) => license.seats === null);
  const counts = unlimited ? await countSeats(scope, undefined, { all: true }) : [];
  const counted = new Map(counts.map((one) => [one.license_id, one.count]));
  return products.map(({ id, key, name, enabled }) => ({
    key,
    name,
    enabled,
    licenses: licenses
      .filter((license) => license.product_id === id)
      .map((license) => shown(license, counted.get(license.id) ?? 0)),
  }));
}

function shown({ key, name, seats, seats_used, overflow }: LicenseRow, counted: number): License {
  return { key, name, seats, used: seats_used ?? counted, overflow };
}

function target({ id, key }: ProductRow) {
  return { kind: 'product', id, name: key } as const;
}
