import { invalid } from '../../lib/errors.ts';
import { asId, type EventId, type GroupId, type UserId } from '../../lib/ids.ts';
import { quoted } from '../../lib/quoted.ts';
import { compareMembers, endMemberships, openMemberships } from '../../store/groups/memberships.ts';
import { lockUsers } from '../../store/users/users.ts';
import type { Change } from '../change/change.ts';

/** What is wanted of a group's members: changes to those there are, or (base `empty`) exactly `add`. */
export interface MemberChange {
  readonly base: 'current' | 'empty';
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

const NAMED_AT_MOST = 10;

/**
 * Changes the members of a locked group and answers whether anything changed. The members are never loaded: only
 * those who come or go are locked and written. Throws `invalid` naming members who are no users of the workspace,
 * `refused` when a license has not enough seats.
 */
export async function changeMembers(
  c: Change,
  group: { id: GroupId; name: string },
  wanted: MemberChange,
): Promise<boolean> {
  if (wanted.base === 'current' && wanted.add.length === 0 && wanted.remove.length === 0) return false;
  const add = asUserIds(wanted.add);
  const remove = wanted.remove.flatMap((id) => asId<UserId>(id) ?? []);
  const { added, removed } = await compareMembers(c.scope, group.id, {
    base: wanted.base,
    add,
    remove,
  });
  if (added.length === 0 && removed.length === 0) return false;
  const touched = [...added, ...removed];
  const users = await lockUsers(c.scope, touched);
  const names = new Map(users.filter((user) => !user.deleted).map((user) => [user.id, user.user_name]));
  const unknown = added.filter((id) => !names.has(id));
  if (unknown.length > 0) throw noSuchMembers(unknown);
  await c.guard(touched);
  const event = (action: 'group.member_added' | 'group.member_removed', id: UserId): EventId =>
    c.record({
      action,
      target: { kind: 'group', id: group.id, name: group.name },
      related: id,
      [action === 'group.member_added' ? 'after' : 'before']: { userName: names.get(id) },
    });
  if (removed.length > 0) {
    const events = removed.map((id) => event('group.member_removed', id));
    const groups = removed.map(() => group.id);
    await endMemberships(c.scope, { groups, users: removed, events }, c.at);
  }
  if (added.length > 0) {
    const events = added.map((id) => event('group.member_added', id));
    await openMemberships(c.scope, group.id, added, events, c.at);
  }
  return true;
}

function asUserIds(ids: readonly string[]): UserId[] {
  const known: UserId[] = [];
  const unknown: string[] = [];
  for (const text of ids) {
    const id = asId<UserId>(text);
    if (id) known.push(id);
    else unknown.push(text);
  }
  if (unknown.length > 0) throw noSuchMembers(unknown);
  return known;
}

function noSuchMembers(ids: readonly string[]) {
  const named = ids.slice(0, NAMED_AT_MOST).map((id) => quoted(id, 64));
  const more = ids.length > NAMED_AT_MOST ? ` and ${ids.length - NAMED_AT_MOST} more` : '';
  return invalid('members', `No user of this workspace: ${named.join(', ')}${more}. Nothing was changed.`);
}
