import { groupGrants } from '../../store/access/group-grants.ts';
import { type CountedGroup, listCountedGroups } from '../../store/scim/group-list.ts';
import { asMapping, type GroupMapping } from '../access/mapping.ts';
import type { Context } from '../context/context.ts';
import type { KeysetPage, Page } from '../shared/keyset.ts';
import { loadPageParts } from '../shared/page-parts.ts';

/** A group with what its members are granted. */
export interface MappedGroup {
  readonly group: CountedGroup;
  readonly mapping: GroupMapping;
}

/** A page of the workspace's groups and their mapping; with `unmapped` only those that grant nothing. */
export async function listMappedGroups(
  ctx: Context,
  filter: { readonly unmapped: boolean },
  page: KeysetPage<'name'>,
): Promise<Page<MappedGroup>> {
  const { items, next, partsOf } = await loadPageParts(
    await listCountedGroups(ctx.scope, filter, page),
    (ids, limit) => groupGrants(ctx.scope, ids, limit),
    (grant) => grant.group_id,
  );
  return { items: items.map((group) => ({ group, mapping: asMapping(partsOf(group.id)) })), next };
}
