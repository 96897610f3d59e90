import sql, { type Sql } from 'sql-template-tag';
import { invalid } from '../../lib/errors.ts';
import type { WorkspaceId } from '../../lib/ids.ts';
import type { AttributeRef } from '../sql/condition.ts';
import { unestimated } from '../sql/key-lookup.ts';
import { jsonSource, type Source, type Sources } from '../sql/where.ts';

/** The namespace of the attributes that Rollcall adds to a user. */
export const ROLLCALL_USER = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User';

const CORE_USER = 'urn:ietf:params:scim:schemas:core:2.0:User';

const COLUMNS: Readonly<Record<string, Source>> = {
  id: { kind: 'uuid', expression: sql`u.id` },
  userName: { kind: 'value', expression: sql`u.user_name` },
  externalId: { kind: 'value', expression: sql`u.external_id` },
  active: { kind: 'value', expression: sql`(u.status = 'active')` },
  meta: { kind: 'object', expression: sql`'{"resourceType":"User"}'::jsonb` },
  'meta.resourceType': { kind: 'value', expression: sql`'User'::text` },
  'meta.created': { kind: 'value', expression: sql`u.created_at` },
  'meta.lastModified': { kind: 'value', expression: sql`u.updated_at` },
  'meta.version': { kind: 'value', expression: sql`('W/"' || u.version || '"')` },
  [ROLLCALL_USER]: { kind: 'object', expression: sql`jsonb_build_object('status', u.status)` },
  [`${ROLLCALL_USER}.status`]: { kind: 'value', expression: sql`u.status` },
  [`${ROLLCALL_USER}.joinedAt`]: { kind: 'value', expression: sql`u.joined_at` },
  [`${ROLLCALL_USER}.startDate`]: { kind: 'value', expression: sql`u.start_date::text` },
};

/** What of a user stands in other tables; those are looked up by the user's row, so without statistics. */
const ELSEWHERE: Readonly<Record<string, (workspaceId: WorkspaceId, here: Sql) => Source>> = {
  [`${ROLLCALL_USER}.organization`]: (workspaceId) => ({
    kind: 'value',
    expression: sql`coalesce(u.organization_pushed, (select o.key from organizations o
      where o.workspace_id = ${unestimated(workspaceId)} and o.id = u.organization_id))`,
  }),
  [`${ROLLCALL_USER}.lastAccessAt`]: (workspaceId) => ({
    kind: 'value',
    expression: sql`(select l.at from user_last_access l
      where l.workspace_id = ${unestimated(workspaceId)} and l.user_id = u.id)`,
  }),
  groups: (workspaceId, here) => ({
    kind: 'elements',
    from: sql`memberships m where m.workspace_id = ${here} and m.user_id = u.id and m.until = 'infinity'`,
    attribute: (inner) => elementSource(groupElement(workspaceId), 'groups', inner),
  }),
};

/** Those that every user has, and those of the namespaces in which one has attributes. */
const SCHEMAS: Source = {
  kind: 'elements',
  from: sql`(select ${CORE_USER}::text union all select ${ROLLCALL_USER}::text
    union all select key from jsonb_object_keys(u.attributes) as key where key like 'urn:%') as schema(value) where true`,
  attribute: () => ({ kind: 'value', expression: sql`schema.value` }),
};

function groupElement(workspaceId: WorkspaceId): Readonly<Record<string, Source>> {
  return {
    value: { kind: 'uuid', expression: sql`m.group_id` },
    display: {
      kind: 'value',
      expression: sql`(select g.display_name from groups g
        where g.workspace_id = ${unestimated(workspaceId)} and g.id = m.group_id)`,
    },
    type: { kind: 'value', expression: sql`'direct'::text` },
  };
}

/**
 * Where users' attributes stand, in a query whose users table is `u`. `here` is the workspace as memberships are compared
 * with it: as a plain parameter where they may be read for all users at once. Throws `invalid` for one that has no place.
 */
export function userSources(workspaceId: WorkspaceId, here = unestimated(workspaceId)): Sources {
  return (attribute) => userSource(workspaceId, here, attribute);
}

function userSource(workspaceId: WorkspaceId, here: Sql, attribute: AttributeRef): Source {
  const name = attribute.path.join('.');
  if (Object.hasOwn(COLUMNS, name)) return COLUMNS[name] as Source;
  if (Object.hasOwn(ELSEWHERE, name))
    return (ELSEWHERE[name] as (typeof ELSEWHERE)[string])(workspaceId, here);
  if (name === 'schemas') return SCHEMAS;
  if (name === 'emails') {
    const emails = jsonSource(sql`u.attributes`, attribute);
    if (emails.kind !== 'elements') return emails;
    return { ...emails, eq: (value) => sql`u.email_keys @> array[lower(${value})]` };
  }
  if (['meta.location', `${ROLLCALL_USER}.access`, 'password'].includes(name)) {
    throw invalid(name, `"${name}" cannot be used in a filter or to sort by.`);
  }
  return jsonSource(sql`u.attributes`, attribute);
}

/** The source of an attribute of an element kept in rows of its own. */
export function elementSource(
  columns: Readonly<Record<string, Source>>,
  parent: string,
  attribute: AttributeRef,
): Source {
  const name = attribute.path.join('.');
  if (!Object.hasOwn(columns, name)) throw invalid(name, `"${parent}.${name}" cannot be used in a filter.`);
  return columns[name] as Source;
}
