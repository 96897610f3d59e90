import type { LicenseId, UserId } from '../../lib/ids.ts';
import {
  countSeats,
  limitedLicense,
  type LimitedLicense,
  limitedLicenses,
  setSeatsUsed,
  takeSeats,
} from '../../store/access/seats.ts';
import type { Change, Refusal } from '../context/change.ts';
import { expireInvitations, lockExpired } from '../invitations/closing/expire.ts';
import type { Guarded } from './guarded.ts';

/** Keeps the seats of licenses: what users hold is compared before and after, so the cost follows the change. */
export interface SeatGuard {
  readonly noteBefore: (userIds: readonly UserId[]) => Promise<void>;
  /**
   * Settles the difference. A license without enough seats left whose overflow is `refuse` refuses the change, unless
   * invitations past their time hold some: those are closed first.
   */
  readonly refusal: (userIds: readonly UserId[]) => Promise<Refusal | undefined>;
}

/** Keeps the seats of one change. An exclusive one may touch everybody: it counts all seats anew. */
export function seatGuard({ seatsLimited, isExclusive, change }: Guarded): SeatGuard {
  let before = new Map<LicenseId, number>();
  return {
    noteBefore: async (userIds) => {
      if (isExclusive() || !seatsLimited) return;
      for (const [id, count] of await heldBy(change(), userIds))
        before.set(id, (before.get(id) ?? 0) + count);
    },
    refusal: async (userIds) => {
      if (isExclusive()) return recountSeats(change(), userIds);
      if (!seatsLimited || userIds.length === 0) return undefined;
      const after = await heldBy(change(), userIds);
      const refusal = await settleSeats(change(), userIds, before, after);
      before = after;
      return refusal;
    },
  };
}

async function settleSeats(
  c: Change,
  userIds: readonly UserId[],
  before: ReadonlyMap<LicenseId, number>,
  after: ReadonlyMap<LicenseId, number>,
): Promise<Refusal | undefined> {
  for (const licenseId of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const delta = (after.get(licenseId) ?? 0) - (before.get(licenseId) ?? 0);
    if (delta === 0) continue;
    const take = () => takeSeats(c.scope, licenseId, delta);
    if (!(await take()) && !((await freeExpired(c, userIds)) && (await take())))
      return seatRefusal(await limitedLicense(c.scope, licenseId), delta);
  }
  return undefined;
}

async function heldBy(c: Change, userIds: readonly UserId[]): Promise<Map<LicenseId, number>> {
  const counted = await countSeats(c.scope, userIds);
  return new Map(counted.map((one) => [one.license_id, one.count]));
}

/**
 * Frees the seats of those whose invitation is past its time but has not been closed yet: they may not refuse
 * anybody. Their users are locked out of the usual order; a deadlock that comes of it is run again.
 */
async function freeExpired(c: Change, except: readonly UserId[]): Promise<boolean> {
  let freed = false;
  for (;;) {
    const expired = await lockExpired(c, except);
    if (expired.length === 0) return freed;
    const users = expired.map(({ user }) => user.id);
    const before = await heldBy(c, users);
    await c.guard(users, { areNew: true });
    await expireInvitations(c, expired);
    const after = await heldBy(c, users);
    for (const [licenseId, count] of before)
      await takeSeats(c.scope, licenseId, (after.get(licenseId) ?? 0) - count);
    freed = true;
  }
}

/** Counts all seats anew. */
async function recountSeats(c: Change, except: readonly UserId[]): Promise<Refusal | undefined> {
  const refused = await writeSeatsUsed(c);
  if (!refused) return undefined;
  const next = () => lockExpired(c, except);
  for (let expired = await next(); expired.length > 0; expired = await next()) {
    await c.guard(
      expired.map(({ user }) => user.id),
      { areNew: true },
    );
    await expireInvitations(c, expired);
  }
  return writeSeatsUsed(c);
}

/** Writes how many seats are used, or answers what refuses that. */
async function writeSeatsUsed(c: Change): Promise<Refusal | undefined> {
  const licenses = await limitedLicenses(c.scope);
  if (licenses.length === 0) return undefined;
  const counts = new Map((await countSeats(c.scope, undefined)).map((one) => [one.license_id, one.count]));
  const refused = seatsRefusal(licenses, counts);
  if (refused) return refused;
  for (const license of licenses) {
    const used = counts.get(license.id) ?? 0;
    if (used !== license.seats_used) await setSeatsUsed(c.scope, license.id, used);
  }
  return undefined;
}

/** What refuses that so many seats are used: the first license that has not enough of them and must not overflow. */
export function seatsRefusal(
  licenses: readonly LimitedLicense[],
  counts: ReadonlyMap<LicenseId, number>,
): Refusal | undefined {
  for (const license of licenses) {
    const used = counts.get(license.id) ?? 0;
    if (used > license.seats && used > license.seats_used && license.overflow === 'refuse')
      return seatRefusal(license, used - license.seats_used);
  }
  return undefined;
}

function seatRefusal(
  license: Pick<LimitedLicense, 'product' | 'license' | 'seats' | 'seats_used'>,
  more: number,
): Refusal {
  const { product, license: key, seats, seats_used } = license;
  return {
    rule: 'seats',
    userIds: [],
    message:
      `The license ${product}:${key} has ${seats} seats, ${seats_used} of them used, and ${more} more ` +
      `${more === 1 ? 'was' : 'were'} asked for. Nothing was changed; free a seat or raise the limit.`,
  };
}
