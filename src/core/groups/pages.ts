import { notFound } from '../../lib/errors.ts';
import { asId, type GroupId } from '../../lib/ids.ts';
import {
  countGroups,
  groupPageAfter,
  groupsByIds,
  type ListedGroup,
  listGroups,
} from '../../store/groups/group-pages.ts';
import { findGroup, type GroupRow } from '../../store/groups/groups.ts';
import { memberBatches, memberBytes, membersAsJson } from '../../store/groups/memberships.ts';
import type { CursorPage, CursorSelection } from '../../store/sql/cursor-page.ts';
import type { IndexPage } from '../../store/sql/offset-page.ts';
import type { Context } from '../context/context.ts';
import { partsWhileTokenLive } from '../context/live-token.ts';
import { loadIndexPage } from '../shared/offset-page.ts';

/** Requests the members of each group as the JSON text of an array; `usersUrl` is the base of each `$ref`. */
export interface MemberOptions {
  readonly usersUrl: string;
}

/** The contents of the members array as JSON text, in chunks of whole members. */
export type MemberTexts = AsyncIterable<string> | Iterable<string>;

export interface GroupWithMembers {
  readonly group: GroupRow;
  /** Undefined when there are none or they were not requested. Those of a large group are read while streaming. */
  readonly members: MemberTexts | undefined;
}

/** One group. Throws `not_found`. */
export async function getGroup(
  ctx: Context,
  id: string,
  members: MemberOptions | undefined,
): Promise<GroupWithMembers> {
  const groupId = asId<GroupId>(id);
  const group = groupId && (await findGroup(ctx.scope, groupId));
  if (!group) throw notFound('group', id);
  return withMemberStream(ctx, group, members);
}

/** A group with its members, which are read while streaming. */
export function withMemberStream(
  ctx: Context,
  group: GroupRow,
  options: MemberOptions | undefined,
): GroupWithMembers {
  if (!options) return { group, members: undefined };
  const batches = memberBatches(ctx.scope, group.id, options.usersUrl);
  return { group, members: partsWhileTokenLive(ctx, batches) };
}

/** A page of groups by position, and how many match the condition. */
export async function listGroupsByIndex(
  ctx: Context,
  page: IndexPage,
  members: MemberOptions | undefined,
): Promise<{ total: number; items: GroupsOfPage }> {
  const { total, items: groups } = await loadIndexPage(
    page,
    () => listGroups(ctx.scope, page, bytesOf(members)),
    () => countGroups(ctx.scope, page),
  );
  return { total, items: withMembers(ctx, groups, members) };
}

/** A page of groups by cursor, and how many matched the condition when the first page was read. */
export async function listGroupsByCursor(
  ctx: Context,
  page: CursorSelection,
  members: MemberOptions | undefined,
): Promise<CursorPage<GroupWithMembers> & { readonly total: number }> {
  const [total, result] = await Promise.all([
    page.cursor.total ?? countGroups(ctx.scope, page),
    groupPageAfter(ctx.scope, page, bytesOf(members)),
  ]);
  return { ...result, total, rows: withMembers(ctx, result.rows, members) };
}

/** The groups with these ids, in no particular order. */
export async function getGroupsByIds(
  ctx: Context,
  ids: readonly GroupId[],
  members: MemberOptions | undefined,
): Promise<GroupWithMembers[]> {
  if (ids.length === 0) return [];
  const groups = await groupsByIds(ctx.scope, ids, bytesOf(members));
  return withMembers(ctx, groups, members);
}

function bytesOf(members: MemberOptions | undefined): number | undefined {
  return members && memberBytes(members.usersUrl);
}

type GroupsOfPage = readonly GroupWithMembers[];

/** Bytes of members read by one query. */
const MAX_BATCH_BYTES = 2 * 1024 * 1024;

/** Small groups share a query for their members, which is sent when the first of them is written. */
function withMembers(
  ctx: Context,
  groups: readonly ListedGroup[],
  options: MemberOptions | undefined,
): GroupWithMembers[] {
  if (!options) return groups.map((group) => ({ group, members: undefined }));
  return splitIntoBatches(groups).flatMap((run) => {
    const [first] = run;
    if (run.length === 1 && first) return [withMemberStream(ctx, first, options)];
    let loading: ReturnType<typeof membersAsJson> | undefined;
    const ids = run.map((group) => group.id);
    const texts = () => (loading ??= membersAsJson(ctx.scope, ids, options.usersUrl));
    const membersOf = (id: GroupId) => partsWhileTokenLive(ctx, streamTextOf(texts, id));
    return run.map((group) => ({ group, members: membersOf(group.id) }));
  });
}

/** Splits groups into batches whose members fit into one query. */
function splitIntoBatches(groups: readonly ListedGroup[]): ListedGroup[][] {
  const runs: ListedGroup[][] = [];
  let bytes = 0;
  for (const group of groups) {
    bytes += group.members_bytes;
    const run = runs.at(-1);
    if (run && bytes <= MAX_BATCH_BYTES) {
      run.push(group);
    } else {
      runs.push([group]);
      bytes = group.members_bytes;
    }
  }
  return runs;
}

async function* streamTextOf(
  texts: () => Promise<Map<GroupId, string>>,
  id: GroupId,
): AsyncGenerator<string> {
  const text = (await texts()).get(id);
  if (text !== undefined) yield text;
}
