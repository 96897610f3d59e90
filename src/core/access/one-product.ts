import { RollcallError } from '../../lib/errors.ts';
import type { UserId } from '../../lib/ids.ts';
import { quoted } from '../../lib/quoted.ts';
import { type HolderOfSeveral, holdersOfSeveral } from '../../store/access/grant-sources.ts';
import type { Change } from '../change/change.ts';

/** What is said where only one product may be given. */
export const ONE_PRODUCT =
  'The integration of the products is switched off in this workspace: a user may be given only one of them.';

/**
 * Runs a write that may change what some locked users hold. Where the integration of the products is switched off it
 * refuses, whichever way they would come (a grant, a push, a group, a mapping), the second product of a user; what was
 * had before the switch stays.
 */
export async function withOneProduct<T>(
  c: Change,
  userIds: readonly UserId[],
  write: () => Promise<T>,
): Promise<T> {
  // An exclusive change may give something to anybody.
  const only = c.exclusive ? undefined : userIds;
  if (!c.onlyOneProduct || only?.length === 0) return write();
  const before = await holdersOfSeveral(c.scope, only);
  const result = await write();
  const refused = severalRefused(before, await holdersOfSeveral(c.scope, only));
  if (refused) throw refused;
  return result;
}

/** What refuses that users hold several products who did not hold those before. */
export function severalRefused(
  before: readonly HolderOfSeveral[],
  after: readonly HolderOfSeveral[],
): RollcallError | undefined {
  const had = new Map(before.map((one) => [one.user_id, new Set(one.products)]));
  const given = after.filter(({ user_id, products }) => {
    const known = had.get(user_id);
    return !known || products.some((product) => !known.has(product));
  });
  const [first] = given;
  if (!first) return undefined;
  const more = given.length === 1 ? '' : ` and ${given.length - 1} more`;
  return new RollcallError(
    'refused',
    `${ONE_PRODUCT} ${quoted(first.user_name, 256)}${more} would have several. Take the other product away first, or switch ` +
      'the integration on.',
  );
}
