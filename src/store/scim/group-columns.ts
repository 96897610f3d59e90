import sql from 'sql-template-tag';
import { invalid } from '../../lib/errors.ts';
import type { AttributeRef } from '../sql/condition.ts';
import type { Source } from '../sql/where.ts';
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

const MEMBER_ELEMENT: Readonly<Record<string, Source>> = {
  value: { kind: 'uuid', expression: sql`m.user_id` },
  display: {
    kind: 'value',
    expression: sql`(select u.full_name from users u where u.workspace_id = m.workspace_id and u.id = m.user_id)`,
  },
  type: { kind: 'value', expression: sql`'User'::text` },
};

const MEMBERS: Source = {
  kind: 'elements',
  from: sql`memberships m where m.workspace_id = g.workspace_id and m.group_id = g.id and m.until = 'infinity'`,
  attribute: (inner) => elementSource(MEMBER_ELEMENT, 'members', inner),
};

/** Where a group's attribute stands, in a query whose groups table is `g`. Throws `invalid` for one that has no place. */
export function groupSource(attribute: AttributeRef): Source {
  const name = attribute.path.join('.');
  if (Object.hasOwn(COLUMNS, name)) return COLUMNS[name] as Source;
  if (name === 'members') return MEMBERS;
  if (name === 'schemas') return SCHEMAS;
  throw invalid(name, `"${name}" cannot be used in a filter or to sort by.`);
}
