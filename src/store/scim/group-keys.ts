import sql from 'sql-template-tag';
import { isOneOf, isOneOfUuids, type KeyedTable, lowerIsOneOf } from '../sql/key-lookup.ts';

/** The attributes by which groups are found in an index, in a query whose groups table is `g`. */
export const KEYED_GROUPS: KeyedTable = {
  table: sql`groups`,
  alias: sql`g`,
  keys: {
    id: { kind: 'condition', where: (values) => isOneOfUuids(sql`g.id`, values) },
    displayName: {
      kind: 'condition',
      where: (values) => sql`g.deleted_at is null and ${lowerIsOneOf(sql`g.display_name`, values)}`,
    },
    externalId: {
      kind: 'condition',
      where: (values) => sql`g.external_id is not null and ${isOneOf(sql`g.external_id`, values)}`,
    },
    members: {
      kind: 'ids',
      select: (workspaceId, values) => sql`(select distinct m.group_id from memberships m
        where m.workspace_id = ${workspaceId} and ${isOneOfUuids(sql`m.user_id`, values)} and m.until = 'infinity'
        offset 0)`,
    },
  },
};
