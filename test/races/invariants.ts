import type { Core } from '../../src/core/context/core.ts';

/** What must hold of the database whatever happened; each query answers the rows that break it. */
const INVARIANTS: Readonly<Record<string, string>> = {
  'seats_used is what a full count finds': `
    select l.key, l.seats_used, count(distinct h.user_id) as counted
    from licenses l
    left join (
      select d.workspace_id, d.user_id, d.license_id from direct_grants d where d.until = 'infinity'
      union all
      select m.workspace_id, m.user_id, g.license_id from memberships m
      join group_grants g using (workspace_id, group_id) where m.until = 'infinity' and g.until = 'infinity'
    ) h on h.workspace_id = l.workspace_id and h.license_id = l.id and exists (
      select from users u where u.workspace_id = h.workspace_id and u.id = h.user_id and u.status <> 'inactive')
    where l.seats is not null
    group by l.workspace_id, l.id, l.key, l.seats_used
    having l.seats_used <> count(distinct h.user_id)`,
  'no license is over its limit where that is refused': `
    select key from licenses where overflow = 'refuse' and seats_used > seats`,
  'deleted users are in no group and hold nothing': `
    select u.user_name from users u where u.deleted_at is not null and (
      exists (select from memberships m where m.workspace_id = u.workspace_id and m.user_id = u.id and m.until = 'infinity')
      or exists (select from direct_grants d where d.workspace_id = u.workspace_id and d.user_id = u.id and d.until = 'infinity'))`,
  'deleted users have no machines': `
    select m.fingerprint from machines m join users u on u.workspace_id = m.workspace_id and u.id = m.user_id
    where m.removed_at is null and u.deleted_at is not null`,
  'the newest day of a user is the last access': `
    select l.user_id from user_last_access l where l.at is distinct from (
      select max(d.last_at) from user_access_days d where d.workspace_id = l.workspace_id and d.user_id = l.user_id)`,
  'one account role, one role in a project, one license of a product is given by hand': `
    select d.user_id, d.kind, d.project_id, l.product_id from direct_grants d
    left join licenses l on l.workspace_id = d.workspace_id and l.id = d.license_id
    where d.until = 'infinity' and d.source = 'admin'
    group by d.workspace_id, d.user_id, d.kind, d.project_id, l.product_id having count(*) > 1`,
  'intervals of one membership do not overlap': `
    select a.id from memberships a join memberships b on a.workspace_id = b.workspace_id and a.group_id = b.group_id
      and a.user_id = b.user_id and a.id < b.id and a.since < b.until and b.since < a.until`,
  'versions of one user do not overlap': `
    select h.id from users_history h join users u on u.workspace_id = h.workspace_id and u.id = h.id
    where h.valid_to > u.updated_at or h.updated_at >= h.valid_to`,
  'every interval has its events in the audit': `
    select m.id::text from memberships m where not exists (
      select from audit_events e where e.workspace_id = m.workspace_id and e.id = m.since_event)
      or (m.until <> 'infinity' and not exists (
        select from audit_events e where e.workspace_id = m.workspace_id and e.id = m.until_event))
    union all
    select g.id::text from group_grants g where not exists (
      select from audit_events e where e.workspace_id = g.workspace_id and e.id = g.since_event)
    union all
    select d.id::text from direct_grants d where not exists (
      select from audit_events e where e.workspace_id = d.workspace_id and e.id = d.since_event)`,
  'who is there was created by one event, and who was created is there': `
    select coalesce(u.id::text, e.target_id) from users u
    full join (
      select workspace_id, target_id, count(*) from audit_events where action = 'user.created' group by 1, 2) e
      on e.workspace_id = u.workspace_id and e.target_id = u.id::text
    where u.id is null or e.target_id is null or e.count <> 1`,
  'what is open or ended was so in the transaction that wrote its event': `
    select e.action from (
      select workspace_id, since_event, until_event, until, xmin from direct_grants
      union all select workspace_id, since_event, until_event, until, xmin from memberships
      union all select workspace_id, since_event, until_event, until, xmin from group_grants) o
    join audit_events e on e.workspace_id = o.workspace_id
      and e.id = case when o.until = 'infinity' then o.since_event else o.until_event end
    where o.xmin <> e.xmin and not exists (
      select from users u where u.workspace_id = e.workspace_id and u.erased_at is not null
        and u.id::text in (e.target_id, e.related_id))`,
  'a workspace that had an owner has one': `
    select d.workspace_id from direct_grants d where d.account_role = 'owner' group by d.workspace_id
    having not bool_or(d.until = 'infinity' and exists (
      select from users u where u.workspace_id = d.workspace_id and u.id = d.user_id and u.status = 'active'))`,
};

/** The invariants that do not hold, with the rows that break them. */
export async function brokenInvariants(core: Core): Promise<string[]> {
  const broken: string[] = [];
  for (const [name, query] of Object.entries(INVARIANTS)) {
    const { rows } = await core.db.raw<{ rows: unknown[] }>(query);
    if (rows.length > 0) broken.push(`${name}: ${JSON.stringify(rows.slice(0, 3))}`);
  }
  return broken;
}
