import type { EventId } from '../../../lib/ids.ts';
import { endOffered } from '../../../store/access/manual-grants.ts';
import {
  closeInvitations,
  type InvitationRow,
  openInvitationsOf,
} from '../../../store/invitations/invitations.ts';
import { makeUsersInactive } from '../../../store/users/invited-users.ts';
import type { UserRow } from '../../../store/users/users.ts';
import type { ChangeEvent } from '../../audit/events/catalog.ts';
import { changeEvent } from '../../audit/events/catalog.ts';
import type { Change } from '../../context/change.ts';

/** An open invitation and its user, who is locked. */
export interface Held {
  readonly user: UserRow;
  readonly invitation: InvitationRow;
}

/**
 * Closes the open invitation of a locked user, if there is one: its links end with the change. `superseded` when an
 * identity provider has made the user active, who keeps what was offered; `revoked` when the user is deactivated,
 * removed or deleted, and then what was offered ends too. The user is guarded.
 */
export function closeInvitationOf(
  c: Change,
  userId: UserRow['id'],
  status: 'superseded' | 'revoked',
): Promise<void> {
  return closeInvitationsOf(c, [userId], status);
}

/** Closes the open invitations of several locked users; see `closeInvitationOf`. */
export async function closeInvitationsOf(
  c: Change,
  userIds: readonly UserRow['id'][],
  status: 'superseded' | 'revoked',
): Promise<void> {
  if (userIds.length === 0) return;
  const open = await openInvitationsOf(c.scope, userIds);
  if (open.length === 0) return;
  const closed = open.map((invitation) => ({
    id: invitation.id,
    userId: invitation.user_id,
    opened: invitation.opened_event,
    event: c.record(closedEvent(invitation, status)),
  }));
  await closeInvitations(c.scope, status, closed, c.at);
  if (status === 'superseded') return;
  const ended = closed.map(({ userId, opened, event }) => ({ userId, opened, closed: event }));
  await endOffered(c.scope, ended, c.at);
}

/**
 * Closes open invitations and frees what they held: what they offered ends, and who has not joined is inactive. `tell`
 * records what happened and answers the event. The users are guarded.
 */
export async function release(
  c: Change,
  held: readonly Held[],
  status: 'revoked' | 'expired',
  tell: (invitation: InvitationRow) => EventId,
): Promise<void> {
  if (held.length === 0) return;
  const closed = held.map(({ invitation }) => ({
    id: invitation.id,
    userId: invitation.user_id,
    opened: invitation.opened_event,
    event: tell(invitation),
  }));
  await closeInvitations(c.scope, status, closed, c.at);
  const ended = closed.map(({ userId, opened, event }) => ({ userId, opened, closed: event }));
  await endOffered(c.scope, ended, c.at);
  const users = held.map(({ user }) => user.id);
  await makeUsersInactive(c.scope, users, c.at);
}

/** What the audit tells of an invitation that ends. */
export function closedEvent(
  invitation: InvitationRow,
  status: 'revoked' | 'expired' | 'superseded' | 'accepted',
): ChangeEvent {
  return changeEvent({
    action: `invitation.${status}`,
    target: { kind: 'invitation', id: invitation.id, name: invitation.email },
    related: invitation.user_id,
    before: { status: 'pending' },
    after: { status },
  });
}
