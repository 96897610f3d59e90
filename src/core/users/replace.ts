import { isDeepStrictEqual } from 'node:util';
import { notFound, RollcallError } from '../../lib/errors.ts';
import { asId, type UserId } from '../../lib/ids.ts';
import { pushedAndOwned } from '../../store/access/direct-grants.ts';
import type { WriteScope } from '../../store/db/scope.ts';
import { findUser, lockUser, type ShownUser, updateUser, type UserRow } from '../../store/users/users.ts';
import { applyPushed, auditedPushed, comparePushed, type PushedDelta } from '../access/pushed-grants.ts';
import type { ChangeEvent } from '../audit/events/catalog.ts';
import { changeEvent } from '../audit/events/catalog.ts';
import { change } from '../change/change.ts';
import { countAttributeBytes } from '../change/written-bytes.ts';
import type { Context } from '../context/context.ts';
import { closeInvitationOf } from '../invitations/closing/close.ts';
import { diffUser, stateOf, type UserInput, withActive } from '../shared/user-state.ts';
import { pushedState } from './create-or-adopt.ts';

/** The resource versions that a client accepts as current (If-Match); undefined for any. */
export type ExpectedVersions = readonly number[] | undefined;

/**
 * Replaces a user with the result of `edit`, a pure function that runs under the user's lock, perhaps more than once.
 * Nothing is written when nothing differs. From then on the identity provider manages the user.
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
  return change<ShownUser, Awaited<ReturnType<typeof lock>>>(
    ctx,
    async (c, [current, currentGrants]) => {
      if (!current || current.deleted_at) throw notFound('user', id);
      assertVersion(current.version, expected);
      c.advanceClock(current.now, current.updated_at);
      const input = edit(current);
      const state = stateOf(current);
      const { organization, ...pushed } = await pushedState(c, input, current);
      const next = withActive({ ...state, ...pushed, managed_by: 'idp' }, input.active, c.at);
      const grants = comparePushed(currentGrants.pushed, input.pushed);
      if (!grants && isDeepStrictEqual(state, next))
        return (await findUser(c.scope, userId, { withGroups: true })) as ShownUser;
      await c.guard([userId], { owners: currentGrants.isOwner ? [userId] : [] });
      const eventId = c.record(updatedEvent(current, { ...current, ...next, organization }, grants));
      c.charge(countAttributeBytes(next, current));
      await applyPushed(c, userId, grants, eventId);
      if (current.status === 'pending' && next.status === 'active')
        await closeInvitationOf(c, userId, 'superseded');
      return c.last(() => updateUser(c.scope, current, next, c.at));
    },
    { lock },
  );
}

function updatedEvent(before: UserRow, after: UserRow, grants: PushedDelta | undefined): ChangeEvent {
  return changeEvent({
    action: actionOf(before, after),
    target: { kind: 'user', id: before.id, name: after.user_name },
    ...(diffUser(before, after) ?? (grants && auditedPushed(grants)) ?? {}),
  });
}

function actionOf(before: UserRow, after: UserRow) {
  if (before.status === after.status) return 'user.updated';
  return after.status === 'active' ? 'user.activated' : 'user.deactivated';
}

/** Throws `precondition` when the version is not among the expected ones. */
export function assertVersion(version: number, expected: ExpectedVersions): void {
  if (expected && !expected.includes(version)) {
    throw new RollcallError(
      'precondition',
      'The resource has changed in the meantime; read it again and repeat the change.',
    );
  }
}
