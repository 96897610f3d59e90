import type { EventId } from '../../ids.ts';
import { closeInvitation, openInvitationOf, type InvitationRow } from '../../store/invitations.ts';
import { endOffered } from '../../store/offered-grants.ts';
import { updateUser, type UserRow } from '../../store/users.ts';
import type { Change, ChangeEvent } from '../change.ts';
import { deactivated, stateOf } from '../users/user-state.ts';

/**
 * Closes the open invitation of a locked user, if there is one: its links end with the change. `superseded` when an
 * identity provider has made the user active, who keeps what was offered; `revoked` when the user is deactivated,
 * removed or deleted, and then what was offered ends too. To be called within `withSeats` of the user, before or
 * after the user's own row is written.
 */
export async function closeInvitationOf(
  c: Change,
  userId: UserRow['id'],
  status: 'superseded' | 'revoked',
): Promise<void> {
  const { workspaceId } = c.caller;
  const invitation = await openInvitationOf(c.tx, workspaceId, userId);
  if (!invitation) return;
  const event = c.record(closedEvent(invitation, status));
  await closeInvitation(c.tx, workspaceId, invitation.id, { status, event, at: c.at });
  if (status === 'superseded') return;
  await endOffered(c.tx, workspaceId, [{ userId, opened: invitation.opened_event, closed: event }], c.at);
}

/**
 * Closes an open invitation of a locked user and frees what it held: what it offered ends, and who has not joined is
 * inactive. To be called within `withSeats` of the user.
 */
export async function release(
  c: Change,
  user: UserRow,
  invitation: InvitationRow,
  closed: { readonly status: 'revoked' | 'expired'; readonly event: EventId },
): Promise<void> {
  const { workspaceId } = c.caller;
  const { status, event } = closed;
  await closeInvitation(c.tx, workspaceId, invitation.id, { status, event, at: c.at });
  const ended = { userId: user.id, opened: invitation.opened_event, closed: event };
  await endOffered(c.tx, workspaceId, [ended], c.at);
  if (user.status !== 'pending') return;
  await updateUser(c.tx, workspaceId, user.id, deactivated(stateOf(user), c.at), c.at);
}

/** What the audit tells of an invitation that ends. */
export function closedEvent(
  invitation: InvitationRow,
  status: 'revoked' | 'expired' | 'superseded' | 'accepted',
): ChangeEvent {
  return {
    action: `invitation.${status}`,
    target: { kind: 'invitation', id: invitation.id, name: invitation.email },
    related: invitation.user_id,
    before: { status: 'pending' },
    after: { status },
  };
}
