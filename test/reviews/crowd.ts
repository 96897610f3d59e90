import type { Db } from '../../src/store/db/pool.ts';

/** Makes active users `crowd-N@x.io` of the workspace `default` who each have a role in the project `mobile` by hand. */
export async function makeCrowd(db: Db, count: number): Promise<void> {
  const text = `
    with made as (
      insert into users (workspace_id, id, user_name, status, source, managed_by, joined_at, active_since, created_at,
        updated_at)
      select w.id, gen_random_uuid(), 'crowd-' || n || '@x.io', 'active', 'admin', 'workspace', w.created_at,
        w.created_at, w.created_at, w.created_at
      from workspaces w, generate_series(1, ?::integer) n where w.key = 'default'
      returning workspace_id, id, created_at)
    insert into direct_grants (workspace_id, id, user_id, source, kind, project_id, role_id, since, since_event)
    select m.workspace_id, gen_random_uuid(), m.id, 'admin', 'project_role', p.id, r.id, m.created_at, e.id
    from made m
    join projects p on p.workspace_id = m.workspace_id and p.key = 'mobile'
    join roles r on r.workspace_id = m.workspace_id and r.key = 'tester'
    cross join lateral (select id from audit_events where workspace_id = m.workspace_id order by at limit 1) e`;
  await db.raw(text, [count]);
  await db.raw('analyze users; analyze direct_grants');
}
