import type pg from 'pg';

/** Tables that a first sync fills. */
export const FILLED = [
  'users',
  'groups',
  'memberships',
  'direct_grants',
  'group_grants',
  'audit_events',
  'invitations',
  'provisioning_requests',
] as const;

/** Autovacuum neither vacuums nor analyzes the tables of a first sync from now on. */
export async function withoutStatistics(client: pg.Client): Promise<void> {
  for (const table of FILLED) await client.query(`alter table ${table} set (autovacuum_enabled = off)`);
}

/**
 * Users, named by numbers `from` to `to`, as a first sync leaves them: each with two addresses, a pushed role, and in
 * three groups, of which one has everybody. Groups are made as they are needed, one for each hundred users.
 */
export async function insertCrowd(
  client: pg.Client,
  workspaceId: string,
  from: number,
  to: number,
): Promise<void> {
  const fill = async (text: string) => {
    // The server does so by itself; else foreign keys are checked by plans made for empty tables.
    await client.query('discard plans');
    return client.query(text, [workspaceId, from, to]);
  };
  await fill(`insert into users (workspace_id, id, user_name, external_id, status, source, managed_by, active_since,
      joined_at, created_at, updated_at, attributes)
    select $1, gen_random_uuid(), 'User.' || n || '@example.org', 'ext-' || n, 'active', 'scim', 'idp', now(), now(),
      now(), now(), jsonb_build_object('displayName', 'User Number ' || n, 'emails', jsonb_build_array(
        jsonb_build_object('value', 'work' || n || '@example.org', 'type', 'work', 'primary', true),
        jsonb_build_object('value', 'home' || n || '@example.org', 'type', 'home')))
    from generate_series($2::integer, $3::integer) n`);
  await fill(`insert into groups (workspace_id, id, display_name, external_id, source, created_at, updated_at)
    select $1, gen_random_uuid(), 'Group ' || n, 'group-ext-' || n, 'scim', now(), now()
    from generate_series(0 * $2::integer, $3::integer / 100) n
    on conflict do nothing`);
  // Without statistics, joins of these tables would take minutes.
  await fill(`with numbered as materialized (
      select id, substring(user_name from '\\d+')::integer as n from users
      where workspace_id = $1 and user_name like 'User.%'),
    sorted as materialized (
      select array_agg(id order by substring(display_name from '\\d+')::integer) as ids from groups
      where workspace_id = $1 and display_name like 'Group %')
    insert into memberships (workspace_id, group_id, user_id, since, since_event)
    select distinct on (u.id, g.id) $1::uuid, g.id, u.id, now(), gen_random_uuid()
    from numbered u cross join sorted
    cross join lateral unnest(array[ids[1], ids[1 + n / 100], ids[1 + $3::integer / 100 - n / 100]]) as g(id)
    where n between $2::integer and $3::integer`);
  await fill(`with given as (
      insert into direct_grants (workspace_id, id, user_id, source, pushed_attribute, pushed_value, kind, account_role,
        since, since_event)
      select workspace_id, gen_random_uuid(), id, 'pushed', 'roles', 'admin', 'account_role', 'admin', now(),
        gen_random_uuid()
      from users where workspace_id = $1 and substring(user_name from '\\d+')::integer between $2 and $3
      returning user_id, since_event)
    insert into audit_events (workspace_id, id, at, actor_kind, actor_name, request_id, action,
      target_kind, target_id)
    select $1, since_event, now(), 'system', 'crowd', 'crowd', 'user.created', 'user', user_id::text from given`);
}
