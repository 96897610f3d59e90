import { notFound, RollcallError } from '../../lib/errors.ts';
import { asId, type EventId, type InvitationId, type UserId } from '../../lib/ids.ts';
import {
  findInvitation,
  type InvitationRow,
  newestInvitationOf,
  renewInvitation,
} from '../../store/invitations/invitations.ts';
import { lockUser, type UserRow } from '../../store/users/users.ts';
import { withSeats } from '../access/seats.ts';
import { change, type Change } from '../change/change.ts';
import { ERASED } from '../change/lock-user.ts';
import type { Context } from '../context/context.ts';
import { invitationSettings } from '../context/core.ts';
import { problemWith } from './addresses.ts';
import { expiryFrom, makePending, openInvitations, queueMail } from './open.ts';
import { refuseTooMuch, restoreGrants } from './replace-grants.ts';

/**
 * Sends an invitation again, for as long as a new one: with a new link, the old one ends. An expired one is pending
 * again, and takes its seats anew. Throws `not_found`, and `refused` for one that was accepted, revoked or
 * superseded, and for seats.
 */
export async function resendInvitation(ctx: Context, id: string): Promise<InvitationRow> {
  const settings = invitationSettings(ctx.core);
  const invitationId = asId<InvitationId>(id);
  const named = invitationId && (await findInvitation(ctx.scope, invitationId));
  if (!named) throw notFound('invitation', id);
  return change(ctx, async (c) => {
    const user = await lockUser(c.scope, named.user_id);
    const invitation = await findInvitation(c.scope, named.id);
    if (!user || !invitation) throw notFound('invitation', id);
    c.notBefore(user.now, user.updated_at);
    refuseUnlessResendable(invitation, user);
    const newest = await newestInvitationOf(c.scope, user.id);
    if (newest?.id !== invitation.id) {
      throw new RollcallError(
        'refused',
        `There is a newer invitation of ${invitation.email}; send that one.`,
      );
    }
    const eventId = c.record({
      action: 'invitation.resent',
      target: { kind: 'invitation', id: invitation.id, name: invitation.email },
      related: user.id,
      before: { status: invitation.status, expiresAt: invitation.expires_at },
      after: { status: 'pending', expiresAt: expiryFrom(c.at, settings) },
    });
    if (!invitation.is_open) await offerAgain(c, user, invitation, eventId);
    const renewed = await renewInvitation(c.scope, invitation.id, {
      expiresAt: expiryFrom(c.at, settings),
      // What is open goes on, and ends with the event that opened it.
      openedEvent: invitation.is_open ? invitation.opened_event : eventId,
      at: c.at,
    });
    await queueMail(c, ctx.core, [renewed]);
    return renewed;
  });
}

function refuseUnlessResendable(invitation: InvitationRow, user: UserRow): void {
  const { status, email, is_open } = invitation;
  if (user.erased_at) throw new RollcallError('refused', ERASED);
  const isLive = is_open && user.status === 'pending';
  if (isLive || (status === 'expired' && user.status === 'inactive')) return;
  const why = status === 'expired' ? `${email} is ${user.status} by now` : `It was ${status}`;
  throw new RollcallError('refused', `${why}, so this invitation can't be sent again.`);
}

async function offerAgain(
  c: Change,
  user: UserRow,
  invitation: InvitationRow,
  eventId: EventId,
): Promise<void> {
  await withSeats(c, [user.id], async () => {
    const known = { email: invitation.email, user, expired: undefined };
    const back = await makePending(c, [known], undefined);
    const again = back.map(({ before }) => ({ before, eventId }));
    await restoreGrants(c, again, { offered: true, slots: new Set() });
  });
  await refuseTooMuch(c, [user]);
}

/**
 * Invites an inactive user anew: pending until it is accepted, and then active with what there was before. Direct
 * grants that ended with the user come back now and hold their seats; so does what the last invitation offered to
 * somebody who never joined. Memberships that ended do not: groups are an identity provider's. Throws `not_found`,
 * and `refused` for a user who is not inactive or has no address, and for seats.
 */
export async function reinvite(ctx: Context, userId: string): Promise<InvitationRow> {
  const id = asId<UserId>(userId);
  if (!id) throw notFound('user', userId);
  return change(ctx, async (c) => {
    const user = await lockUser(c.scope, id);
    if (!user) throw notFound('user', userId);
    c.notBefore(user.now, user.updated_at);
    if (user.status !== 'inactive') throw new RollcallError('refused', NOT_INACTIVE[user.status]);
    if (user.erased_at) throw new RollcallError('refused', ERASED);
    const { email } = user;
    const problem = email === null ? 'The user has no address.' : problemWith(email);
    if (email === null || problem !== undefined) {
      throw new RollcallError('refused', `No invitation can be sent to this user. ${problem ?? ''}`.trim());
    }
    const invitee = await withSeats(c, [id], async () => {
      const known = { email, user, expired: undefined };
      const back = await makePending(c, [known], undefined);
      const offered = user.joined_at === null;
      const created = c.newEventId();
      // What an invitation offers ends with it; what somebody had before stays when it is not accepted.
      const again = back.map(({ before, eventId }) => ({ before, eventId: offered ? created : eventId }));
      await restoreGrants(c, again, { offered, slots: new Set() });
      return { userId: id, email, eventId: created };
    });
    await refuseTooMuch(c, [user]);
    const [invitation] = await openInvitations(c, ctx.core, [invitee], {});
    return invitation as InvitationRow;
  });
}

const NOT_INACTIVE = {
  active: 'The user is active already.',
  pending: 'The user is invited already. Resend that invitation to send a new link.',
} as const;
