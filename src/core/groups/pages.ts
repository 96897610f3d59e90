import { notFound } from '../../lib/errors.ts';
import { asId, type GroupId } from '../../lib/ids.ts';
import {
  countGroups,
  groupsByIds,
  type ListedGroup,
  listGroups,
  turnGroups,
} from '../../store/groups/group-pages.ts';
import { findGroup, type GroupRow } from '../../store/groups/groups.ts';
import { memberBatches, memberBytes, membersAsJson } from '../../store/groups/memberships.ts';
import type { CursorPage, Turned } from '../../store/sql/cursor-page.ts';
import type { IndexPage } from '../../store/sql/offset-page.ts';
import type { Context } from '../context/context.ts';
import { loadIndexPage } from '../shared/offset-page.ts';

/** Asks for the members of each group, as the JSON text of an array; `usersUrl` begins each reference. */
export interface MembersWanted {
  readonly usersUrl: string;
}

/** What stands in the array of members as JSON text, in pieces of whole members. */
export type MemberTexts = AsyncIterable<string> | Iterable<string>;

export interface GroupWithMembers {
  readonly group: GroupRow;
  /** Undefined when there are none or they weren't asked for. Those of a large group are read as they are taken. */
  readonly members: MemberTexts | undefined;
}

/** One group. Throws `not_found`. */
export async function getGroup(
  ctx: Context,
  id: string,
  members: MembersWanted | undefined,
): Promise<GroupWithMembers> {
  const groupId = asId<GroupId>(id);
  const group = groupId && (await findGroup(ctx.scope, groupId));
  if (!group) throw notFound('group', id);
  return withOwnMembers(ctx, group, members);
}

/** A group with its members, which are read as they are taken. */
export function withOwnMembers(
  ctx: Context,
  group: GroupRow,
  wanted: MembersWanted | undefined,
): GroupWithMembers {
  const members = wanted && memberBatches(ctx.scope, group.id, wanted.usersUrl);
  return { group, members };
}

/** A page of groups by position, and how many there are under the condition. */
export async function listGroupsByIndex(
  ctx: Context,
  page: IndexPage,
  members: MembersWanted | undefined,
): Promise<{ total: number; items: GroupsOfPage }> {
  const { total, items: groups } = await loadIndexPage(
    page,
    () => listGroups(ctx.scope, page, bytesOf(members)),
    () => countGroups(ctx.scope, page),
  );
  return { total, items: withMembers(ctx, groups, members) };
}

/** A page of groups from a row on, and how many there were under the condition when the list was begun. */
export async function listGroupsByCursor(
  ctx: Context,
  page: CursorPage,
  members: MembersWanted | undefined,
): Promise<Turned<GroupWithMembers> & { readonly total: number }> {
  const [total, found] = await Promise.all([
    page.turn.total ?? countGroups(ctx.scope, page),
    turnGroups(ctx.scope, page, bytesOf(members)),
  ]);
  return { ...found, total, rows: withMembers(ctx, found.rows, members) };
}

/** The groups with these ids, in no order. */
export async function groupsOf(
  ctx: Context,
  ids: readonly GroupId[],
  members: MembersWanted | undefined,
): Promise<GroupWithMembers[]> {
  if (ids.length === 0) return [];
  const groups = await groupsByIds(ctx.scope, ids, bytesOf(members));
  return withMembers(ctx, groups, members);
}

function bytesOf(members: MembersWanted | undefined): number | undefined {
  return members && memberBytes(members.usersUrl);
}

type GroupsOfPage = readonly GroupWithMembers[];

/** Bytes of members that are read in one query. */
const MOST_AT_ONCE = 2 * 1024 * 1024;

/** Small groups share a query for their members, which is sent when the first of them is written. */
function withMembers(
  ctx: Context,
  groups: readonly ListedGroup[],
  wanted: MembersWanted | undefined,
): GroupWithMembers[] {
  if (!wanted) return groups.map((group) => ({ group, members: undefined }));
  return runsOf(groups).flatMap((run) => {
    const [first] = run;
    if (run.length === 1 && first) return [withOwnMembers(ctx, first, wanted)];
    let reading: ReturnType<typeof membersAsJson> | undefined;
    const ids = run.map((group) => group.id);
    const texts = () => (reading ??= membersAsJson(ctx.scope, ids, wanted.usersUrl));
    return run.map((group) => ({ group, members: oneOf(texts, group.id) }));
  });
}

/** Neighbours whose members are few enough together. */
function runsOf(groups: readonly ListedGroup[]): ListedGroup[][] {
  const runs: ListedGroup[][] = [];
  let bytes = 0;
  for (const group of groups) {
    bytes += group.members_bytes;
    const run = runs.at(-1);
    if (run && bytes <= MOST_AT_ONCE) {
      run.push(group);
    } else {
      runs.push([group]);
      bytes = group.members_bytes;
    }
  }
  return runs;
}

async function* oneOf(texts: () => Promise<Map<GroupId, string>>, id: GroupId): AsyncGenerator<string> {
  const text = (await texts()).get(id);
  if (text !== undefined) yield text;
}
