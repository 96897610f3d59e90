import { isDeepStrictEqual } from 'node:util';
import { notFound, RollcallError } from '../../lib/errors.ts';
import { asId, type UserId } from '../../lib/ids.ts';
import { isOwner, pushedAndOwned } from '../../store/access/direct-grants.ts';
import type { WriteScope } from '../../store/db/scope.ts';
import type { Sent } from '../../store/db/transaction.ts';
import {
  findUser,
  lockUser,
  type ShownUser,
  updateUser,
  type UserRow,
  type UserState,
} from '../../store/users/users.ts';
import { keepAnOwner } from '../access/last-owner.ts';
import { applyPushed, auditedPushed, comparePushed, type PushedDelta } from '../access/pushed-grants.ts';
import { withSeats } from '../access/seats.ts';
import { type Change, changeLocked } from '../change/change.ts';
import { writtenAttributes } from '../change/written-bytes.ts';
import type { Context } from '../context/context.ts';
import { closeInvitationOf } from '../invitations/close.ts';
import { difference, stateOf, type UserInput, withActive } from '../shared/user-state.ts';
import { pushedState } from './create-or-adopt.ts';

/** The versions of a resource that a client will accept as the one it changes; undefined for any. */
export type ExpectedVersions = readonly number[] | undefined;

/**
 * Replaces a user by what `edit` makes of it, under the user's lock: a pure function, which may run more than once.
 * When that is what is there already, nothing is written. Whoever writes through SCIM manages the user from then on.
 * Throws `not_found`, `precondition`, `taken`, `refused` (seats, last owner, billing manager).
 */
export async function replaceUser(
  ctx: Context,
  id: string,
  edit: (current: UserRow) => UserInput,
  expected?: ExpectedVersions,
): Promise<ShownUser> {
  const userId = asId<UserId>(id);
  if (!userId) throw notFound('user', id);
  const lock = (scope: WriteScope) => Promise.all([lockUser(scope, userId), pushedAndOwned(scope, userId)]);
  const { answer } = await changeLocked(ctx, lock, async (c, [current, held]) => {
    if (!current || current.deleted_at) throw notFound('user', id);
    checkVersion(current.version, expected);
    c.notBefore(current.now, current.updated_at);
    const input = edit(current);
    const state = stateOf(current);
    const next = withActive(
      { ...state, ...(await pushedState(c, input, current)), managed_by: 'idp' },
      input.active,
      c.at,
    );
    const grants = comparePushed(held.pushed, input.pushed);
    if (!grants && isDeepStrictEqual(state, next)) {
      return c.send(() => findUser(c.scope, userId, { withGroups: true }));
    }
    const losesStatus = state.status === 'active' && next.status !== 'active';
    const wasOwner = held.isOwner && (losesStatus || (grants !== undefined && state.status === 'active'));
    const updated = await withSeats(c, [userId], () => writeUser(c, current, next, grants));
    if (wasOwner && (losesStatus || !(await isOwner(c.scope, userId)))) await keepAnOwner(c);
    return updated;
  });
  return (await answer) as ShownUser;
}

async function writeUser(
  c: Change,
  current: UserRow,
  next: UserState,
  grants: PushedDelta | undefined,
): Promise<Sent<ShownUser>> {
  const eventId = c.newEventId();
  c.charge(writtenAttributes(next, current));
  const updated = c.send(() => updateUser(c.scope, current, next, c.at));
  await applyPushed(c, current.id, grants, eventId);
  if (current.status === 'pending' && next.status === 'active')
    await closeInvitationOf(c, current.id, 'superseded');
  // The key of another organization is only known from the answer.
  const after =
    next.organization_id === current.organization_id ? { ...current, ...next } : await updated.answer;
  const target = { kind: 'user', id: current.id, name: after.user_name };
  const changed = difference(current, after) ?? (grants && auditedPushed(grants)) ?? {};
  c.record({ action: actionOf(current, after), target, ...changed }, eventId);
  return updated;
}

function actionOf(before: UserRow, after: UserRow): string {
  if (before.status === after.status) return 'user.updated';
  return after.status === 'active' ? 'user.activated' : 'user.deactivated';
}

/** Throws `precondition` when the version is none of those expected. */
export function checkVersion(version: number, expected: ExpectedVersions): void {
  if (expected && !expected.includes(version)) {
    throw new RollcallError(
      'precondition',
      'The resource has changed since; read it again and repeat the change.',
    );
  }
}
