import { RollcallError } from '../errors.ts';
import type { LicenseId, UserId } from '../ids.ts';
import { countSeats, limitedLicense, limitedLicenses, setSeatsUsed, takeSeats } from '../store/seats.ts';
import type { Change } from './change.ts';

/**
 * Runs a write that may change which seats some locked users hold, and settles the difference: a license without
 * enough seats left whose overflow is `refuse` refuses the whole change.
 *
 * What the users hold is compared before and after, so the cost follows the change and not the number of seats.
 */
export async function withSeats<T>(
  c: Change,
  userIds: readonly UserId[],
  write: () => Promise<T>,
): Promise<T> {
  if (c.exclusive) return withSeatsRecounted(c, write);
  if (!c.seatsLimited || userIds.length === 0) return write();
  const before = await held(c, userIds);
  const result = await write();
  const after = await held(c, userIds);
  for (const licenseId of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const delta = (after.get(licenseId) ?? 0) - (before.get(licenseId) ?? 0);
    if (delta === 0) continue;
    if (!(await takeSeats(c.tx, c.caller.workspaceId, licenseId, delta))) {
      const license = await limitedLicense(c.tx, c.caller.workspaceId, licenseId);
      throw seatsRefused(license, delta);
    }
  }
  return result;
}

async function held(c: Change, userIds: readonly UserId[]): Promise<Map<LicenseId, number>> {
  const counted = await countSeats(c.tx, c.caller.workspaceId, userIds);
  return new Map(counted.map((one) => [one.license_id, one.count]));
}

/** For a change that may touch everybody: counts all seats anew after it. */
async function withSeatsRecounted<T>(c: Change, write: () => Promise<T>): Promise<T> {
  const result = await write();
  const licenses = await limitedLicenses(c.tx, c.caller.workspaceId);
  if (licenses.length === 0) return result;
  const counts = new Map(
    (await countSeats(c.tx, c.caller.workspaceId, undefined)).map((one) => [one.license_id, one.count]),
  );
  for (const license of licenses) {
    const used = counts.get(license.id) ?? 0;
    if (used > license.seats && used > license.seats_used && license.overflow === 'refuse') {
      throw seatsRefused(license, used - license.seats_used);
    }
    if (used !== license.seats_used) await setSeatsUsed(c.tx, c.caller.workspaceId, license.id, used);
  }
  return result;
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
