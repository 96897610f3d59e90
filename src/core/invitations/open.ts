import { randomUUID } from 'node:crypto';
import { type EventId, type InvitationId, newId, type OrganizationId, type UserId } from '../../lib/ids.ts';
import { enqueue } from '../../store/db/job-queue.ts';
import { insertInvitations, type InvitationRow } from '../../store/invitations/invitations.ts';
import { makeUsersPending } from '../../store/users/invited-users.ts';
import type { UserRow } from '../../store/users/users.ts';
import type { Change } from '../change/change.ts';
import { type Core, invitationSettings, type InvitationSettings, jobQueue } from '../context/core.ts';
import { lockUsers } from '../context/lock-users.ts';
import { expireInvitations } from './closing/expire.ts';
import type { InvitationRequest } from './request.ts';
import type { ExistingInvitee } from './resolve.ts';

/** An invited user, and the event of the invitation, from which its grants are opened. */
export interface Invitee {
  readonly userId: UserId;
  readonly email: string;
  readonly eventId: EventId;
}

/** Creates the invitations of pending users and queues their mail. Returns them in the order of the invitees. */
export async function createInvitations(
  c: Change,
  core: Core,
  invitees: readonly Invitee[],
  request: InvitationRequest,
): Promise<InvitationRow[]> {
  if (invitees.length === 0) return [];
  const { actor } = c.caller;
  const expires_at = expiryFrom(c.at, invitationSettings(core));
  const { organization, accountRole, products, projects } = request;
  const rows = invitees.map(({ userId, email, eventId }) => {
    const id = newId<InvitationId>();
    c.record(
      {
        action: 'invitation.created',
        target: { kind: 'invitation', id, name: email },
        related: userId,
        after: { email, expiresAt: expires_at, organization, accountRole, products, projects },
      },
      { id: eventId },
    );
    const opening = { nonce: randomUUID(), expires_at, invited_by: actor.name, opened_event: eventId };
    return { id, user_id: userId, email, ...opening };
  });
  const invitations = await insertInvitations(c.scope, rows, c.at);
  await queueMail(c, core, invitations);
  return invitations;
}

/** When an invitation created or renewed at `at` expires. */
export function expiryFrom(at: Date, { ttlHours }: InvitationSettings): Date {
  return new Date(at.getTime() + ttlHours * 60 * 60 * 1000);
}

/** Queues the newest send of invitations: ids only, since the link is derived when the mail is sent. */
export function queueMail(c: Change, core: Core, invitations: readonly InvitationRow[]): Promise<void> {
  const { workspaceId } = c.caller;
  const jobs = invitations.map(({ id, send }) => ({ data: { workspaceId, invitationId: id, send } }));
  return enqueue(jobQueue(core), c.scope.db, 'invitation-mail', jobs);
}

/** A user who is pending again: the inactive row, and the event of the change. */
export interface ReinvitedUser {
  readonly before: UserRow;
  readonly email: string;
  readonly eventId: EventId;
}

/**
 * Makes locked, guarded users pending who are inactive or whose invitation has expired. Deleted users come back, managed
 * by the workspace.
 */
export async function makePending(
  c: Change,
  known: readonly ExistingInvitee[],
  organizationId: OrganizationId | undefined,
): Promise<ReinvitedUser[]> {
  if (known.length === 0) return [];
  const ids = known.map(({ user }) => user.id);
  const expired = known.flatMap(({ user, expired: invitation }) =>
    invitation ? [{ user, invitation }] : [],
  );
  await expireInvitations(c, expired);
  const emails = new Map(known.map(({ user, email }) => [user.id, email]));
  const users = await lockUsers(c, ids);
  await makeUsersPending(c.scope, ids, organizationId, c.at);
  return users.map((before) => ({
    before,
    email: emails.get(before.id) ?? '',
    eventId: c.record({
      action: 'user.reinvited',
      target: { kind: 'user', id: before.id, name: before.user_name },
      before: { status: before.status },
      after: { status: 'pending' },
    }),
  }));
}
