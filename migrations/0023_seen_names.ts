import type { Knex } from 'knex';

/**
 * UserNames that were kept with outer spaces or characters that nobody sees are kept without them, as new ones are, so
 * that whoever looks them up finds them. Where that name is another user's already, both stay as they are
 * (docs/adr/0007). Only such rows are written; reading all users takes no lock that anybody waits for.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    with prepared as materialized (
      select workspace_id, id, user_name, updated_at,
        btrim(regexp_replace(regexp_replace(user_name, '${WHITE_SPACE}', ' ', 'g'), '${UNSEEN}', '', 'g'), ' ') as name
      from users
      where erased_at is null and user_name ~ '^ | $|${WHITE_SPACE}|${UNSEEN}'),
    free as (
      select distinct on (p.workspace_id, lower(p.name)) p.*
      from prepared p
      where p.name not in ('', p.user_name) and not exists (
        select from users o
        where o.workspace_id = p.workspace_id and lower(o.user_name) = lower(p.name) and o.id <> p.id)
      order by p.workspace_id, lower(p.name), p.id),
    renamed as (
      update users u set user_name = free.name, version = u.version + 1,
        updated_at = greatest(clock_timestamp()::timestamptz(3), u.updated_at + interval '1 millisecond')
      from free
      where u.workspace_id = free.workspace_id and u.id = free.id and u.user_name = free.user_name
      returning u.workspace_id, u.id, u.updated_at, u.user_name, free.user_name as before)
    insert into audit_events (workspace_id, id, at, actor_kind, actor_name, request_id, action, target_kind, target_id,
      target_name, before, after)
    select workspace_id, gen_random_uuid(), updated_at, 'system', 'migration', 'migration-0023', 'user.updated', 'user',
      id, user_name, jsonb_build_object('userName', before), jsonb_build_object('userName', user_name)
    from renamed`);
}

/** Unicode's White_Space but for U+0020. */
const WHITE_SPACE = String.raw`[\u0009-\u000d\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;

/** Unicode's Default_Ignorable_Code_Point, and control characters. */
const UNSEEN = String.raw`[\u0001-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]`;
