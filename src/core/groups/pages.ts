import { notFound } from '../../errors.ts';
import { asId, type GroupId } from '../../ids.ts';
import type { CursorPage, Turned } from '../../store/cursor-page.ts';
import { countGroups, groupsByIds, listGroups, turnGroups } from '../../store/group-pages.ts';
import { findGroup, type GroupRow } from '../../store/groups.ts';
import { membersAsJson } from '../../store/memberships.ts';
import type { IndexPage } from '../../store/page.ts';
import type { Caller } from '../caller.ts';
import { indexPage } from '../index-page.ts';
import type { Core } from '../core.ts';

/** Asks for the members of each group, as the JSON text of an array; `usersUrl` begins each reference. */
export interface MembersWanted {
  readonly usersUrl: string;
}

export interface GroupWithMembers {
  readonly group: GroupRow;
  /** The JSON text of an array; undefined when there are none or they weren't asked for. */
  readonly members: string | undefined;
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
  return (await withMembers(core, caller, [group], members))[0] as GroupWithMembers;
}

/** A page of groups by position, and how many there are under the condition. */
export async function listGroupsByIndex(
  core: Core,
  caller: Caller,
  page: IndexPage,
  members: MembersWanted | undefined,
): Promise<{ total: number; items: GroupWithMembers[] }> {
  const { total, items: groups } = await indexPage(
    page,
    () => listGroups(core.db, caller.workspaceId, page),
    () => countGroups(core.db, caller.workspaceId, page),
  );
  return { total, items: await withMembers(core, caller, groups, members) };
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
    turnGroups(core.db, caller.workspaceId, page),
  ]);
  return { ...found, total, rows: await withMembers(core, caller, found.rows, members) };
}

/** The groups with these ids, in no order. */
export async function groupsOf(
  core: Core,
  caller: Caller,
  ids: readonly GroupId[],
  members: MembersWanted | undefined,
): Promise<GroupWithMembers[]> {
  if (ids.length === 0) return [];
  return withMembers(core, caller, await groupsByIds(core.db, caller.workspaceId, ids), members);
}

async function withMembers(
  core: Core,
  caller: Caller,
  groups: readonly GroupRow[],
  wanted: MembersWanted | undefined,
): Promise<GroupWithMembers[]> {
  if (!wanted || groups.length === 0) return groups.map((group) => ({ group, members: undefined }));
  const ids = groups.map((group) => group.id);
  const texts = await membersAsJson(core.db, caller.workspaceId, ids, wanted.usersUrl);
  return groups.map((group) => ({ group, members: texts.get(group.id) }));
}
