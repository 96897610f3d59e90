import type { UserId } from '../../lib/ids.ts';
import { quoted } from '../../lib/quoted.ts';
import { billingManagersInProjects } from '../../store/access/billing-managers.ts';
import type { WriteScope } from '../../store/db/scope.ts';
import type { Refusal } from '../context/change.ts';

/** What is said of a billing manager who would hold a project role. */
export const BILLING_MANAGER =
  'A billing manager holds no project role. Take the project roles away first, or give another account role.';

/**
 * Refuses that users, whose own roles have changed, are billing managers by their highest account role and hold a
 * project role of their own. Project roles that come through groups are hidden, and told as conflicts.
 */
export async function billingManagerRefusal(
  scope: WriteScope,
  userIds: readonly UserId[],
): Promise<Refusal | undefined> {
  if (userIds.length === 0) return undefined;
  const both = await billingManagersInProjects(scope, userIds);
  const [first] = both;
  if (!first) return undefined;
  const more = both.length === 1 ? '' : ` and ${both.length - 1} more`;
  return {
    rule: 'billing_manager',
    userIds: both.map((one) => one.id),
    message: `${quoted(first.user_name, 256)}${more} would be a billing manager with project roles. ${BILLING_MANAGER}`,
  };
}
