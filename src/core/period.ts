import { invalid } from '../errors.ts';
import type { Period } from '../store/audit-export.ts';
import { databaseTime } from '../store/moment.ts';
import type { Core } from './core.ts';

export type { Period } from '../store/audit-export.ts';

/** The period without an end that is yet to come. Throws `invalid` when it ends before it begins. */
export async function passedPeriod(core: Core, { from, to }: Period): Promise<Period> {
  if (from && to && from > to) throw invalid('from', 'from lies after to; exchange them.');
  return { from, to: to && to < (await databaseTime(core.db)) ? to : undefined };
}

/** A period as the audit tells it. */
export function toldPeriod({ from, to }: Period): { from?: string; to?: string } {
  return { ...(from ? { from: from.toISOString() } : {}), ...(to ? { to: to.toISOString() } : {}) };
}
