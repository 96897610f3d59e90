import { type UserId, type WorkspaceId } from '../../../lib/ids.ts';
import { usersWithExpired } from '../../../store/invitations/invitations.ts';
import type { Change } from '../../context/change.ts';
import { closeAndRelease, closedEvent, type LockedInvitation } from './close.ts';
import { lockInvitationsOf } from './lock.ts';

/** Invitations closed per change. */
const CHUNK = 200;

/**
 * Locks some users whose open invitation has expired, ascending by id, leaving out those in `except`, which the change
 * has locked already.
 */
export async function lockExpired(c: Change, except: readonly UserId[]): Promise<LockedInvitation[]> {
  const ids = await usersWithExpired(c.scope, except, CHUNK);
  return (await lockInvitationsOf(c, ids)).filter(({ invitation }) => invitation.status === 'expired');
}

/**
 * Closes expired invitations of guarded users, who become inactive and free their seats. Attributed to the system even
 * when another user's change triggers it.
 */
export async function expireInvitations(c: Change, expired: readonly LockedInvitation[]): Promise<void> {
  await closeAndRelease(c, expired, 'expired', (invitation) =>
    c.record(closedEvent(invitation, 'expired'), { actor: SYSTEM_EXPIRY }),
  );
}

/** The actor in the audit. */
const SYSTEM_EXPIRY = { kind: 'system', name: 'invitation expiry' } as const;

/** The caller that closes a workspace's expired invitations on schedule. */
export function expiryCaller(workspaceId: WorkspaceId) {
  return { workspaceId, actor: SYSTEM_EXPIRY, requestId: 'invitation-expiry' } as const;
}
