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
import { lockHeld } from '../invitations/closing/lock.ts';
import { erasedName } from '../shared/erased-name.ts';
import { eraseFromProvisioningLog, personTexts } from './erased-texts.ts';
import { type Leaving, lockLeaving, removeLocked } from './remove.ts';

/**
 * Erases a person (docs/adr/0012): what tells who it was is gone from the record and its history, the invitations, the
 * machines, the provisioning log and the audit, whose chain verifies as before. The record stays under a pseudonym,
 * removed, so that counts and history stay true. Of one who was erased before nothing changes. Throws `not_found`, and
 * `refused` for a user who is active or invited.
 */
export function eraseUser(ctx: Context, id: string): Promise<void> {
  const userId = asId<UserId>(id);
  if (!userId) return Promise.reject(notFound('user', id));
  return change(ctx, async (c) => {
    const leaving = await lockLeaving(c, [userId]);
    const [user] = leaving.users;
    if (!user) throw notFound('user', id);
    if (user.erased_at) return;
    if (user.status === 'active') throw new RollcallError('refused', whyNot(user));
    if (user.status === 'pending') await settleInvitation(c, user);
    const names = await namesOf(c.scope, userId);
    const texts = await personTexts(c, userId, names);
    await eraseRecord(c, user, leaving);
    await eraseAudit(c, userId);
    // The last of it: what is requested meanwhile is noted when this change has ended, that of other workspaces too.
    await eraseFromProvisioningLog(c, userId, texts);
    c.record({ action: ERASURE, target: { kind: 'user', id: userId, name: erasedName(userId) } });
  });
}

function whyNot({ managed_by }: UserRow): string {
  return managed_by === 'idp'
    ? 'The user is active. Take the assignment away at the identity provider first: it would push the person again. ' +
        'If the user is still active here then, deactivate or remove the user.'
    : 'The user is active. Deactivate or remove the user first.';
}

/** An invitation that is over but not settled yet is settled, as its time would have done. */
async function settleInvitation(c: Change, user: UserRow): Promise<void> {
  const held = await lockHeld(c, [user.id]);
  if (held.some(({ invitation }) => invitation.status === 'pending'))
    throw new RollcallError('refused', 'The user is invited. Revoke the invitation first.');
  await c.guard([user.id]);
  await expireInvitations(c, held);
}

/** What is written from here on is told under the pseudonym: the events of the removal, too. */
async function eraseRecord(c: Change, user: UserRow, leaving: Leaving): Promise<void> {
  const name = erasedName(user.id);
  await pseudonymise(c.scope, user.id, name, c.at);
  if (!user.deleted_at) {
    const renamed = { ...user, status: 'inactive' as const, user_name: name };
    await removeLocked(c, { ...leaving, users: [renamed] }, 'user.removed');
  }
  await forgetPushedValues(c.scope, user.id);
}

/** Events that are emptied in one step of the transaction: what they hold may be larger than memory. */
const STEP = { limit: 50, bytes: 128 * 1024 };

/** Sealing waits for the end of it: a seal made meanwhile would be of what is gone. */
async function eraseAudit(c: Change, userId: UserId): Promise<void> {
  await holdSealing(c.scope);
  const step = (after?: EventPosition) => eventsAbout(c.scope, userId, after, STEP);
  for (let events = await step(); events.length > 0; events = await step(events.at(-1))) {
    const ids = events.map(({ id }) => id);
    const before = await unbrokenOf(c.scope, ids);
    await eraseEvents(c.scope, ids);
    const after = await unbrokenOf(c.scope, ids);
    const broken = [...before].find((seq) => !after.has(seq));
    // Salts don't come back: rather nothing is erased than a chain broken for ever.
    if (broken !== undefined) throw new Error(`Erasing ${userId} would break the audit's seal ${broken}.`);
  }
}
