import sql from 'sql-template-tag';
import type { UserId } from '../../lib/ids.ts';
import { rows } from '../db/query.ts';
import type { WriteScope } from '../db/scope.ts';

/** A text that stood in a user's record at some time, and the attribute or sub-attribute of an object it stood in. */
export interface ProfileText {
  readonly attribute: string;
  readonly text: string;
}

/** Characters of a text that is kept of a request: longer ones stand nowhere but in the record. */
export const LONGEST_TEXT = 512;
/** The same text in a record may have more white space, and characters in parts. */
const LONGEST_HERE = 4 * LONGEST_TEXT;

/** Every text of a user's record and of its older versions, but for its names (`namesOf`); each once. */
export function profileTexts(scope: WriteScope, id: UserId): Promise<ProfileText[]> {
  const ofUser = sql`workspace_id = ${scope.workspaceId} and id = ${id}`;
  const columns = sql`attributes, start_date, organization_pushed, organization_last_pushed`;
  return rows<ProfileText>(
    scope,
    sql`with versions as materialized (
        select ${columns} from users where ${ofUser} union all select ${columns} from users_history where ${ofUser}),
      texts as (
        ${WHOLE_TEXTS}
        union ${CHANGED_TEXTS}
        union select 'startDate', start_date::text from versions
        union select 'organization', organization_pushed from versions
        union select 'organization', organization_last_pushed from versions
        union select 'roles', pushed_value from direct_grants
          where workspace_id = ${scope.workspaceId} and user_id = ${id} and kind is null)
      select distinct attribute, text from texts where length(text) between 2 and ${LONGEST_HERE}`,
  );
}

/** The texts of versions that are kept whole. */
const WHOLE_TEXTS = sql`
  select coalesce(sub.key, top.key) as attribute, leaf.value #>> '{}' as text
  from versions v, jsonb_each(v.attributes) top
  left join lateral jsonb_each(case jsonb_typeof(top.value) when 'object' then top.value end) sub on true,
  lateral jsonb_path_query(coalesce(sub.value, top.value), 'strict $.**') leaf(value)
  where v.attributes -> '$of' is null and jsonb_typeof(leaf.value) in ('string', 'number')`;

/**
 * The texts of versions of which only what differs from another is kept (migration 0021): new values stand under "is",
 * those of an object's parts under "fields". Numbers in between are places, and no values.
 */
const CHANGED_TEXTS = sql`
  select part.attribute, leaf.value #>> '{}'
  from versions v, jsonb_each(v.attributes #> '{$of,by,fields}') top,
  lateral (
    select top.key, top.value
    where top.value -> 'fields' is null and jsonb_typeof(top.value -> 'is') is distinct from 'object'
    union all
    select sub.key, sub.value
    from jsonb_each(top.value -> 'fields') sub
    union all
    select sub.key, jsonb_build_object('is', sub.value)
    from jsonb_each(case jsonb_typeof(top.value -> 'is') when 'object' then top.value -> 'is' end) sub
  ) part(attribute, value),
  lateral jsonb_path_query(part.value, 'lax $.**.is.**') leaf(value)
  where jsonb_typeof(leaf.value) = 'string'`;
