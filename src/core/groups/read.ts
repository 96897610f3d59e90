import type { GroupId } from '../../ids.ts';
import { groupGrants, type GroupGrantRow } from '../../store/group-grants.ts';
import { listCountedGroups, type CountedGroup } from '../../store/group-list.ts';
import type { Caller } from '../caller.ts';
import type { Core } from '../core.ts';
import type { KeysetPage, Page } from '../keyset.ts';
import { asMapping, type GroupMapping } from '../mapping.ts';

/** A group with what its members are granted. */
export interface MappedGroup {
  readonly group: CountedGroup;
  readonly mapping: GroupMapping;
}

/** A page of the workspace's groups and how they are mapped; with `unmapped` those that give nothing. */
export async function listMappedGroups(
  core: Core,
  caller: Caller,
  filter: { readonly unmapped: boolean },
  page: KeysetPage<'name'>,
): Promise<Page<MappedGroup>> {
  const { items, next } = await listCountedGroups(core.db, caller.workspaceId, filter, page);
  const ids = items.map((group) => group.id);
  const grants = ids.length === 0 ? [] : await groupGrants(core.db, caller.workspaceId, ids);
  const byGroup = new Map(ids.map((id): [GroupId, GroupGrantRow[]] => [id, []]));
  for (const grant of grants) byGroup.get(grant.group_id)?.push(grant);
  return { items: items.map((group) => ({ group, mapping: asMapping(byGroup.get(group.id) ?? []) })), next };
}
