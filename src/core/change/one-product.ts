import type { UserId } from '../../lib/ids.ts';
import { quoted } from '../../lib/quoted.ts';
import { type HolderOfSeveral, holdersOfSeveral } from '../../store/access/grant-sources.ts';
import type { WriteScope } from '../../store/db/scope.ts';
import type { Refusal } from '../context/change.ts';
import type { GuardedChange } from './guarded.ts';

/** The error message where users may have only one product. */
export const ONE_PRODUCT =
  'The integration of the products is switched off in this workspace: a user may be given only one of them.';

/** Limits users to one product; `undefined` in place of ids means everybody. */
export interface ProductGuard {
  readonly noteBefore: (userIds: readonly UserId[] | undefined) => Promise<void>;
  readonly refusal: (userIds: readonly UserId[]) => Promise<Refusal | undefined>;
}

/**
 * Where product integration is switched off, refuses a second product for a user, whether it comes from a grant, a push,
 * a group or a mapping. Products that users had before the switch stay.
 */
export function createProductGuard(
  scope: WriteScope,
  { onlyOneProduct, isExclusive }: GuardedChange,
): ProductGuard {
  const before: HolderOfSeveral[] = [];
  let coversEverybody = false;
  return {
    noteBefore: async (userIds) => {
      if (!onlyOneProduct || coversEverybody) return;
      // An exclusive change may give something to anybody.
      coversEverybody = userIds === undefined || isExclusive();
      before.push(...(await holdersOfSeveral(scope, coversEverybody ? undefined : userIds)));
    },
    refusal: async (userIds) => {
      if (!onlyOneProduct || (!coversEverybody && userIds.length === 0)) return undefined;
      return findSecondProductRefusal(
        before,
        await holdersOfSeveral(scope, coversEverybody ? undefined : userIds),
      );
    },
  };
}

/** The refusal for users who have several products now and did not have them before. */
export function findSecondProductRefusal(
  before: readonly HolderOfSeveral[],
  after: readonly HolderOfSeveral[],
): Refusal | undefined {
  const productsBefore = new Map(before.map((row) => [row.user_id, new Set(row.products)]));
  const violations = after.filter(({ user_id, products }) => {
    const known = productsBefore.get(user_id);
    return !known || products.some((product) => !known.has(product));
  });
  const [first] = violations;
  if (!first) return undefined;
  const more = violations.length === 1 ? '' : ` and ${violations.length - 1} more`;
  return {
    rule: 'one_product',
    userIds: violations.map((row) => row.user_id),
    message:
      `${ONE_PRODUCT} ${quoted(first.user_name, 256)}${more} would have several. Take the other product away first, or switch ` +
      'the integration on.',
  };
}
