import type { EventId, GroupId, UserId } from '../../lib/ids.ts';
import { endAllDirectGrants } from '../../store/access/direct-grants.ts';
import { lockGroupsOfUsers, touchGroups } from '../../store/groups/groups.ts';
import { endMemberships, membershipsOf } from '../../store/groups/memberships.ts';
import { markUsersDeleted, type UserRow } from '../../store/users/users.ts';
import type { Change } from '../change/change.ts';
import { lockUsers } from '../context/lock-users.ts';
import { closeInvitationsOf } from '../invitations/closing/close.ts';
import { removeMachinesOf } from './machines.ts';

/** Users about to be removed, locked together with their groups. */
export interface RemovalSet {
  readonly users: readonly UserRow[];
  readonly memberships: readonly { readonly group_id: GroupId; readonly user_id: UserId }[];
  readonly groupNames: ReadonlyMap<GroupId, string>;
}

/** Locks users and their groups in the common lock order; unknown ids are left out. */
export async function lockForRemoval(c: Change, ids: readonly UserId[]): Promise<RemovalSet> {
  const groups = await lockGroupsOfUsers(c.scope, ids);
  const users = await lockUsers(c, ids);
  const memberships = await membershipsOf(c.scope, ids);
  const groupNames = new Map(groups.map((group) => [group.id, group.display_name]));
  if (memberships.some(({ group_id }) => !groupNames.has(group_id))) {
    // Joined another group before the user was locked; groups are locked first, so start over.
    c.retry('The user is being changed by others; try again.');
  }
  return { users, memberships, groupNames };
}

/**
 * Removes locked users: they become inactive, lose groups, direct grants, invitation and machines, and are hidden from
 * SCIM; the records and their history stay.
 */
export async function removeLockedUsers(
  c: Change,
  { users, memberships, groupNames }: RemovalSet,
  action: 'user.deleted' | 'user.removed',
): Promise<void> {
  if (users.length === 0) return;
  const ids = users.map((user) => user.id);
  const of = (status: UserRow['status']) =>
    users.filter((user) => user.status === status).map((user) => user.id);
  await c.guard(ids);
  await markUsersDeleted(c.scope, users, c.at);
  const events = users.map((user) =>
    c.record({
      action,
      target: { kind: 'user', id: user.id, name: user.user_name },
      before: { status: user.status },
      after: { status: 'inactive' },
    }),
  );
  await endAllDirectGrants(c.scope, { users: ids, events }, c.at);
  await closeInvitationsOf(c, of('pending'), 'revoked');
  await removeMachinesOf(c, ids);
  const names = new Map(users.map((user) => [user.id, user.user_name]));
  await leaveGroups(c, memberships, groupNames, names);
}

async function leaveGroups(
  c: Change,
  memberships: RemovalSet['memberships'],
  groupNames: RemovalSet['groupNames'],
  userNames: ReadonlyMap<UserId, string>,
): Promise<void> {
  if (memberships.length === 0) return;
  const groups = memberships.map((row) => row.group_id);
  const users = memberships.map((row) => row.user_id);
  const events = memberships.map(({ group_id, user_id }): EventId =>
    c.record({
      action: 'group.member_removed',
      target: { kind: 'group', id: group_id, name: groupNames.get(group_id) ?? null },
      related: user_id,
      before: { userName: userNames.get(user_id) },
    }),
  );
  await endMemberships(c.scope, { groups, users, events }, c.at);
  await touchGroups(c.scope, [...new Set(groups)], c.at);
}
