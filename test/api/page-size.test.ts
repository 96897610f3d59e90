import { expect } from 'chai';
import pg from 'pg';
import { startApp, type TestApp } from '../support/app.ts';
import { type List, peopleOf } from './people.ts';

const LIMIT = 4 * 1024 * 1024;

interface Item {
  readonly id: string;
  readonly row?: number;
}

describe('companion API: pages end at a size', function () {
  this.timeout(90_000);
  let app: TestApp;
  let client: pg.Client;
  let workspaceId: string;
  let people: ReturnType<typeof peopleOf>;
  const admin = <Body>(method: string, path: string, body?: object) => people.admin<Body>(method, path, body);

  before(async () => {
    app = await startApp();
    people = peopleOf(app);
    client = new pg.Client(app.databaseUrl);
    await client.connect();
    const found = await client.query<{ id: string }>(`select id from workspaces where key = 'default'`);
    workspaceId = found.rows[0]!.id;
    await client.query('set session_replication_role = replica');
  });
  after(async () => {
    await client.end();
    await app.stop();
  });

  /** Reads a whole list by its cursors; answers the pages. */
  async function walk(path: string): Promise<List<Item>[]> {
    const all: List<Item>[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: List<Item> = await admin('GET', `${path}${cursor === '' ? '' : `&cursor=${cursor}`}`);
      all.push(page);
      cursor = page.nextCursor;
    }
    return all;
  }

  async function checkList(path: string, total: number, keyOf: (item: Item) => unknown = ({ id }) => id) {
    const all = await walk(path);
    expect(all.length, path).to.be.above(1);
    for (const page of all) expect(Buffer.byteLength(JSON.stringify(page))).to.be.below(1.5 * LIMIT);
    const keys = all.flatMap(({ items }) => items.map(keyOf));
    expect(keys).to.have.lengthOf(total);
    expect(new Set(keys).size).to.equal(total);
  }

  it('GET /users with large pictures, in each order', async () => {
    await client.query(
      `insert into users (workspace_id, id, user_name, status, source, managed_by, active_since, joined_at, created_at,
          updated_at, attributes)
        select $1, gen_random_uuid(), 'pictured' || n || '@example.org', 'active', 'scim', 'idp', now(), now(), now(),
          now(), jsonb_build_object('photos', jsonb_build_array(jsonb_build_object('value',
            'https://example.org/' || repeat('p', 60000))))
        from generate_series(1, 150) n`,
      [workspaceId],
    );
    for (const sort of ['name', '-lastAccess']) {
      await checkList(`/users?limit=500&search=pictured&sort=${sort}`, 150);
    }
    const { items } = await admin<List<Item>>('GET', '/users?limit=20&search=pictured');
    expect(items).to.have.lengthOf(20);
  });

  it('GET /scim-requests with large bodies', async () => {
    await client.query(
      `insert into provisioning_requests (workspace_id, id, at, token_name, request_id, method, path, query, body, status,
          scim_type, detail, duration_ms, user_agent, mentions)
        select $1, gen_random_uuid(), now() - n * interval '1 second', 'okta', 'r', 'POST', '/scim/v2/Users',
          repeat('q', 4096), repeat('"', 8192), 418, null, null, 1, null, '{}'
        from generate_series(1, 600) n`,
      [workspaceId],
    );
    const all = await walk('/scim-requests?limit=500&status=418');
    expect(all.flatMap(({ items }) => items.map(({ id }) => id))).to.have.lengthOf(600);
    expect(all.length).to.be.above(2);
    for (const page of all) expect(page.items.length).to.be.within(1, 499);
  });

  it('rows of a review of people with long names', async () => {
    await client.query(
      `insert into users (workspace_id, id, user_name, status, source, managed_by, active_since, joined_at, created_at,
          updated_at, attributes)
        select $1, gen_random_uuid(), 'named' || n || '@example.org', 'active', 'scim', 'idp', now(), now(),
          now() - interval '1 hour', now() - interval '1 hour',
          jsonb_build_object('name', jsonb_build_object('formatted', n || repeat('\u540d', 4000)))
        from generate_series(1, 500) n`,
      [workspaceId],
    );
    const { id } = await admin<Item>('POST', '/reviews', {
      name: 'All',
      scope: { kind: 'workspace' },
      dueAt: '2099-01-01T00:00:00Z',
    });
    await client.query(
      `insert into review_rows (workspace_id, review_id, number, user_id, kind, account_role, source, granted_at,
          granted_event)
        select $1, $2, 1000 + row_number() over (), id, 'account_role', 'admin', 'admin', now(), gen_random_uuid()
        from users where workspace_id = $1 and user_name like 'named%'`,
      [workspaceId, id],
    );
    await checkList(`/reviews/${id}/rows?limit=500&search=named`, 500, ({ row }) => row);
  });

  it('a user with very many ways, conflicts and groups shows what it has, and says what is left out', async () => {
    await admin('POST', '/projects', { key: 'mobile', name: 'Mobile' });
    await admin('POST', '/projects', { key: 'web', name: 'Web' });
    const inserted = await client.query<{ id: string }>(
      `insert into users (workspace_id, id, user_name, status, source, managed_by, active_since, joined_at, created_at,
          updated_at)
        values ($1, gen_random_uuid(), 'everywhere@example.org', 'active', 'scim', 'idp', now(), now(), now(), now())
        returning id`,
      [workspaceId],
    );
    const { id } = inserted.rows[0]!;
    await client.query(
      `with e as (select id from audit_events where workspace_id = $1 limit 1), g as (insert into groups (workspace_id, id, display_name, source, created_at, updated_at)
          select $1, gen_random_uuid(), 'Many ' || n, 'scim', now(), now() from generate_series(1, 6000) n returning id),
        m as (insert into memberships (workspace_id, group_id, user_id, since, since_event)
          select $1, g.id, $2, now(), e.id from g, e)
        insert into group_grants (workspace_id, id, group_id, origin, kind, project_id, role_id, since, since_event)
        select $1, gen_random_uuid(), g.id, 'own', 'project_role', p.id, r.id, now(), e.id
        from g join projects p on p.workspace_id = $1 and p.key = 'mobile'
          join roles r on r.workspace_id = $1 and r.key = 'tester' cross join e`,
      [workspaceId, id],
    );
    await client.query('analyze');
    await admin('PUT', `/users/${id}/projects/web`, { role: 'viewer' });
    await client.query(
      `insert into direct_grants (workspace_id, id, user_id, source, pushed_attribute, pushed_value, since, since_event)
        select $1, gen_random_uuid(), $2, 'pushed', 'roles', 'unknown:' || n, now(), e.id
        from (select id from audit_events where workspace_id = $1 limit 1) e, generate_series(1, 1500) n`,
      [workspaceId, id],
    );
    interface Detail {
      readonly access: {
        readonly projects: readonly { readonly project: string; readonly via: readonly unknown[] }[];
      };
      readonly groups: readonly unknown[];
      readonly conflicts: readonly unknown[];
      readonly truncated?: readonly string[] | boolean;
    }
    const detail = await admin<Detail>('GET', `/users/${id}`);
    expect(detail.truncated).to.deep.equal(['groups', 'access', 'conflicts']);
    expect(detail.groups).to.have.lengthOf(5_000);
    expect(detail.conflicts).to.have.lengthOf(1_000);
    expect(detail.access.projects.map(({ project }) => project)).to.deep.equal(['mobile', 'web']);
    expect(detail.access.projects.flatMap(({ via }) => via)).to.have.lengthOf(5_000);
    const access = await admin<Detail['access'] & Pick<Detail, 'truncated'>>('GET', `/access?user=${id}`);
    expect(access.truncated).to.equal(true);
    expect(access.projects.map(({ project }) => project)).to.deep.equal(['mobile', 'web']);
    const all = await walk('/conflicts?limit=500&search=everywhere');
    expect(all.flatMap(({ items }) => items)).to.have.lengthOf(1_500);
  });

  it('GET /groups ends a page of which the grants are very many', async () => {
    await client.query(
      `insert into projects (workspace_id, id, key, name, created_at, updated_at)
        select $1, gen_random_uuid(), 'p' || n, 'P', now(), now() from generate_series(1, 900) n`,
      [workspaceId],
    );
    await client.query(
      `with g as (insert into groups (workspace_id, id, display_name, source, created_at, updated_at)
          select $1, gen_random_uuid(), 'Granting ' || n, 'scim', now(), now() from generate_series(1, 30) n returning id)
        insert into group_grants (workspace_id, id, group_id, origin, kind, project_id, role_id, since, since_event)
        select $1, gen_random_uuid(), g.id, 'own', 'project_role', p.id, r.id, now(), gen_random_uuid()
        from g join projects p on p.workspace_id = $1 and p.name = 'P'
          join roles r on r.workspace_id = $1 and r.key = 'tester'`,
      [workspaceId],
    );
    await checkList('/groups?limit=500&search=granting', 30);
  });
});
