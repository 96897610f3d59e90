import { notFound, RollcallError } from '../../lib/errors.ts';
import { asId, type EventId, type InvitationId, newId, type UserId } from '../../lib/ids.ts';
import {
  findInvitation,
  type InvitationRow,
  newestInvitationOf,
  renewInvitation,
} from '../../store/invitations/invitations.ts';
import { lockUser, type UserRow } from '../../store/users/users.ts';
import { change, type Change } from '../change/change.ts';
import type { Context } from '../context/context.ts';
import { invitationSettings } from '../context/core.ts';
import { ERASED } from '../context/lock-users.ts';
import { findAddressProblem } from './addresses.ts';
import { createInvitations, expiryFrom, makePending, queueMail } from './open.ts';
import { restoreGrants } from './replace-grants.ts';

/**
 * Sends an invitation again with a new link, which replaces the old one, and the full lifetime. An expired one becomes
 * pending again and takes its seats. Throws `not_found`, and `refused` for one that was accepted, revoked or superseded,
 * and for seats.
 */
export async function resendInvitation(ctx: Context, id: string): Promise<InvitationRow> {
  const settings = invitationSettings(ctx.core);
  const invitationId = asId<InvitationId>(id);
  const listed = invitationId && (await findInvitation(ctx.scope, invitationId));
  if (!listed) throw notFound('invitation', id);
  return change(ctx, async (c) => {
    const user = await lockUser(c.scope, listed.user_id);
    const invitation = await findInvitation(c.scope, listed.id);
    if (!user || !invitation) throw notFound('invitation', id);
    c.advanceClock(user.now, user.updated_at);
    assertResendable(invitation, user);
    const newest = await newestInvitationOf(c.scope, user.id);
    if (newest?.id !== invitation.id) {
      throw new RollcallError(
        'refused',
        `There is a newer invitation of ${invitation.email}; resend that one.`,
      );
    }
    const eventId = c.record({
      action: 'invitation.resent',
      target: { kind: 'invitation', id: invitation.id, name: invitation.email },
      related: user.id,
      before: { status: invitation.status, expiresAt: invitation.expires_at },
      after: { status: 'pending', expiresAt: expiryFrom(c.at, settings) },
    });
    if (!invitation.is_open) await reopenGrants(c, user, invitation, eventId);
    const renewed = await renewInvitation(c.scope, invitation.id, {
      expiresAt: expiryFrom(c.at, settings),
      // Open grants stay tied to the event that opened them.
      openedEvent: invitation.is_open ? invitation.opened_event : eventId,
      at: c.at,
    });
    await queueMail(c, ctx.core, [renewed]);
    return renewed;
  });
}

function assertResendable(invitation: InvitationRow, user: UserRow): void {
  const { status, email, is_open } = invitation;
  if (user.erased_at) throw new RollcallError('refused', ERASED);
  const isLive = is_open && user.status === 'pending';
  if (isLive || (status === 'expired' && user.status === 'inactive')) return;
  const why = status === 'expired' ? `${email} is ${user.status} by now` : `It was ${status}`;
  throw new RollcallError('refused', `${why}, so this invitation can't be sent again.`);
}

async function reopenGrants(
  c: Change,
  user: UserRow,
  invitation: InvitationRow,
  eventId: EventId,
): Promise<void> {
  await c.guard([user.id]);
  const known = { email: invitation.email, user, expired: undefined };
  const back = await makePending(c, [known], undefined);
  const again = back.map(({ before }) => ({ before, eventId }));
  await restoreGrants(c, again, { offered: true, keys: new Set() });
}

/**
 * Invites an inactive user again. Direct grants that ended with the user are restored and take their seats at once, as
 * are the grants of the last invitation if the user never joined. Memberships are not: groups belong to identity
 * providers. Throws `not_found`, and `refused` for a user who is not inactive or has no address, and for seats.
 */
export async function reinvite(ctx: Context, userId: string): Promise<InvitationRow> {
  const id = asId<UserId>(userId);
  if (!id) throw notFound('user', userId);
  return change(ctx, async (c) => {
    const user = await lockUser(c.scope, id);
    if (!user) throw notFound('user', userId);
    c.advanceClock(user.now, user.updated_at);
    if (user.status !== 'inactive') throw new RollcallError('refused', NOT_INACTIVE[user.status]);
    if (user.erased_at) throw new RollcallError('refused', ERASED);
    const { email } = user;
    const problem = email === null ? 'The user has no address.' : findAddressProblem(email);
    if (email === null || problem !== undefined) {
      throw new RollcallError('refused', `No invitation can be sent to this user. ${problem ?? ''}`.trim());
    }
    await c.guard([id]);
    const known = { email, user, expired: undefined };
    const back = await makePending(c, [known], undefined);
    const offered = user.joined_at === null;
    const created = newId<EventId>();
    // An invitation's grants end with it; earlier grants outlive an unaccepted one.
    const again = back.map(({ before, eventId }) => ({ before, eventId: offered ? created : eventId }));
    await restoreGrants(c, again, { offered, keys: new Set() });
    const invitee = { userId: id, email, eventId: created };
    const [invitation] = await createInvitations(c, ctx.core, [invitee], {});
    return invitation as InvitationRow;
  });
}

const NOT_INACTIVE = {
  active: 'The user is active already.',
  pending: 'The user is invited already. Resend that invitation to send a new link.',
} as const;
