import { notFound, RollcallError } from '../../errors.ts';
import { asId, type EventId, type GroupId, type UserId } from '../../ids.ts';
import { endAllDirectGrants, isOwner } from '../../store/direct-grants.ts';
import { lockGroupsOfUser, touchGroups } from '../../store/groups.ts';
import { endMemberships, groupIdsOf } from '../../store/memberships.ts';
import { lockUser, updateUser } from '../../store/users.ts';
import type { Caller } from '../caller.ts';
import { change } from '../change.ts';
import type { Core } from '../core.ts';
import { closeInvitationOf } from '../invitations/close.ts';
import { withSeats } from '../seats.ts';
import { keepAnOwner } from './last-owner.ts';
import { checkVersion, type ExpectedVersions } from './replace.ts';
import { deactivated, stateOf } from './user-state.ts';

/**
 * Deletes a user as SCIM means it: inactive, out of every group, without direct grants, and no longer shown by SCIM;
 * the record and its history stay. Throws `not_found`, `precondition`, `refused` (last owner).
 */
export async function deleteUser(
  core: Core,
  caller: Caller,
  id: string,
  expected?: ExpectedVersions,
): Promise<void> {
  const { workspaceId } = caller;
  const userId = asId<UserId>(id);
  if (!userId) throw notFound('user', id);
  await change(core, caller, async (c) => {
    const groups = await lockGroupsOfUser(c.tx, workspaceId, userId);
    const current = await lockUser(c.tx, workspaceId, userId);
    if (!current || current.deleted_at) throw notFound('user', id);
    checkVersion(current.version, expected);
    const groupIds = await groupIdsOf(c.tx, workspaceId, userId);
    const names = new Map(groups.map((group) => [group.id, group.display_name]));
    if (groupIds.some((groupId) => !names.has(groupId))) {
      // Joined another group before the user was locked; groups are locked first, so start over.
      throw new RollcallError('busy', 'The user is being changed by others; try again.', {
        cause: { code: '40001' },
        retryAfter: 1,
      });
    }
    c.notBefore(current.now, current.updated_at);
    const wasOwner = current.status === 'active' && (await isOwner(c.tx, workspaceId, userId));
    await withSeats(c, [userId], async () => {
      const next = { ...deactivated(stateOf(current), c.at), deleted_at: c.at };
      await updateUser(c.tx, workspaceId, userId, next, c.at);
      const eventId = c.record({
        action: 'user.deleted',
        target: { kind: 'user', id: userId, name: current.user_name },
        before: { status: current.status },
        after: { status: 'inactive' },
      });
      await endAllDirectGrants(c.tx, workspaceId, userId, eventId, c.at);
      if (current.status === 'pending') await closeInvitationOf(c, userId, 'revoked');
      if (groupIds.length === 0) return;
      const events = groupIds.map((groupId): EventId =>
        c.record({
          action: 'group.member_removed',
          target: { kind: 'group', id: groupId, name: names.get(groupId) ?? null },
          related: userId,
          before: { userName: current.user_name },
        }),
      );
      const users = groupIds.map((): UserId => userId);
      await endMemberships(c.tx, workspaceId, { groups: groupIds, users, events }, c.at);
      await touchGroups(c.tx, workspaceId, groupIds satisfies GroupId[], c.at);
    });
    if (wasOwner) await keepAnOwner(c);
  });
}
