import type { UserId } from '../../lib/ids.ts';
import { quoted } from '../../lib/quoted.ts';
import { billingManagersInProjects } from '../../store/access/billing-managers.ts';
import type { WriteScope } from '../../store/db/scope.ts';
import type { Refusal } from '../context/change.ts';

/** The error message for a billing manager who would hold a project role. */
export const BILLING_MANAGER =
  'A billing manager holds no project role. Take the project roles away first, or give another account role.';

/**
 * Checks users whose own roles have changed: a billing manager (by highest account role) may have no project role of
 * their own. Project roles from groups are allowed; they are hidden and reported as conflicts.
 */
export async function findBillingManagerRefusal(
  scope: WriteScope,
  userIds: readonly UserId[],
): Promise<Refusal | undefined> {
  if (userIds.length === 0) return undefined;
  const violations = await billingManagersInProjects(scope, userIds);
  const [first] = violations;
  if (!first) return undefined;
  const more = violations.length === 1 ? '' : ` and ${violations.length - 1} more`;
  return {
    rule: 'billing_manager',
    userIds: violations.map((one) => one.id),
    message: `${quoted(first.user_name, 256)}${more} would be a billing manager with project roles. ${BILLING_MANAGER}`,
  };
}
