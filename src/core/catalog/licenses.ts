import { invalid } from '../../lib/errors.ts';
import { type EventId, type LicenseId, newId } from '../../lib/ids.ts';
import { countSeats } from '../../store/access/seats.ts';
import { insertLicense, type LicenseRow, licensesOf, updateLicense } from '../../store/catalog/licenses.ts';
import type { ProductRow } from '../../store/catalog/products.ts';
import type { Change } from '../change/change.ts';
import { diffFields } from '../shared/diff.ts';
import { assertKey, assertName, isSameKey } from '../shared/keys.ts';

/** What may be said of a license; what is left out stays, or is without limit, `refuse`, and named by its key. */
export interface LicenseInput {
  readonly key: string;
  readonly name?: string | undefined;
  /** Null for no limit. */
  readonly seats?: number | null | undefined;
  readonly overflow?: 'refuse' | 'allow' | undefined;
}

const MAX_SEATS = 1_000_000_000;

/** Throws `invalid` for licenses that can't be put. */
export function checkLicenses(licenses: readonly LicenseInput[]): void {
  licenses.forEach((license, index) => {
    const field = `licenses[${index}]`;
    assertKey(license.key, `${field}.key`);
    if (license.name !== undefined) assertName(license.name, `${field}.name`);
    if (!isSeats(license.seats ?? 0)) {
      throw invalid(
        `${field}.seats`,
        `Seats are a whole number from 0 to ${MAX_SEATS}, or null for no limit.`,
      );
    }
    if (licenses.slice(0, index).some((other) => isSameKey(other.key, license.key))) {
      throw invalid(`${field}.key`, `The license "${license.key}" is given twice.`);
    }
  });
}

function isSeats(seats: number): boolean {
  return Number.isInteger(seats) && seats >= 0 && seats <= MAX_SEATS;
}

/** Changes the given licenses of a product and makes those it doesn't have; answers the events of those it made. */
export async function putLicenses(
  c: Change,
  product: ProductRow,
  licenses: readonly LicenseInput[],
): Promise<EventId[]> {
  if (licenses.length === 0) return [];
  const existing = await licensesOf(c.scope, [product.id]);
  const made: EventId[] = [];
  for (const license of licenses) {
    const current = existing.find((one) => isSameKey(one.key, license.key));
    if (current) await update(c, product, current, license);
    else made.push(await create(c, product, license));
  }
  return made;
}

async function create(c: Change, product: ProductRow, input: LicenseInput): Promise<EventId> {
  const { key, name = key, seats = null, overflow = 'refuse' } = input;
  const id = newId<LicenseId>();
  const seats_used = seats === null ? null : 0;
  await insertLicense(c.scope, { id, product_id: product.id, key, name, seats, seats_used, overflow }, c.at);
  return c.record({
    action: 'license.created',
    target: { kind: 'license', id, name: `${product.key}:${key}` },
    after: { key, name, seats, overflow },
  });
}

async function update(
  c: Change,
  product: ProductRow,
  current: LicenseRow,
  input: LicenseInput,
): Promise<void> {
  const before = { name: current.name, seats: current.seats, overflow: current.overflow };
  const after = {
    name: input.name ?? current.name,
    seats: input.seats === undefined ? current.seats : input.seats,
    overflow: input.overflow ?? current.overflow,
  };
  const changed = diffFields(before, after);
  if (!changed) return;
  c.advanceClock(current.updated_at);
  const seats_used = after.seats === null ? null : (current.seats_used ?? (await countUsed(c, current.id)));
  await updateLicense(c.scope, current.id, { key: current.key, ...after, seats_used }, c.at);
  c.record({
    action: 'license.updated',
    target: { kind: 'license', id: current.id, name: `${product.key}:${current.key}` },
    ...changed,
  });
}

async function countUsed(c: Change, id: LicenseId): Promise<number> {
  const counts = await countSeats(c.scope, undefined, { all: true });
  return counts.find((one) => one.license_id === id)?.count ?? 0;
}
