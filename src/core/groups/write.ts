import { notFound } from '../../lib/errors.ts';
import { asId, type GroupId, newId, type UserId } from '../../lib/ids.ts';
import { endGroupGrants } from '../../store/access/group-grants.ts';
import { type GroupRow, insertGroup, lockGroup, updateGroup } from '../../store/groups/groups.ts';
import { endMemberships, memberIds } from '../../store/groups/memberships.ts';
import { hasRules, readGroupName } from '../access/mapping.ts';
import { change, type Change } from '../change/change.ts';
import type { Context } from '../context/context.ts';
import { assertVersion, type ExpectedVersions } from '../users/replace.ts';
import { changeMembers, type MemberEdit } from './members.ts';

/** A group as an identity provider sends it. */
export interface GroupInput {
  readonly displayName: string;
  readonly externalId: string | null;
  /** Ids of users. */
  readonly members: readonly string[];
}

/** Changes to a group; undefined fields stay as they are. */
export interface GroupEdit {
  readonly displayName?: string | undefined;
  readonly externalId?: string | null | undefined;
  readonly members: MemberEdit;
}

/** Creates a group. Throws `taken`, `invalid` (members), `refused` (seats). */
export async function createGroup(ctx: Context, input: GroupInput): Promise<GroupRow> {
  return change(ctx, async (c) => {
    const id = newId<GroupId>();
    const row = {
      id,
      display_name: input.displayName,
      external_id: input.externalId,
      source: 'scim' as const,
    };
    const group = await insertGroup(c.scope, row, c.at);
    const eventId = c.record({
      action: 'group.created',
      target: { kind: 'group', id, name: input.displayName },
      after: auditedFields(group),
    });
    const named = { id, name: input.displayName };
    await readGroupName(c, named, eventId, { haveMembers: false });
    await changeMembers(c, named, { base: 'current', add: input.members, remove: [] });
    return group;
  });
}

/**
 * Changes a group under its lock; writes nothing when nothing differs. Throws `not_found`, `precondition`,
 * `taken`, `invalid` (members), `refused` (seats).
 */
export async function changeGroup(
  ctx: Context,
  id: string,
  edit: GroupEdit,
  expected?: ExpectedVersions,
): Promise<GroupRow> {
  const groupId = asId<GroupId>(id);
  if (!groupId) throw notFound('group', id);
  return change(ctx, async (c) => {
    const current = await lockGroup(c.scope, groupId);
    if (!current) throw notFound('group', id);
    assertVersion(current.version, expected);
    c.advanceClock(current.now, current.updated_at);
    const next = {
      display_name: edit.displayName ?? current.display_name,
      external_id: edit.externalId === undefined ? current.external_id : edit.externalId,
    };
    const renamed = next.display_name !== current.display_name;
    const changed = renamed || next.external_id !== current.external_id;
    // A new name may match another mapping rule and so change every member's access.
    const reapplyRules = renamed && (await hasRules(c));
    if (reapplyRules) {
      c.escalate();
      await c.guardEverybody();
    }
    if (changed) await writeGroup(c, current, next, reapplyRules);
    const named = { id: groupId, name: next.display_name };
    const membersChanged = await changeMembers(c, named, edit.members);
    if (!changed && !membersChanged) return current;
    return updateGroup(c.scope, groupId, next, c.at);
  });
}

async function writeGroup(
  c: Change,
  current: GroupRow,
  next: Pick<GroupRow, 'display_name' | 'external_id'>,
  reread: boolean,
): Promise<void> {
  const eventId = c.record({
    action: 'group.updated',
    target: { kind: 'group', id: current.id, name: next.display_name },
    before: auditedFields(current),
    after: auditedFields(next),
  });
  if (reread) await readGroupName(c, { id: current.id, name: next.display_name }, eventId);
}

/** Deletes a group: its memberships and grants end. Throws `not_found`, `precondition`. */
export async function deleteGroup(ctx: Context, id: string, expected?: ExpectedVersions): Promise<void> {
  const groupId = asId<GroupId>(id);
  if (!groupId) throw notFound('group', id);
  await change(ctx, async (c) => {
    // Every member may free a seat; recounting all seats is cheaper than locking all members.
    c.guardRemoval();
    const current = await lockGroup(c.scope, groupId);
    if (!current) throw notFound('group', id);
    assertVersion(current.version, expected);
    c.advanceClock(current.now, current.updated_at);
    const target = { kind: 'group', id: groupId, name: current.display_name } as const;
    const eventId = c.record({ action: 'group.deleted', target, before: auditedFields(current) });
    await endGroupGrants(c.scope, groupId, eventId, c.at);
    const users = await memberIds(c.scope, groupId);
    const events = users.map((userId: UserId) =>
      c.record({ action: 'group.member_removed', target, related: userId }),
    );
    const groups = users.map(() => groupId);
    if (users.length > 0) await endMemberships(c.scope, { groups, users, events }, c.at);
    await updateGroup(c.scope, groupId, { ...current, deleted_at: c.at }, c.at);
  });
}

function auditedFields(group: Pick<GroupRow, 'display_name' | 'external_id'>) {
  return { displayName: group.display_name, externalId: group.external_id };
}
