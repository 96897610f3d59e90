import { notFound } from '../../lib/errors.ts';
import { asId, type InvitationId } from '../../lib/ids.ts';
import {
  findInvitations,
  type InvitationRow,
  type InvitationStatus,
} from '../../store/invitations/invitations.ts';
import { change } from '../change/change.ts';
import type { Context } from '../context/context.ts';
import { closeAndRelease, closedEvent } from './closing/close.ts';
import { lockInvitationsOf } from './closing/lock.ts';

export interface Revoked {
  readonly revoked: readonly InvitationRow[];
  /** Those that could no longer be revoked. */
  readonly skipped: readonly { readonly id: InvitationId; readonly reason: string }[];
}

/**
 * Revokes invitations: their links stop working, their grants end, and users who never joined become inactive and free
 * their seats. Invitations that are no longer pending are skipped. Throws `not_found` without changing anything.
 */
export function revokeInvitations(ctx: Context, ids: readonly string[]): Promise<Revoked> {
  return change(ctx, async (c) => {
    const invitationIds = [...new Set(ids)].map((id) => {
      const invitationId = asId<InvitationId>(id);
      if (!invitationId) throw notFound('invitation', id);
      return invitationId;
    });
    const requested = new Map((await findInvitations(c.scope, invitationIds)).map((row) => [row.id, row]));
    const missing = invitationIds.find((id) => !requested.has(id));
    if (missing !== undefined) throw notFound('invitation', missing);
    const users = [...new Set([...requested.values()].map((row) => row.user_id))];
    const pending = (await lockInvitationsOf(c, users)).filter(
      ({ invitation }) => requested.has(invitation.id) && invitation.status === 'pending',
    );
    const pendingUserIds = pending.map(({ user }) => user.id);
    await c.guard(pendingUserIds);
    await closeAndRelease(c, pending, 'revoked', (invitation) =>
      c.record(closedEvent(invitation, 'revoked')),
    );
    const revoked = new Set(pending.map(({ invitation }) => invitation.id));
    const after = await findInvitations(c.scope, invitationIds);
    return {
      revoked: after.filter((row) => revoked.has(row.id)),
      skipped: after
        .filter((row) => !revoked.has(row.id))
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
