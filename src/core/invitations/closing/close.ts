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

/** An open invitation and its locked user. */
export interface LockedInvitation {
  readonly user: UserRow;
  readonly invitation: InvitationRow;
}

/**
 * Closes the open invitation of a locked, guarded user, if there is one; its link stops working. `superseded` when an
 * identity provider has activated the user, who keeps the invitation's grants; `revoked` when the user is deactivated,
 * removed or deleted, which ends them.
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
 * Closes open invitations of guarded users, ends their grants and makes users who have not joined inactive.
 * `recordClosed` records the audit event and returns its id.
 */
export async function closeAndRelease(
  c: Change,
  invitations: readonly LockedInvitation[],
  status: 'revoked' | 'expired',
  recordClosed: (invitation: InvitationRow) => EventId,
): Promise<void> {
  if (invitations.length === 0) return;
  const closed = invitations.map(({ invitation }) => ({
    id: invitation.id,
    userId: invitation.user_id,
    opened: invitation.opened_event,
    event: recordClosed(invitation),
  }));
  await closeInvitations(c.scope, status, closed, c.at);
  const ended = closed.map(({ userId, opened, event }) => ({ userId, opened, closed: event }));
  await endOffered(c.scope, ended, c.at);
  const users = invitations.map(({ user }) => user.id);
  await makeUsersInactive(c.scope, users, c.at);
}

/** The audit event of an invitation that ends. */
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
