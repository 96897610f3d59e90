import { notFound } from '../../lib/errors.ts';
import { asId, type InvitationId } from '../../lib/ids.ts';
import {
  findInvitations,
  type InvitationRow,
  type InvitationStatus,
} from '../../store/invitations/invitations.ts';
import { change } from '../change/change.ts';
import type { Context } from '../context/context.ts';
import { closedEvent, release } from './closing/close.ts';
import { lockHeld } from './closing/lock.ts';

export interface Revoked {
  readonly revoked: readonly InvitationRow[];
  /** Those that could not be revoked any more. */
  readonly skipped: readonly { readonly id: InvitationId; readonly reason: string }[];
}

/**
 * Revokes invitations: their links stop at once, what they offered ends, and users who never joined are inactive and
 * hold no seat. One that is not pending any more is skipped. Throws `not_found`, and then nothing was changed.
 */
export function revokeInvitations(ctx: Context, ids: readonly string[]): Promise<Revoked> {
  return change(ctx, async (c) => {
    const asked = [...new Set(ids)].map((id) => {
      const invitationId = asId<InvitationId>(id);
      if (!invitationId) throw notFound('invitation', id);
      return invitationId;
    });
    const found = new Map((await findInvitations(c.scope, asked)).map((one) => [one.id, one]));
    const missing = asked.find((id) => !found.has(id));
    if (missing !== undefined) throw notFound('invitation', missing);
    const users = [...new Set([...found.values()].map((one) => one.user_id))];
    const pending = (await lockHeld(c, users)).filter(
      ({ invitation }) => found.has(invitation.id) && invitation.status === 'pending',
    );
    const held = pending.map(({ user }) => user.id);
    await c.guard(held);
    await release(c, pending, 'revoked', (invitation) => c.record(closedEvent(invitation, 'revoked')));
    const revoked = new Set(pending.map(({ invitation }) => invitation.id));
    const after = await findInvitations(c.scope, asked);
    return {
      revoked: after.filter((one) => revoked.has(one.id)),
      skipped: after
        .filter((one) => !revoked.has(one.id))
        .map(({ id, status }) => ({ id, reason: REASONS[status] })),
    };
  });
}

const REASONS: Readonly<Record<InvitationStatus, string>> = {
  pending: 'It is pending.',
  accepted: 'It was accepted. Deactivate the user instead.',
  revoked: 'It was revoked already.',
  expired: 'It has expired, so its link has stopped working already.',
  superseded: 'An identity provider has made the user active. Deactivate the user instead.',
};
