import sql from 'sql-template-tag';
import type { UserId, WorkspaceId } from '../ids.ts';
import type { Tx } from './db.ts';
import { rows } from './query.ts';

/** A text that stood in a user's record at some time, and the attribute or sub-attribute of an object it stood in. */
export interface ProfileText {
  readonly attribute: string;
  readonly text: string;
}

/** Longer texts are kept nowhere but in the record. */
const LONGEST = 512;

/** Every text of a user's record and of its older versions, but for its names (`namesOf`); each once. */
export function profileTexts(tx: Tx, workspaceId: WorkspaceId, id: UserId): Promise<ProfileText[]> {
  const ofUser = sql`workspace_id = ${workspaceId} and id = ${id}`;
  const columns = sql`attributes, start_date, organization_pushed, organization_last_pushed`;
  return rows<ProfileText>(
    tx,
    sql`with versions as materialized (
        select ${columns} from users where ${ofUser} union all select ${columns} from users_history where ${ofUser}),
      texts as (
        select coalesce(sub.key, top.key) as attribute, leaf.value #>> '{}' as text
        from versions v, jsonb_each(v.attributes) top
        left join lateral jsonb_each(case jsonb_typeof(top.value) when 'object' then top.value end) sub on true,
        lateral jsonb_path_query(coalesce(sub.value, top.value), 'strict $.**') leaf(value)
        where jsonb_typeof(leaf.value) in ('string', 'number')
        union select 'startDate', start_date::text from versions
        union select 'organization', organization_pushed from versions
        union select 'organization', organization_last_pushed from versions
        union select 'roles', pushed_value from direct_grants
          where workspace_id = ${workspaceId} and user_id = ${id} and kind is null)
      select distinct attribute, text from texts where length(text) between 2 and ${LONGEST}`,
  );
}
