import type { UserId } from '../../lib/ids.ts';
import { quoted } from '../../lib/quoted.ts';
import { type HolderOfSeveral, holdersOfSeveral } from '../../store/access/grant-sources.ts';
import type { WriteScope } from '../../store/db/scope.ts';
import type { Refusal } from '../context/change.ts';
import type { Guarded } from './guarded.ts';

/** What is said where only one product may be given. */
export const ONE_PRODUCT =
  'The integration of the products is switched off in this workspace: a user may be given only one of them.';

/** Keeps users to one product; undefined for everybody. */
export interface ProductGuard {
  readonly noteBefore: (userIds: readonly UserId[] | undefined) => Promise<void>;
  readonly refusal: (userIds: readonly UserId[]) => Promise<Refusal | undefined>;
}

/**
 * Where the integration of the products is switched off, refuses the second product of a user, whichever way it would
 * come: a grant, a push, a group, a mapping. What was had before the switch stays.
 */
export function productGuard(scope: WriteScope, { onlyOneProduct, isExclusive }: Guarded): ProductGuard {
  const before: HolderOfSeveral[] = [];
  let isOfEverybody = false;
  return {
    noteBefore: async (userIds) => {
      if (!onlyOneProduct || isOfEverybody) return;
      // An exclusive change may give something to anybody.
      isOfEverybody = userIds === undefined || isExclusive();
      before.push(...(await holdersOfSeveral(scope, isOfEverybody ? undefined : userIds)));
    },
    refusal: async (userIds) => {
      if (!onlyOneProduct || (!isOfEverybody && userIds.length === 0)) return undefined;
      return secondProductRefusal(before, await holdersOfSeveral(scope, isOfEverybody ? undefined : userIds));
    },
  };
}

/** What refuses that users hold several products who did not hold those before. */
export function secondProductRefusal(
  before: readonly HolderOfSeveral[],
  after: readonly HolderOfSeveral[],
): Refusal | undefined {
  const had = new Map(before.map((one) => [one.user_id, new Set(one.products)]));
  const given = after.filter(({ user_id, products }) => {
    const known = had.get(user_id);
    return !known || products.some((product) => !known.has(product));
  });
  const [first] = given;
  if (!first) return undefined;
  const more = given.length === 1 ? '' : ` and ${given.length - 1} more`;
  return {
    rule: 'one_product',
    userIds: given.map((one) => one.user_id),
    message:
      `${ONE_PRODUCT} ${quoted(first.user_name, 256)}${more} would have several. Take the other product away first, or switch ` +
      'the integration on.',
  };
}
