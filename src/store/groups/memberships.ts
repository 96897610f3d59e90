import sql, { empty, type Sql } from 'sql-template-tag';
import type { EventId, GroupId, UserId } from '../../lib/ids.ts';
import { preparedForFew } from '../db/prepared.ts';
import { rows } from '../db/query.ts';
import { accessWrites, type PoolScope, type WriteScope } from '../db/scope.ts';
import { unestimated } from '../sql/key-lookup.ts';

/** What a change would do to a group's members; of what is so already there is nothing here. */
export interface MembershipDelta {
  readonly added: readonly UserId[];
  readonly removed: readonly UserId[];
}

/**
 * Compares what is wanted with the members that a locked group has, in SQL: the members are not loaded, and only
 * what differs is answered. With `base: 'empty'` everybody who is not in `add` is removed.
 */
export async function compareMembers(
  scope: WriteScope,
  groupId: GroupId,
  wanted: { base: 'current' | 'empty'; add: readonly UserId[]; remove: readonly UserId[] },
): Promise<MembershipDelta> {
  // One look into the index for each who is named, whatever the plan thinks a group's size to be.
  const isMember = sql`(select true from memberships m where m.workspace_id = ${unestimated(scope.workspaceId)}
    and m.group_id = ${groupId} and m.user_id = wanted.user_id and m.until = 'infinity')`;
  const removed =
    wanted.base === 'empty'
      ? // Hashed; PostgreSQL 14 would go through the array for each row of `<> all`.
        sql`select m.user_id, false from memberships m
          where m.workspace_id = ${unestimated(scope.workspaceId)} and m.group_id = ${groupId} and m.until = 'infinity'
            and m.user_id not in (select unnest(${wanted.add}::uuid[]))`
      : sql`select wanted.user_id, false from (select distinct unnest(${wanted.remove}::uuid[]) as user_id) wanted
          where ${isMember}`;
  const differing = await preparedForFew<{ user_id: UserId; added: boolean }>(
    scope,
    `compare_members_${wanted.base}`,
    wanted.add.length + wanted.remove.length,
    sql`select wanted.user_id, true as added from (select distinct unnest(${wanted.add}::uuid[]) as user_id) wanted
      where ${isMember} is null
      union all ${removed}`,
  );
  return {
    added: differing.filter((one) => one.added).map((one) => one.user_id),
    removed: differing.filter((one) => !one.added).map((one) => one.user_id),
  };
}

/** Opens memberships of a locked group; `events[i]` is the event that tells of `users[i]`. */
export async function openMemberships(
  scope: WriteScope,
  groupId: GroupId,
  users: readonly UserId[],
  events: readonly EventId[],
  at: Date,
): Promise<void> {
  accessWrites(scope).assertGuarded(users);
  await preparedForFew(
    scope,
    'open_memberships',
    users.length,
    sql`insert into memberships (workspace_id, group_id, user_id, since, since_event)
      select ${scope.workspaceId}, ${groupId}, added.user_id, ${at}, added.event_id
      from unnest(${users}::uuid[], ${events}::uuid[]) as added(user_id, event_id)`,
  );
}

/** Ends memberships; `events[i]` is the event that tells of `users[i]` leaving `groups[i]`. */
export async function endMemberships(
  scope: WriteScope,
  ended: { groups: readonly GroupId[]; users: readonly UserId[]; events: readonly EventId[] },
  at: Date,
): Promise<void> {
  accessWrites(scope).assertGuarded(ended.users);
  await preparedForFew(
    scope,
    'end_memberships',
    ended.users.length,
    sql`update memberships m set until = greatest(${at}::timestamptz, m.since), until_event = ended.event_id
      from unnest(${ended.groups}::uuid[], ${ended.users}::uuid[], ${ended.events}::uuid[])
        as ended(group_id, user_id, event_id)
      where m.workspace_id = ${unestimated(scope.workspaceId)} and m.group_id = ended.group_id and m.user_id = ended.user_id
        and m.until = 'infinity' and m.group_id = any(${[...new Set(ended.groups)]}::uuid[])
        and m.user_id = any(${[...new Set(ended.users)]}::uuid[])`,
  );
}

/** The ids of the members a group has now, ascending. Loads them all: for a group that ends. */
export async function memberIds(scope: WriteScope, groupId: GroupId): Promise<UserId[]> {
  const found = await rows<{ user_id: UserId }>(
    scope,
    sql`select user_id from memberships
      where workspace_id = ${unestimated(scope.workspaceId)} and group_id = ${groupId} and until = 'infinity' order by user_id`,
  );
  return found.map((one) => one.user_id);
}

