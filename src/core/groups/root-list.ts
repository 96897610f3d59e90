import type { GroupId, UserId } from '../../lib/ids.ts';
import { memberBytes } from '../../store/groups/memberships.ts';
import {
  countMixed,
  listMixed,
  type MixedId,
  mixedPageAfter,
  type MixedSelection,
} from '../../store/scim/root-list.ts';
import type { CursorPage, CursorSelection } from '../../store/sql/cursor-page.ts';
import type { IndexPage } from '../../store/sql/offset-page.ts';
import type { Context } from '../context/context.ts';
import { getUsersByIds, toLoadOptions, type UserParts, type UserWithAccess } from '../users/read.ts';
import { getGroupsByIds, type GroupWithMembers, type MemberOptions } from './pages.ts';

export type { MixedSelection };

/** The parts to load of each resource. */
export interface RootParts {
  readonly users: UserParts;
  readonly members: MemberOptions | undefined;
}

export type RootItem =
  | { readonly kind: 'user'; readonly user: UserWithAccess }
  | { readonly kind: 'group'; readonly group: GroupWithMembers };

/** A page of users and groups together by position, and how many match the conditions. */
export async function listRootByIndex(
  ctx: Context,
  page: MixedSelection & Pick<IndexPage, 'startIndex' | 'count'>,
  parts: RootParts,
): Promise<{ total: number; items: RootItem[] }> {
  const [total, ids] = await Promise.all([
    countMixed(ctx.scope, page),
    page.count === 0 ? [] : listMixed(ctx.scope, page, page, toRootLoadOptions(parts)),
  ]);
  return { total, items: await loadItems(ctx, ids, parts) };
}

/** A page of users and groups together by cursor, and how many matched when the first page was read. */
export async function listRootByCursor(
  ctx: Context,
  page: MixedSelection & Pick<CursorSelection, 'cursor' | 'count'>,
  parts: RootParts,
): Promise<CursorPage<RootItem> & { readonly total: number }> {
  const [total, result] = await Promise.all([
    page.cursor.total ?? countMixed(ctx.scope, page),
    mixedPageAfter(ctx.scope, page, page, toRootLoadOptions(parts)),
  ]);
  return { ...result, total, rows: await loadItems(ctx, result.rows, parts) };
}

function toRootLoadOptions({ users, members }: RootParts): Parameters<typeof listMixed>[3] {
  return { users: toLoadOptions(users), memberBytes: members && memberBytes(members.usersUrl) };
}

/** The resources that still exist, in the order of the ids. */
async function loadItems(ctx: Context, ids: readonly MixedId[], parts: RootParts): Promise<RootItem[]> {
  const userIds = ids.flatMap(({ kind, id }): UserId[] => (kind === 'user' ? [id] : []));
  const groupIds = ids.flatMap(({ kind, id }): GroupId[] => (kind === 'group' ? [id] : []));
  const [users, groups] = await Promise.all([
    getUsersByIds(ctx, userIds, parts.users),
    getGroupsByIds(ctx, groupIds, parts.members),
  ]);
  const byId = new Map<string, RootItem>([
    ...users.map((user): [string, RootItem] => [user.user.id, { kind: 'user', user }]),
    ...groups.map((group): [string, RootItem] => [group.group.id, { kind: 'group', group }]),
  ]);
  return ids.flatMap(({ id }) => byId.get(id) ?? []);
}
