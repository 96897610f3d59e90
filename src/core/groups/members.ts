import { invalid } from '../../lib/errors.ts';
import { asId, type EventId, type GroupId, type UserId } from '../../lib/ids.ts';
import { quoted } from '../../lib/quoted.ts';
import { compareMembers, endMemberships, openMemberships } from '../../store/groups/memberships.ts';
import { lockUsers } from '../../store/users/users.ts';
import type { Change } from '../change/change.ts';

/** A change to a group's members: relative to the current ones, or (base `empty`) exactly `add`. */
export interface MemberEdit {
  readonly base: 'current' | 'empty';
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

const MAX_LISTED = 10;

/**
 * Changes the members of a locked group and returns whether anything changed. Only users who are added or removed are
 * loaded, locked and written. Throws `invalid` listing members who are not users of the workspace, `refused` when a
 * license has too few seats.
 */
export async function changeMembers(
  c: Change,
  group: { id: GroupId; name: string },
  edit: MemberEdit,
): Promise<boolean> {
  if (edit.base === 'current' && edit.add.length === 0 && edit.remove.length === 0) return false;
  const add = asUserIds(edit.add);
  const remove = edit.remove.flatMap((id) => asId<UserId>(id) ?? []);
  const { added, removed } = await compareMembers(c.scope, group.id, {
    base: edit.base,
    add,
    remove,
  });
  if (added.length === 0 && removed.length === 0) return false;
  const affected = [...added, ...removed];
  const users = await lockUsers(c.scope, affected);
  const names = new Map(users.filter((user) => !user.deleted).map((user) => [user.id, user.user_name]));
  const unknown = added.filter((id) => !names.has(id));
  if (unknown.length > 0) throw unknownMembers(unknown);
  await c.guard(affected);
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
  if (unknown.length > 0) throw unknownMembers(unknown);
  return known;
}

function unknownMembers(ids: readonly string[]) {
  const named = ids.slice(0, MAX_LISTED).map((id) => quoted(id, 64));
  const more = ids.length > MAX_LISTED ? ` and ${ids.length - MAX_LISTED} more` : '';
  return invalid('members', `No user of this workspace: ${named.join(', ')}${more}. Nothing was changed.`);
}
