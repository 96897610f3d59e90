import sql, { empty } from 'sql-template-tag';
import { rows } from '../db/query.ts';
import type { PoolScope } from '../db/scope.ts';
import type { GroupRow } from '../groups/groups.ts';
import { keyset, type KeysetPage, type Page, toKeysetPage } from '../sql/keyset-page.ts';
import { byText } from '../sql/keyset.ts';

/** A group with how many members it has. */
export type CountedGroup = Pick<GroupRow, 'id' | 'display_name' | 'external_id' | 'source'> & {
  readonly members: number;
};

const SORTS = { name: byText(sql`g.display_name`) };

/**
 * A page of the workspace's groups, members counted for those of the page only. With `unmapped` those that give
 * nothing. The search looks at names.
 */
export async function listCountedGroups(
  scope: PoolScope,
  filter: { readonly unmapped: boolean },
  page: KeysetPage<'name'>,
): Promise<Page<CountedGroup & { readonly sort_value: string }>> {
  const { column, conditions, order } = keyset(page, SORTS, sql`g.id`, [sql`g.display_name`]);
  const direction = page.sort.descending ? sql`desc` : sql`asc`;
  const unmapped = sql`and not exists (select from group_grants gg
    where gg.workspace_id = ${scope.workspaceId} and gg.group_id = g.id and gg.until = 'infinity')`;
  const found = await rows<CountedGroup & { sort_value: string }>(
    scope,
    sql`select p.*, (select count(*) from memberships m
          where m.workspace_id = ${scope.workspaceId} and m.group_id = p.id and m.until = 'infinity') as members
      from (select g.id, g.display_name, g.external_id, g.source, ${column} from groups g
        where g.workspace_id = ${scope.workspaceId} and g.deleted_at is null ${filter.unmapped ? unmapped : empty}
        ${conditions} ${order}) p
      order by p.sort_value collate "C" ${direction}, p.id ${direction}`,
  );
  return toKeysetPage(found, page.limit);
}
