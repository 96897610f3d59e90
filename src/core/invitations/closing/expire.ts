import { type UserId, type WorkspaceId } from '../../../lib/ids.ts';
import { usersWithExpired } from '../../../store/invitations/invitations.ts';
import type { Change } from '../../context/change.ts';
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
 * Closes expired invitations of guarded users, who never joined: they are inactive and hold no seat. It is nobody's deed:
 * the events name the system, also when somebody else's change came upon them.
 */
export async function expireInvitations(c: Change, expired: readonly Held[]): Promise<void> {
  await release(c, expired, 'expired', (invitation) =>
    c.record(closedEvent(invitation, 'expired'), { actor: SYSTEM_EXPIRY }),
  );
}

/** Who the audit says it was. */
const SYSTEM_EXPIRY = { kind: 'system', name: 'invitation expiry' } as const;

/** On whose behalf the expired invitations of a workspace are closed when their time comes. */
export function expiryOf(workspaceId: WorkspaceId) {
  return { workspaceId, actor: SYSTEM_EXPIRY, requestId: 'invitation-expiry' } as const;
}