/** The groups that users are in now, one row for each membership. */
export function membershipsOf(
  scope: WriteScope,
  userIds: readonly UserId[],
): Promise<{ group_id: GroupId; user_id: UserId }[]> {
  return rows(
    scope,
    sql`select group_id, user_id from memberships
      where workspace_id = ${unestimated(scope.workspaceId)} and user_id = any(${userIds}::uuid[]) and until = 'infinity'
      order by group_id, user_id`,
  );
}

/** Characters of a name that are shown with a member or a group. */
const SHOWN_NAME = sql`left(u.full_name, 255)`;

/** Bytes that a member takes in the answer, about. */
export function memberBytes(usersUrl: string): number {
  return 150 + usersUrl.length;
}

/** One member as JSON text (RFC 7643 section 4.2), written by PostgreSQL: a large group is neither parsed nor built here. */
function memberText(usersUrl: string): Sql {
  return sql`'{"value":"' || m.user_id || '","$ref":' || to_json(${usersUrl} || m.user_id)
    || ',"display":' || to_json(${SHOWN_NAME}) || ',"type":"User"}'`;
}

/**
 * The members of groups of moderate size as the JSON text of what stands in SCIM's `members` array, by group. `usersUrl`
 * begins each `$ref`.
 */
export async function membersAsJson(
  scope: PoolScope,
  groupIds: readonly GroupId[],
  usersUrl: string,
): Promise<Map<GroupId, string>> {
  const found = await rows<{ group_id: GroupId; members: string }>(
    scope,
    sql`select m.group_id, string_agg(${memberText(usersUrl)}, ',' order by m.user_id) as members
      from memberships m
      cross join lateral (select u.full_name from users u
        where u.workspace_id = ${unestimated(scope.workspaceId)} and u.id = m.user_id offset 0) u
      where m.workspace_id = ${unestimated(scope.workspaceId)} and m.group_id = any(${groupIds}::uuid[]) and m.until = 'infinity'
      group by m.group_id`,
  );
  return new Map(found.map((one) => [one.group_id, one.members]));
}

/** Members of one group that are read at a time. */
const MEMBERS_AT_ONCE = 5_000;

/**
 * The members of one group, however many, in batches: each the JSON text of what stands in the array. Each batch is a
 * query of its own, so that nothing is held while a client reads slowly; what is changed meanwhile may show in part.
 */
export async function* memberBatches(
  scope: PoolScope,
  groupId: GroupId,
  usersUrl: string,
): AsyncGenerator<string> {
  let after: UserId | undefined;
  for (;;) {
    const [batch] = await rows<{ members: string | null; last: UserId; count: number }>(
      scope,
      sql`select string_agg(${memberText(usersUrl)}, ',' order by m.user_id) as members, count(m.user_id) as count,
          (array_agg(m.user_id order by m.user_id desc))[1] as last
        from (select x.user_id from memberships x
          where x.workspace_id = ${scope.workspaceId} and x.group_id = ${groupId} and x.until = 'infinity'
            ${after ? sql`and x.user_id > ${after}::uuid` : empty}
          order by x.user_id limit ${MEMBERS_AT_ONCE}) m
        join users u on u.workspace_id = ${unestimated(scope.workspaceId)} and u.id = m.user_id`,
    );
    if (!batch || batch.members === null) return;
    yield batch.members;
    if (batch.count < MEMBERS_AT_ONCE) return;
    after = batch.last;
  }
}

const GROUPS_AT_ONCE = 1_000;

/** The groups of one user who is in many, by id, in batches that are queries of their own. */
export async function* groupBatches(
  scope: PoolScope,
  userId: UserId,
): AsyncGenerator<readonly { readonly id: GroupId; readonly display_name: string }[]> {
  let after: GroupId | undefined;
  for (;;) {
    const batch: { id: GroupId; display_name: string }[] = await rows(
      scope,
      sql`select g.id, g.display_name from (select x.group_id from memberships x
          where x.workspace_id = ${scope.workspaceId} and x.user_id = ${userId} and x.until = 'infinity'
            ${after ? sql`and x.group_id > ${after}::uuid` : empty}
          order by x.group_id limit ${GROUPS_AT_ONCE}) m
        join groups g on g.workspace_id = ${unestimated(scope.workspaceId)} and g.id = m.group_id order by g.id`,
    );
    if (batch.length > 0) yield batch;
    if (batch.length < GROUPS_AT_ONCE) return;
    after = batch.at(-1)?.id;
  }
}
