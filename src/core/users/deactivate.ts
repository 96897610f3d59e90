import { updateUser } from '../../store/users/users.ts';
import { change } from '../change/change.ts';
import type { Context } from '../context/context.ts';
import { lockExistingUser } from '../context/lock-users.ts';
import { closeInvitationOf } from '../invitations/closing/close.ts';
import { deactivated, diffUser, stateOf } from '../shared/user-state.ts';

/**
 * Deactivates a user, even one managed by an identity provider. Access ends and seats are freed, but grants stay for a
 * later activation, as when the identity provider deactivates. A pending user's invitation is revoked. Throws
 * `not_found`, `refused` (last owner, removed).
 */
export function deactivateUser(ctx: Context, id: string): Promise<void> {
  return change(ctx, async (c) => {
    const user = await lockExistingUser(c, id);
    if (user.status === 'inactive') return;
    await c.guard([user.id]);
    const updated = await updateUser(c.scope, user, deactivated(stateOf(user), c.at), c.at);
    const target = { kind: 'user', id: user.id, name: user.user_name } as const;
    c.record({ action: 'user.deactivated', target, ...(diffUser(user, updated) ?? {}) });
    await closeInvitationOf(c, user.id, 'revoked');
  });
}
