import { notFound, RollcallError } from '../../lib/errors.ts';
import { asId, type UserId } from '../../lib/ids.ts';
import { holdSealing } from '../../store/audit/chain.ts';
import {
  eraseEvents,
  type EventPosition,
  eventsAbout,
  forgetPushedValues,
  namesOf,
  pseudonymise,
} from '../../store/users/erasure.ts';
import type { UserRow } from '../../store/users/users.ts';
import { unbrokenOf } from '../audit/chain/unbroken.ts';
import { ERASURE } from '../audit/chain/verify-chain.ts';
import { change, type Change } from '../change/change.ts';
import type { Context } from '../context/context.ts';
import { expireInvitations } from '../invitations/closing/expire.ts';
import { lockInvitationsOf } from '../invitations/closing/lock.ts';
import { erasedName } from '../shared/erased-name.ts';
import { collectPersonTexts, eraseFromProvisioningLog } from './erased-texts.ts';
import { lockForRemoval, type RemovalSet, removeLockedUsers } from './remove.ts';

/**
 * Erases a person (docs/adr/0012): removes what identifies them from the record and its history, the invitations, the
 * machines, the provisioning log and the audit, whose chain still verifies. The record stays, removed and under a
 * pseudonym, so that counts and history remain correct. Does nothing for a user who was erased before. Throws
 * `not_found`, and `refused` for a user who is active or invited.
 */
export function eraseUser(ctx: Context, id: string): Promise<void> {
  const userId = asId<UserId>(id);
  if (!userId) return Promise.reject(notFound('user', id));
  return change(ctx, async (c) => {
    const removalSet = await lockForRemoval(c, [userId]);
    const [user] = removalSet.users;
    if (!user) throw notFound('user', id);
    if (user.erased_at) return;
    if (user.status === 'active') throw new RollcallError('refused', explainActive(user));
    if (user.status === 'pending') await expireOrRefuseInvitation(c, user);
    const names = await namesOf(c.scope, userId);
    const texts = await collectPersonTexts(c, userId, names);
    await eraseRecord(c, user, removalSet);
    await eraseAudit(c, userId);
    // Last, because logging of requests waits for the end of this change, in other workspaces too.
    await eraseFromProvisioningLog(c, userId, texts);
    c.record({ action: ERASURE, target: { kind: 'user', id: userId, name: erasedName(userId) } });
  });
}

function explainActive({ managed_by }: UserRow): string {
  return managed_by === 'idp'
    ? 'The user is active. Remove the assignment at the identity provider first, or it would push the person again. ' +
        'If the user is still active here then, deactivate or remove the user.'
    : 'The user is active. Deactivate or remove the user first.';
}

/** Closes an expired invitation that has not been closed yet. Throws `refused` when it can still be accepted. */
async function expireOrRefuseInvitation(c: Change, user: UserRow): Promise<void> {
  const invitations = await lockInvitationsOf(c, [user.id]);
  if (invitations.some(({ invitation }) => invitation.status === 'pending'))
    throw new RollcallError('refused', 'The user is invited. Revoke the invitation first.');
  await c.guard([user.id]);
  await expireInvitations(c, invitations);
}

/** Pseudonymises the record before removing it, so that the events of the removal use the pseudonym, too. */
async function eraseRecord(c: Change, user: UserRow, removalSet: RemovalSet): Promise<void> {
  const name = erasedName(user.id);
  await pseudonymise(c.scope, user.id, name, c.at);
  if (!user.deleted_at) {
    const renamed = { ...user, status: 'inactive' as const, user_name: name };
    await removeLockedUsers(c, { ...removalSet, users: [renamed] }, 'user.removed');
  }
  await forgetPushedValues(c.scope, user.id);
}

/** Events erased per step; all of them together may not fit into memory. */
const STEP = { limit: 50, bytes: 128 * 1024 };

/** Erases the audit events. Sealing waits for the end of the change, lest it seals what is being erased. */
async function eraseAudit(c: Change, userId: UserId): Promise<void> {
  await holdSealing(c.scope);
  const step = (after?: EventPosition) => eventsAbout(c.scope, userId, after, STEP);
  for (let events = await step(); events.length > 0; events = await step(events.at(-1))) {
    const ids = events.map(({ id }) => id);
    const before = await unbrokenOf(c.scope, ids);
    await eraseEvents(c.scope, ids);
    const after = await unbrokenOf(c.scope, ids);
    const broken = [...before].find((seq) => !after.has(seq));
    // Erased salts can't be restored, so abort rather than break the chain for good.
    if (broken !== undefined) throw new Error(`Erasing ${userId} would break the audit's seal ${broken}.`);
  }
}
