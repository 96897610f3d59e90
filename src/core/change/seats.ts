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
import type { GuardedChange } from './guarded.ts';

/** Enforces the seat limits of licenses. Only guarded users are counted, before and after, so cost follows the change. */
export interface SeatGuard {
  readonly noteBefore: (userIds: readonly UserId[]) => Promise<void>;
  /**
   * Books the difference. A license with too few seats left and overflow `refuse` refuses the change, but invitations
   * that have expired are closed first to free theirs.
   */
  readonly refusal: (userIds: readonly UserId[]) => Promise<Refusal | undefined>;
}

/** The seat guard of one change. An exclusive change may affect everybody, so it recounts all seats. */
export function createSeatGuard({ seatsLimited, isExclusive, change }: GuardedChange): SeatGuard {
  let before = new Map<LicenseId, number>();
  return {
    noteBefore: async (userIds) => {
      if (isExclusive() || !seatsLimited) return;
      for (const [id, count] of await countSeatsByLicense(change(), userIds))
        before.set(id, (before.get(id) ?? 0) + count);
    },
    refusal: async (userIds) => {
      if (isExclusive()) return recountSeats(change(), userIds);
      if (!seatsLimited || userIds.length === 0) return undefined;
      const after = await countSeatsByLicense(change(), userIds);
      const refusal = await applySeatDeltas(change(), userIds, before, after);
      before = after;
      return refusal;
    },
  };
}

async function applySeatDeltas(
  c: Change,
  userIds: readonly UserId[],
  before: ReadonlyMap<LicenseId, number>,
  after: ReadonlyMap<LicenseId, number>,
): Promise<Refusal | undefined> {
  for (const licenseId of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const delta = (after.get(licenseId) ?? 0) - (before.get(licenseId) ?? 0);
    if (delta === 0) continue;
    const reserve = () => takeSeats(c.scope, licenseId, delta);
    if (!(await reserve()) && !((await releaseExpiredInvitations(c, userIds)) && (await reserve())))
      return seatRefusal(await limitedLicense(c.scope, licenseId), delta);
  }
  return undefined;
}

async function countSeatsByLicense(c: Change, userIds: readonly UserId[]): Promise<Map<LicenseId, number>> {
  const counted = await countSeats(c.scope, userIds);
  return new Map(counted.map((row) => [row.license_id, row.count]));
}

/**
 * Frees the seats of invitations that have expired but are not closed yet, so that they block nobody. Their users are
 * locked outside the usual order; a resulting deadlock is retried.
 */
async function releaseExpiredInvitations(c: Change, except: readonly UserId[]): Promise<boolean> {
  let freed = false;
  for (;;) {
    const expired = await lockExpired(c, except);
    if (expired.length === 0) return freed;
    const users = expired.map(({ user }) => user.id);
    const before = await countSeatsByLicense(c, users);
    await c.guard(users, { areNew: true });
    await expireInvitations(c, expired);
    const after = await countSeatsByLicense(c, users);
    for (const [licenseId, count] of before)
      await takeSeats(c.scope, licenseId, (after.get(licenseId) ?? 0) - count);
    freed = true;
  }
}

/** Recounts all seats. */
async function recountSeats(c: Change, except: readonly UserId[]): Promise<Refusal | undefined> {
  const refusal = await storeSeatCounts(c);
  if (!refusal) return undefined;
  const next = () => lockExpired(c, except);
  for (let expired = await next(); expired.length > 0; expired = await next()) {
    await c.guard(
      expired.map(({ user }) => user.id),
      { areNew: true },
    );
    await expireInvitations(c, expired);
  }
  return storeSeatCounts(c);
}

/** Stores how many seats are used, or returns the refusal when there are too many. */
async function storeSeatCounts(c: Change): Promise<Refusal | undefined> {
  const licenses = await limitedLicenses(c.scope);
  if (licenses.length === 0) return undefined;
  const counts = new Map((await countSeats(c.scope, undefined)).map((row) => [row.license_id, row.count]));
  const refused = findSeatRefusal(licenses, counts);
  if (refused) return refused;
  for (const license of licenses) {
    const used = counts.get(license.id) ?? 0;
    if (used !== license.seats_used) await setSeatsUsed(c.scope, license.id, used);
  }
  return undefined;
}

/** The refusal of the first license whose seats don't suffice and whose overflow is `refuse`. */
export function findSeatRefusal(
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
