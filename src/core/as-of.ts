import { invalid } from '../errors.ts';
import { databaseTime, type Moment } from '../store/moment.ts';
import type { Core } from './core.ts';

/** The moment that a question with `asOf` is asked of. Throws `invalid` for the future: it can still change. */
export async function momentOf(core: Core, asOf: Date | undefined): Promise<Moment> {
  if (!asOf) return 'now';
  if (asOf > (await databaseTime(core.db))) {
    throw invalid('asOf', 'asOf lies in the future; ask of a time that has passed.');
  }
  return asOf;
}
