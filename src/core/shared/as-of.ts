import { invalid } from '../../lib/errors.ts';
import type { Period } from '../../store/audit/export.ts';
import type { Db } from '../../store/db/pool.ts';
import { type AsOf, databaseTime } from '../../store/sql/as-of.ts';

export type { Period } from '../../store/audit/export.ts';

/** The moment that a question with `asOf` is asked of. Throws `invalid` for the future: it can still change. */
export async function resolveAsOf(db: Db, asOf: Date | undefined): Promise<AsOf> {
  if (!asOf) return 'now';
  if (asOf > (await databaseTime(db))) {
    throw invalid('asOf', 'asOf lies in the future; send a time in the past.');
  }
  return asOf;
}

/** The period, open-ended if its end lies in the future. Throws `invalid` when it ends before it begins. */
export async function clampPeriod(db: Db, { from, to }: Period): Promise<Period> {
  if (from && to && from > to) throw invalid('from', 'from lies after to; swap them.');
  return { from, to: to && to < (await databaseTime(db)) ? to : undefined };
}

/** A period as audit events record it. */
export function auditedPeriod({ from, to }: Period): { from?: string; to?: string } {
  return { ...(from ? { from: from.toISOString() } : {}), ...(to ? { to: to.toISOString() } : {}) };
}
