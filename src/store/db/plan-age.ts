/** A plan that is made for any values is kept after five runs: so soon are plans made anew for the first time. */
const FIRST_BATCHES = 10;
/** At the latest after this time. */
const LONGEST_MS = 10_000;

interface Age {
  batches: number;
  /** Batches after which plans are made anew. */
  until: number;
  since: number;
}

const ages = new WeakMap<object, Age>();

/** Makes a connection forget its plans, those of prepared statements and those by which foreign keys are checked. */
export const FORGET_PLANS = 'discard plans';

/**
 * Counts a batch that is sent on a connection, and answers whether its plans should be forgotten first. The database keeps
 * them until it analyzes the tables, which may be never, but a plan made for a table of ten users reads all of them: in a
 * first sync it would soon read thousands. So plans are made again after ten seconds, and at first after 10 batches, 20,
 * 40 and so on.
 */
export function arePlansOld(connection: object): boolean {
  const now = performance.now();
  const age = ages.get(connection);
  if (!age) {
    ages.set(connection, { batches: 1, until: FIRST_BATCHES, since: now });
    return false;
  }
  age.batches += 1;
  if (age.batches <= age.until && now - age.since < LONGEST_MS) return false;
  age.until *= 2;
  age.batches = 1;
  age.since = now;
  return true;
}
