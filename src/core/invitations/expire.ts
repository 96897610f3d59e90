import { type EventId, newId, type UserId, type WorkspaceId } from '../../lib/ids.ts';
import { appendEvents, type NewEvent } from '../../store/audit/events.ts';
import { usersWithExpired } from '../../store/invitations/invitations.ts';
import type { Change } from '../change/change.ts';
import { closedEvent, type Held, release } from './close.ts';
import { lockHeld } from './lock.ts';

/** How many are settled at once. */
const CHUNK = 200;

/**
 * Locks users whose open invitation is past its time, ascending by id, some hundreds at most; none of `except`, which
 * the change holds already.
 */
export async function lockExpired(c: Change, except: readonly UserId[]): Promise<Held[]> {
  const ids = await usersWithExpired(c.scope, except, CHUNK);
  return (await lockHeld(c, ids)).filter(({ invitation }) => invitation.status === 'expired');
}

/**
 * Settles expired invitations: their users, who never joined, are inactive and hold no seat. It is nobody's deed: the
 * events name the system, also when somebody else's change came upon them.
 */
export async function settle(c: Change, expired: readonly Held[]): Promise<void> {
  const events: NewEvent[] = [];
  await release(c, expired, 'expired', (invitation) => {
    const { action, target, related, before, after } = closedEvent(invitation, 'expired');
    const { kind: target_kind, id: target_id, name: target_name } = target;
    const id = newId<EventId>();
    events.push({
      id,
      action,
      target_kind,
      target_id,
      target_name,
      related_id: related ?? null,
      before,
      after,
    });
    return id;
  });
  const system = { actor_kind: 'system', actor_id: null, actor_name: EXPIRY, actor_scope: null } as const;
  const origin = { at: c.at, ...system, request_id: c.caller.requestId };
  await appendEvents(c.scope, origin, events);
}

/** Who the audit says it was. */
const EXPIRY = 'invitation expiry';

/** On whose behalf the expired invitations of a workspace are settled when their time comes. */
export function expiryOf(workspaceId: WorkspaceId) {
  return { workspaceId, actor: { kind: 'system', name: EXPIRY }, requestId: 'invitation-expiry' } as const;
}
