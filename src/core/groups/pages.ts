import { notFound } from '../../errors.ts';
import { asId, type GroupId } from '../../ids.ts';
import type { CursorPage, Turned } from '../../store/cursor-page.ts';
import {
  countGroups,
  groupsByIds,
  listGroups,
  turnGroups,
  type ListedGroup,
} from '../../store/group-pages.ts';
import { findGroup, type GroupRow } from '../../store/groups.ts';
import { memberBatches, memberBytes, membersAsJson } from '../../store/memberships.ts';
import type { IndexPage } from '../../store/page.ts';
import type { Caller } from '../caller.ts';
import { indexPage } from '../index-page.ts';
import { partsWhileTokenLive } from '../live-token.ts';
import type { Core } from '../core.ts';

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
  core: Core,
  caller: Caller,
  id: string,
  members: MembersWanted | undefined,
): Promise<GroupWithMembers> {
  const groupId = asId<GroupId>(id);
  const group = groupId && (await findGroup(core.db, caller.workspaceId, groupId));
  if (!group) throw notFound('group', id);
  return withOwnMembers(core, caller, group, members);
}

/** A group with its members, which are read as they are taken. */
export function withOwnMembers(
  core: Core,
  caller: Caller,
  group: GroupRow,
  wanted: MembersWanted | undefined,
): GroupWithMembers {
  if (!wanted) return { group, members: undefined };
  const batches = memberBatches(core.db, caller.workspaceId, group.id, wanted.usersUrl);
  return { group, members: partsWhileTokenLive(core, caller, batches) };
}

/** A page of groups by position, and how many there are under the condition. */
export async function listGroupsByIndex(
  core: Core,
  caller: Caller,
  page: IndexPage,
  members: MembersWanted | undefined,
): Promise<{ total: number; items: GroupsOfPage }> {
  const { total, items: groups } = await indexPage(
    page,
    () => listGroups(core.db, caller.workspaceId, page, bytesOf(members)),
    () => countGroups(core.db, caller.workspaceId, page),
  );
  return { total, items: withMembers(core, caller, groups, members) };
}

/** A page of groups from a row on, and how many there were under the condition when the list was begun. */
export async function listGroupsByCursor(
  core: Core,
  caller: Caller,
  page: CursorPage,
  members: MembersWanted | undefined,
): Promise<Turned<GroupWithMembers> & { readonly total: number }> {
  const [total, found] = await Promise.all([
    page.turn.total ?? countGroups(core.db, caller.workspaceId, page),
    turnGroups(core.db, caller.workspaceId, page, bytesOf(members)),
  ]);
  return { ...found, total, rows: withMembers(core, caller, found.rows, members) };
}

/** The groups with these ids, in no order. */
export async function groupsOf(
  core: Core,
  caller: Caller,
  ids: readonly GroupId[],
  members: MembersWanted | undefined,
): Promise<GroupWithMembers[]> {
  if (ids.length === 0) return [];
  const groups = await groupsByIds(core.db, caller.workspaceId, ids, bytesOf(members));
  return withMembers(core, caller, groups, members);
}

function bytesOf(members: MembersWanted | undefined): number | undefined {
  return members && memberBytes(members.usersUrl);
}

type GroupsOfPage = readonly GroupWithMembers[];

/** Bytes of members that are read in one query. */
const MOST_AT_ONCE = 2 * 1024 * 1024;

/** Small groups share a query for their members, which is sent when the first of them is written. */
function withMembers(
  core: Core,
  caller: Caller,
  groups: readonly ListedGroup[],
  wanted: MembersWanted | undefined,
): GroupWithMembers[] {
  if (!wanted) return groups.map((group) => ({ group, members: undefined }));
  return runsOf(groups).flatMap((run) => {
    const [first] = run;
    if (run.length === 1 && first) return [withOwnMembers(core, caller, first, wanted)];
    let reading: ReturnType<typeof membersAsJson> | undefined;
    const ids = run.map((group) => group.id);
    const texts = () => (reading ??= membersAsJson(core.db, caller.workspaceId, ids, wanted.usersUrl));
    const membersOf = (id: GroupId) => partsWhileTokenLive(core, caller, oneOf(texts, id));
    return run.map((group) => ({ group, members: membersOf(group.id) }));
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
