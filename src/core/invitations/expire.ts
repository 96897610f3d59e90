import { newId, type EventId, type UserId, type WorkspaceId } from '../../ids.ts';
import { appendEvents } from '../../store/audit.ts';
import { openInvitationOf, usersWithExpired, type InvitationRow } from '../../store/invitations.ts';
import { lockUser, type UserRow } from '../../store/users.ts';
import type { Change } from '../change.ts';
import { closedEvent, release } from './close.ts';

/** An invitation past its time with its user, who is locked. */
export interface Expired {
  readonly user: UserRow;
  readonly invitation: InvitationRow;
}

/** How many are settled at once. */
const CHUNK = 100;

/**
 * Locks users whose open invitation is past its time, ascending by id, a hundred at most; none of `except`, which the
 * change holds already.
 */
export async function lockExpired(c: Change, except: readonly UserId[]): Promise<Expired[]> {
  const { workspaceId } = c.caller;
  const locked: Expired[] = [];
  for (const userId of await usersWithExpired(c.tx, workspaceId, except, CHUNK)) {
    const user = await lockUser(c.tx, workspaceId, userId);
    const invitation = await openInvitationOf(c.tx, workspaceId, userId);
    if (!user || invitation?.status !== 'expired') continue;
    c.notBefore(user.now, user.updated_at);
    locked.push({ user, invitation });
  }
  return locked;
}

/**
 * Settles expired invitations: their users, who never joined, are inactive and hold no seat. It is nobody's deed: the
 * events name the system, also when somebody else's change came upon them.
 */
export async function settle(c: Change, expired: readonly Expired[]): Promise<void> {
  const events = new Map<Expired, EventId>(expired.map((one) => [one, newId<EventId>()]));
  for (const [one, event] of events) {
    await release(c, one.user, one.invitation, { status: 'expired', event });
  }
  await tell(c, events);
}

async function tell(c: Change, events: ReadonlyMap<Expired, EventId>): Promise<void> {
  const system = { actor_kind: 'system', actor_id: null, actor_name: EXPIRY, actor_scope: null } as const;
  await appendEvents(
    c.tx,
    c.caller.workspaceId,
    { at: c.at, ...system, request_id: c.caller.requestId },
    [...events].map(([{ invitation }, id]) => {
      const { action, target, related, before, after } = closedEvent(invitation, 'expired');
      const { kind: target_kind, id: target_id, name: target_name } = target;
      return { id, action, target_kind, target_id, target_name, related_id: related ?? null, before, after };
    }),
  );
}

/** Who the audit says it was. */
export const EXPIRY = 'invitation expiry';

/** On whose behalf the expired invitations of a workspace are settled when their time comes. */
export function expiryOf(workspaceId: WorkspaceId) {
  return { workspaceId, actor: { kind: 'system', name: EXPIRY }, requestId: 'invitation-expiry' } as const;
}
