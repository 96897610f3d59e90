import type { GroupId, UserId } from '../../lib/ids.ts';
import { memberBytes } from '../../store/groups/memberships.ts';
import {
  countMixed,
  listMixed,
  type MixedId,
  type MixedSelection,
  turnMixed,
} from '../../store/scim/root-list.ts';
import type { CursorPage, Turned } from '../../store/sql/cursor-page.ts';
import type { IndexPage } from '../../store/sql/offset-page.ts';
import type { Context } from '../context/context.ts';
import { toLoadOptions, type UserParts, getUsersByIds, type UserWithAccess } from '../users/read.ts';
import { groupsOf, type GroupWithMembers, type MembersWanted } from './pages.ts';

export type { MixedSelection };

/** What is loaded of each. */
export interface MixedParts {
  readonly users: UserParts;
  readonly members: MembersWanted | undefined;
}

export type MixedItem =
  | { readonly kind: 'user'; readonly user: UserWithAccess }
  | { readonly kind: 'group'; readonly group: GroupWithMembers };

/** A page of users and groups together by position, and how many there are under the conditions. */
export async function listMixedByIndex(
  ctx: Context,
  page: MixedSelection & Pick<IndexPage, 'startIndex' | 'count'>,
  parts: MixedParts,
): Promise<{ total: number; items: MixedItem[] }> {
  const [total, ids] = await Promise.all([
    countMixed(ctx.scope, page),
    page.count === 0 ? [] : listMixed(ctx.scope, page, page, sizesOf(parts)),
  ]);
  return { total, items: await load(ctx, ids, parts) };
}

/**
 * A page of users and groups together from a row on, and how many there were under the conditions when the list was
 * begun.
 */
export async function listMixedByCursor(
  ctx: Context,
  page: MixedSelection & Pick<CursorPage, 'turn' | 'count'>,
  parts: MixedParts,
): Promise<Turned<MixedItem> & { readonly total: number }> {
  const [total, found] = await Promise.all([
    page.turn.total ?? countMixed(ctx.scope, page),
    turnMixed(ctx.scope, page, page, sizesOf(parts)),
  ]);
  return { ...found, total, rows: await load(ctx, found.rows, parts) };
}

function sizesOf({ users, members }: MixedParts): Parameters<typeof listMixed>[3] {
  return { users: toLoadOptions(users), memberBytes: members && memberBytes(members.usersUrl) };
}

/** Those that are still there, in the order of the ids. */
async function load(ctx: Context, ids: readonly MixedId[], parts: MixedParts): Promise<MixedItem[]> {
  const userIds = ids.flatMap(({ kind, id }): UserId[] => (kind === 'user' ? [id] : []));
  const groupIds = ids.flatMap(({ kind, id }): GroupId[] => (kind === 'group' ? [id] : []));
  const [users, groups] = await Promise.all([
    getUsersByIds(ctx, userIds, parts.users),
    groupsOf(ctx, groupIds, parts.members),
  ]);
  const byId = new Map<string, MixedItem>([
    ...users.map((user): [string, MixedItem] => [user.user.id, { kind: 'user', user }]),
    ...groups.map((group): [string, MixedItem] => [group.group.id, { kind: 'group', group }]),
  ]);
  return ids.flatMap(({ id }) => byId.get(id) ?? []);
}
