import { RollcallError } from '../../lib/errors.ts';
import type { LicenseId, UserId } from '../../lib/ids.ts';
import {
  countSeats,
  limitedLicense,
  type LimitedLicense,
  limitedLicenses,
  setSeatsUsed,
  takeSeats,
} from '../../store/access/seats.ts';
import type { Change } from '../change/change.ts';
import { lockExpired, settle } from '../invitations/expire.ts';
import { withOneProduct } from './one-product.ts';

/**
 * Runs a write that may change which licenses some locked users hold, and settles the difference: a license without
 * enough seats left whose overflow is `refuse` refuses the whole change, unless invitations past their time hold some.
 * So does a second product where a user may have only one.
 *
 * What the users hold is compared before and after, so the cost follows the change and not the number of seats.
 */
export function withSeats<T>(c: Change, userIds: readonly UserId[], write: () => Promise<T>): Promise<T> {
  return withOneProduct(c, userIds, () => withSeatsCounted(c, userIds, write));
}

async function withSeatsCounted<T>(
  c: Change,
  userIds: readonly UserId[],
  write: () => Promise<T>,
): Promise<T> {
  if (c.exclusive) return withSeatsRecounted(c, userIds, write);
  if (!c.seatsLimited || userIds.length === 0) return write();
  const before = await held(c, userIds);
  const result = await write();
  const after = await held(c, userIds);
  for (const licenseId of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const delta = (after.get(licenseId) ?? 0) - (before.get(licenseId) ?? 0);
    if (delta === 0) continue;
    const take = () => takeSeats(c.scope, licenseId, delta);
    if (!(await take()) && !((await freeExpired(c, userIds)) && (await take()))) {
      const license = await limitedLicense(c.scope, licenseId);
      throw seatsRefused(license, delta);
    }
  }
  return result;
}

async function held(c: Change, userIds: readonly UserId[]): Promise<Map<LicenseId, number>> {
  const counted = await countSeats(c.scope, userIds);
  return new Map(counted.map((one) => [one.license_id, one.count]));
}

/**
 * Frees the seats of those whose invitation is past its time but has not been settled yet: they may not refuse
 * anybody. Their users are locked out of the usual order; a deadlock that comes of it is run again.
 */
async function freeExpired(c: Change, except: readonly UserId[]): Promise<boolean> {
  let freed = false;
  for (;;) {
    const expired = await lockExpired(c, except);
    if (expired.length === 0) return freed;
    const users = expired.map(({ user }) => user.id);
    const before = await held(c, users);
    await settle(c, expired);
    const after = await held(c, users);
    for (const [licenseId, count] of before) {
      await takeSeats(c.scope, licenseId, (after.get(licenseId) ?? 0) - count);
    }
    freed = true;
  }
}

/** For a change that may touch everybody: counts all seats anew after it. */
async function withSeatsRecounted<T>(
  c: Change,
  userIds: readonly UserId[],
  write: () => Promise<T>,
): Promise<T> {
  const result = await write();
  const refused = await recount(c);
  if (!refused) return result;
  const next = () => lockExpired(c, userIds);
  for (let expired = await next(); expired.length > 0; expired = await next()) await settle(c, expired);
  const still = await recount(c);
  if (still) throw still;
  return result;
}

/** Writes how many seats are used, or answers what refuses that. */
async function recount(c: Change): Promise<RollcallError | undefined> {
  const licenses = await limitedLicenses(c.scope);
  if (licenses.length === 0) return undefined;
  const counts = new Map((await countSeats(c.scope, undefined)).map((one) => [one.license_id, one.count]));
  const refused = refusalOf(licenses, counts);
  if (refused) return refused;
  for (const license of licenses) {
    const used = counts.get(license.id) ?? 0;
    if (used !== license.seats_used) await setSeatsUsed(c.scope, license.id, used);
  }
  return undefined;
}

/** What refuses that so many seats are used: the first license that has not enough of them and must not overflow. */
export function refusalOf(
  licenses: readonly LimitedLicense[],
  counts: ReadonlyMap<LicenseId, number>,
): RollcallError | undefined {
  for (const license of licenses) {
    const used = counts.get(license.id) ?? 0;
    if (used > license.seats && used > license.seats_used && license.overflow === 'refuse') {
      return seatsRefused(license, used - license.seats_used);
    }
  }
  return undefined;
}

function seatsRefused(
  license: { product: string; license: string; seats: number; seats_used: number },
  asked: number,
): RollcallError {
  const { product, license: key, seats, seats_used } = license;
  return new RollcallError(
    'refused',
    `The license ${product}:${key} has ${seats} seats, ${seats_used} of them used, and ${asked} more ` +
      `${asked === 1 ? 'was' : 'were'} asked for. Nothing was changed; free a seat or raise the limit.`,
  );
}
