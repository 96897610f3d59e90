import { invalid } from '../../lib/errors.ts';
import type { Period } from '../../store/audit/export.ts';
import type { Db } from '../../store/db/pool.ts';
import { type AsOf, databaseTime } from '../../store/sql/as-of.ts';

export type { Period } from '../../store/audit/export.ts';

/** The moment that a question with `asOf` is asked of. Throws `invalid` for the future: it can still change. */
export async function momentOf(db: Db, asOf: Date | undefined): Promise<AsOf> {
  if (!asOf) return 'now';
  if (asOf > (await databaseTime(db))) {
    throw invalid('asOf', 'asOf lies in the future; ask of a time that has passed.');
  }
  return asOf;
}

/** The period without an end that is yet to come. Throws `invalid` when it ends before it begins. */
export async function passedPeriod(db: Db, { from, to }: Period): Promise<Period> {
  if (from && to && from > to) throw invalid('from', 'from lies after to; exchange them.');
  return { from, to: to && to < (await databaseTime(db)) ? to : undefined };
}

/** A period as the audit tells it. */
export function toldPeriod({ from, to }: Period): { from?: string; to?: string } {
  return { ...(from ? { from: from.toISOString() } : {}), ...(to ? { to: to.toISOString() } : {}) };
}
