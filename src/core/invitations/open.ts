import { randomUUID } from 'node:crypto';
import { newId, type EventId, type InvitationId, type UserId } from '../../ids.ts';
import { enqueue } from '../../store/jobs.ts';
import { insertInvitations, type InvitationRow } from '../../store/invitations.ts';
import { lockUser, updateUser, type UserRow, type UserState } from '../../store/users.ts';
import type { Change } from '../change.ts';
import type { InvitationSettings } from '../core.ts';
import { stateOf } from '../users/user-state.ts';
import type { Asked, Offer } from './asked.ts';
import type { Known } from './choose.ts';
import { settle } from './expire.ts';

/** Who is invited, and the event that tells of it, of which what is offered is opened. */
export interface Invitee {
  readonly userId: UserId;
  readonly email: string;
  readonly eventId: EventId;
}

/** Writes the invitations of pending users and queues their mail. Answers them in the order of the invitees. */
export async function openInvitations(
  c: Change,
  settings: InvitationSettings,
  invitees: readonly Invitee[],
  asked: Asked,
): Promise<InvitationRow[]> {
  if (invitees.length === 0) return [];
  const { workspaceId, actor } = c.caller;
  const expires_at = expiryFrom(c.at, settings);
  const { organization, accountRole, products, projects } = asked;
  const rows = invitees.map(({ userId, email, eventId }) => {
    const id = newId<InvitationId>();
    c.record(
      {
        action: 'invitation.created',
        target: { kind: 'invitation', id, name: email },
        related: userId,
        after: { email, expiresAt: expires_at, organization, accountRole, products, projects },
      },
      eventId,
    );
    const opened = { nonce: randomUUID(), expires_at, invited_by: actor.name, opened_event: eventId };
    return { id, user_id: userId, email, ...opened };
  });
  const invitations = await insertInvitations(c.tx, workspaceId, rows, c.at);
  await queueMail(c, invitations);
  return invitations;
}

/** When what is made or renewed now ends. */
export function expiryFrom(at: Date, { ttlHours }: InvitationSettings): Date {
  return new Date(at.getTime() + ttlHours * 60 * 60 * 1000);
}

/** Queues the newest send of invitations: ids only, the link is made when it is sent. */
export function queueMail(c: Change, invitations: readonly InvitationRow[]): Promise<void> {
  const { workspaceId } = c.caller;
  const jobs = invitations.map(({ id, send }) => ({ data: { workspaceId, invitationId: id, send } }));
  return enqueue(c.tx, 'invitation-mail', jobs);
}

/**
 * Makes a locked user pending who is inactive or whose invitation is past its time. A deleted one comes back, from now
 * on managed here. Answers the user as it was when inactive, and the event.
 */
export async function makePending(
  c: Change,
  known: Known,
  { organizationId }: Pick<Offer, 'organizationId'>,
): Promise<{ before: UserRow; eventId: EventId }> {
  const { workspaceId } = c.caller;
  let before = known.user;
  if (known.expired) {
    await settle(c, [{ user: before, invitation: known.expired }]);
    before = (await lockUser(c.tx, workspaceId, before.id)) as UserRow;
  }
  const state: UserState = {
    ...stateOf(before),
    status: 'pending',
    removed_at: null,
    deleted_at: null,
    ...(before.deleted_at ? { managed_by: 'workspace', external_id: null } : {}),
    ...(organizationId ? { organization_id: organizationId, organization_pushed: null } : {}),
  };
  await updateUser(c.tx, workspaceId, before.id, state, c.at);
  const eventId = c.record({
    action: 'user.reinvited',
    target: { kind: 'user', id: before.id, name: before.user_name },
    before: { status: before.status },
    after: { status: 'pending' },
  });
  return { before, eventId };
}
