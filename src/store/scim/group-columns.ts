import sql, { type Sql } from 'sql-template-tag';
import { invalid } from '../../lib/errors.ts';
import type { WorkspaceId } from '../../lib/ids.ts';
import type { AttributeRef } from '../sql/condition.ts';
import { unestimated } from '../sql/key-lookup.ts';
import type { Source, Sources } from '../sql/where.ts';
import { elementSource } from './user-columns.ts';

const COLUMNS: Readonly<Record<string, Source>> = {
  id: { kind: 'uuid', expression: sql`g.id` },
  displayName: { kind: 'value', expression: sql`g.display_name` },
  externalId: { kind: 'value', expression: sql`g.external_id` },
  meta: { kind: 'object', expression: sql`'{"resourceType":"Group"}'::jsonb` },
  'meta.resourceType': { kind: 'value', expression: sql`'Group'::text` },
  'meta.created': { kind: 'value', expression: sql`g.created_at` },
  'meta.lastModified': { kind: 'value', expression: sql`g.updated_at` },
  'meta.version': { kind: 'value', expression: sql`('W/"' || g.version || '"')` },
};

const SCHEMAS: Source = {
  kind: 'elements',
  from: sql`(select 'urn:ietf:params:scim:schemas:core:2.0:Group') as schema(value) where true`,
  attribute: () => ({ kind: 'value', expression: sql`schema.value` }),
};

function memberElement(workspaceId: WorkspaceId): Readonly<Record<string, Source>> {
  return {
    value: { kind: 'uuid', expression: sql`m.user_id` },
    display: {
      kind: 'value',
      expression: sql`(select u.full_name from users u
        where u.workspace_id = ${unestimated(workspaceId)} and u.id = m.user_id)`,
    },
    type: { kind: 'value', expression: sql`'User'::text` },
  };
}

function members(workspaceId: WorkspaceId, here: Sql): Source {
  return {
    kind: 'elements',
    from: sql`memberships m where m.workspace_id = ${here} and m.group_id = g.id and m.until = 'infinity'`,
    attribute: (inner) => elementSource(memberElement(workspaceId), 'members', inner),
  };
}

/** Where groups' attributes stand, in a query whose groups table is `g`; as `userSources`. */
export function groupSources(workspaceId: WorkspaceId, here = unestimated(workspaceId)): Sources {
  return (attribute) => groupSource(workspaceId, here, attribute);
}

function groupSource(workspaceId: WorkspaceId, here: Sql, attribute: AttributeRef): Source {
  const name = attribute.path.join('.');
  if (Object.hasOwn(COLUMNS, name)) return COLUMNS[name] as Source;
  if (name === 'members') return members(workspaceId, here);
  if (name === 'schemas') return SCHEMAS;
  throw invalid(name, `"${name}" cannot be used in a filter or to sort by.`);
}
