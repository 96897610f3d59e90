import { notFound } from '../../errors.ts';
import { asId, type GroupId } from '../../ids.ts';
import { countGroups, findGroup, listGroups, type GroupRow } from '../../store/groups.ts';
import { membersAsJson } from '../../store/memberships.ts';
import type { IndexPage } from '../../store/page.ts';
import type { Caller } from '../caller.ts';
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

/** A page of groups, and how many there are under the condition. */
export async function listGroupsByIndex(
  core: Core,
  caller: Caller,
  page: IndexPage,
  members: MembersWanted | undefined,
): Promise<{ total: number; groups: GroupWithMembers[] }> {
  const [total, groups] = await Promise.all([
    countGroups(core.db, caller.workspaceId, page),
    page.count === 0 ? [] : listGroups(core.db, caller.workspaceId, page),
  ]);
  return { total, groups: await withMembers(core, caller, groups, members) };
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
