import { notFound, RollcallError } from '../../lib/errors.ts';
import { asId, type InvitationId, type UserId } from '../../lib/ids.ts';
import {
  findInvitation,
  type InvitationRow,
  type InvitationSort,
  type InvitationStatus,
  listInvitations as list,
  pendingInvitationOf as pending,
} from '../../store/invitations/invitations.ts';
import type { AsOf } from '../../store/sql/as-of.ts';
import type { Context } from '../context/context.ts';
import { invitationSettings } from '../context/core.ts';
import type { KeysetPage, Page } from '../shared/keyset.ts';
import { linkOf } from './links.ts';

export type {
  InvitationRow as Invitation,
  InvitationSort,
  InvitationStatus,
} from '../../store/invitations/invitations.ts';

/** A page of the workspace's invitations, of some statuses or of all. */
export function listInvitations(
  ctx: Context,
  statuses: readonly InvitationStatus[] | undefined,
  page: KeysetPage<InvitationSort>,
): Promise<Page<InvitationRow>> {
  return list(ctx.scope, statuses, page);
}

/** The invitation that a user can accept at the moment, if there is one. */
export function pendingInvitationOf(
  ctx: Context,
  userId: UserId,
  moment: AsOf = 'now',
): Promise<InvitationRow | undefined> {
  return pending(ctx.scope, userId, moment);
}

/** The current link of an invitation, without changing it. Throws `not_found`, and `gone` when it no longer works. */
export async function invitationLink(ctx: Context, id: string): Promise<{ link: string; expiresAt: Date }> {
  const invitationId = asId<InvitationId>(id);
  const invitation = invitationId && (await findInvitation(ctx.scope, invitationId));
  if (!invitation) throw notFound('invitation', id);
  if (invitation.status !== 'pending') throw new RollcallError('gone', ENDED[invitation.status]);
  return { link: linkOf(invitationSettings(ctx.core), invitation), expiresAt: invitation.expires_at };
}

const ENDED = {
  accepted: 'The invitation was accepted; its link has been used.',
  revoked: 'The invitation was revoked. Invite the address again to make a new link.',
  expired: 'The invitation has expired. Resend it to make a new link.',
  superseded: 'An identity provider has made the user active; there is nothing left to accept.',
} as const;
