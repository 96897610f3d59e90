import sql, { type Sql } from 'sql-template-tag';
import type { Db } from '../../src/store/db/pool.ts';
import { rows } from '../../src/store/db/query.ts';
import { acrossWorkspaces } from '../../src/store/db/scope.ts';

/** A directory that was written into the database. */
export interface Directory {
  readonly workspaceId: string;
  readonly users: number;
  /** Of some users, spread over all. */
  readonly sample: readonly SampleUser[];
  /** People who are in none of `groups`. */
  readonly outside: readonly SampleUser[];
  /** Groups by how many members they have. */
  readonly groups: ReadonlyMap<number, string>;
}

export interface SampleUser {
  readonly id: string;
  readonly userName: string;
  readonly externalId: string;
}

const SAMPLE = 2_000;
/** So many more than asked for are in no group of a certain size. */
const OUTSIDE = 500;
/** Each user is in so many of the ordinary groups. */
const GROUPS_EACH = 3;

/**
 * Writes people as a first sync would leave them: a user an entry, one ordinary group for each 20, three of these for
 * each user, and a group of each size named; every group gives a role in a project, every tenth a license too.
 */
export async function fill(
  db: Db,
  workspaceKey: string,
  users: number,
  sizes: readonly number[],
): Promise<Directory> {
  const ask = <Row>(query: Sql): Promise<Row[]> => rows<Row>(acrossWorkspaces(db), query);
  const [workspace] = await ask<{ id: string }>(sql`select id from workspaces where key = ${workspaceKey}`);
  if (!workspace) throw new Error(`There is no workspace ${workspaceKey}.`);
  const w = workspace.id;
  const groups = Math.max(10, Math.ceil(users / 20));

  await ask(sql`create schema if not exists bench`);
  await ask(sql`create table if not exists bench.u (w uuid, n integer, id uuid, primary key (w, n))`);
  await ask(sql`create table if not exists bench.g (w uuid, n integer, id uuid, primary key (w, n))`);
  await ask(
    sql`insert into bench.u select ${w}::uuid, n, gen_random_uuid() from generate_series(1, ${users + OUTSIDE}::integer) n`,
  );
  await ask(
    sql`insert into bench.g select ${w}::uuid, n, gen_random_uuid() from generate_series(1, ${groups + sizes.length}::integer) n`,
  );
  await ask(sql`insert into users (workspace_id, id, user_name, external_id, status, source, managed_by, attributes, joined_at,
        active_since, created_at, updated_at)
      select w, id, 'user.' || n || '@example.com', 'ext-' || n, 'active', 'scim', 'idp',
        jsonb_build_object(
          'displayName', 'Given' || n || ' Family' || n,
          'name', jsonb_build_object('givenName', 'Given' || n, 'familyName', 'Family' || n),
          'title', 'Engineer',
          'emails', jsonb_build_array(
            jsonb_build_object('value', 'user.' || n || '@example.com', 'type', 'work', 'primary', true)),
          'phoneNumbers', jsonb_build_array(jsonb_build_object('value', '+49 30 ' || n, 'type', 'work'))),
        now(), now(), now() - interval '1 day' + n * interval '1 ms', now()
      from bench.u where w = ${w} order by n`);
  await ask(sql`insert into groups (workspace_id, id, display_name, external_id, source, created_at, updated_at)
      select w, id, 'Group ' || n, 'group-' || n, 'scim', now() - interval '1 day' + n * interval '1 ms', now()
      from bench.g where w = ${w} order by n`);
  await ask(sql`insert into memberships (workspace_id, group_id, user_id, since, since_event)
      select u.w, g.id, u.id, now(), gen_random_uuid()
      from bench.u u cross join generate_series(1, ${GROUPS_EACH}::integer) k
      join bench.g g on g.w = u.w and g.n = 1 + (u.n::bigint * 7919 * k + k * 31) % ${groups}::integer
      where u.w = ${w} on conflict do nothing`);
  for (const [index, size] of sizes.entries()) {
    await ask(sql`insert into memberships (workspace_id, group_id, user_id, since, since_event)
        select u.w, g.id, u.id, now(), gen_random_uuid() from bench.u u
        join bench.g g on g.w = u.w and g.n = ${groups + 1 + index}::integer
        where u.w = ${w} and u.n <= ${size}::integer`);
  }
  await ask(sql`insert into projects (workspace_id, id, key, name, created_at, updated_at)
      select ${w}::uuid, gen_random_uuid(), 'project-' || n, 'Project ' || n, now(), now()
      from generate_series(1, 200) n`);
  await ask(sql`insert into group_grants (workspace_id, id, group_id, origin, kind, project_id, role_id, since, since_event)
      select g.w, gen_random_uuid(), g.id, 'own', 'project_role', p.id, r.id, now(), gen_random_uuid()
      from bench.g g
      join projects p on p.workspace_id = g.w and p.key = 'project-' || (1 + g.n % 200)
      join roles r on r.workspace_id = g.w and r.key = case when g.n % 3 = 0 then 'tester' else 'viewer' end
      where g.w = ${w}`);
  await ask(sql`insert into group_grants (workspace_id, id, group_id, origin, kind, license_id, since, since_event)
      select g.w, gen_random_uuid(), g.id, 'own', 'entitlement', l.id, now(), gen_random_uuid()
      from bench.g g
      join products p on p.workspace_id = g.w and p.key = case when g.n % 20 = 0 then 'testsigma' else 'test-management' end
      join licenses l on l.workspace_id = p.workspace_id and l.product_id = p.id and l.key = 'standard'
      where g.w = ${w} and g.n % 10 = 0`);
  const named = await ask<{ n: number; id: string }>(
    sql`select n, id from bench.g where w = ${w} and n > ${groups}::integer order by n`,
  );
  const sample = await ask<{ id: string; n: number }>(
    sql`select id, n from bench.u where w = ${w} and n <= ${users}::integer order by md5(n::text) limit ${SAMPLE}::integer`,
  );
  const outside = await ask<{ id: string; n: number }>(
    sql`select id, n from bench.u where w = ${w} and n > ${users}::integer order by n`,
  );
  return {
    workspaceId: w,
    users,
    sample: sample.map(sampleUser),
    outside: outside.map(sampleUser),
    groups: new Map(named.map(({ n, id }) => [sizes[n - groups - 1] as number, id])),
  };
}

const sampleUser = ({ id, n }: { id: string; n: number }): SampleUser => ({
  id,
  userName: `user.${n}@example.com`,
  externalId: `ext-${n}`,
});

/** Writes the same people for the servers that are compared with. */
export async function fillOthers(db: Db, { workspaceId }: Directory): Promise<void> {
  await rows(
    acrossWorkspaces(db),
    sql`create table bench.bare_users (
    id uuid primary key, user_name text not null unique, body jsonb not null)`,
  );
  await rows(
    acrossWorkspaces(db),
    sql`create table bench.naive_users (id uuid primary key, body jsonb not null)`,
  );
  await rows(
    acrossWorkspaces(db),
    sql`insert into bench.bare_users
    select id, user_name, attributes || jsonb_build_object('userName', user_name, 'active', true)
    from users where workspace_id = ${workspaceId}`,
  );
  await rows(acrossWorkspaces(db), sql`insert into bench.naive_users select id, body from bench.bare_users`);
}
