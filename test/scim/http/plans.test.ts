import { expect } from 'chai';
import pg from 'pg';
import { startApp, type TestApp } from '../../support/app.ts';
import { newWorkspace, type Resource, type TestWorkspace } from './client.ts';
import { queriesOf, type SentQuery } from './queries.ts';
import { listed } from './resources.ts';

const USERS = 20_000;
const GROUPS = 5_000;

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly Plan[];
}

describe('SCIM over HTTP: lookups use an index', () => {
  let app: TestApp;
  let workspace: TestWorkspace<Resource>;
  let client: pg.Client;
  before(async () => {
    app = await startApp();
    workspace = await newWorkspace<Resource>(app);
    client = new pg.Client(app.databaseUrl);
    await client.connect();
    await client.query(
      `insert into users (workspace_id, id, user_name, external_id, status, source, managed_by, active_since, created_at,
          updated_at, attributes)
        select $1, gen_random_uuid(), 'User.' || n || '@example.org', 'ext-' || n, 'active', 'scim', 'idp', now(), now(),
          now(), jsonb_build_object('displayName', 'User Number ' || n, 'emails', jsonb_build_array(
            jsonb_build_object('value', 'work' || n || '@example.org', 'type', 'work', 'primary', true),
            jsonb_build_object('value', 'home' || n || '@example.org', 'type', 'home')))
        from generate_series(1, ${USERS}) n`,
      [workspace.id],
    );
    await client.query(
      `insert into groups (workspace_id, id, display_name, external_id, source, created_at, updated_at)
        select $1, gen_random_uuid(), 'Group ' || n, 'ext-' || n, 'scim', now(), now() from generate_series(1, ${GROUPS}) n`,
      [workspace.id],
    );
    await client.query('analyze users');
    await client.query('analyze groups');
  });
  after(async () => {
    await client.end();
    await app.stop();
  });

  /** The nodes of the plan of a query as the server sent it. */
  async function nodesOf({ sql, bindings }: SentQuery): Promise<Plan[]> {
    const explained = await client.query<{ 'QUERY PLAN': readonly { Plan: Plan }[] }>({
      text: `explain (format json) ${sql}`,
      values: [...bindings],
    });
    const flat = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flat)];
    return explained.rows[0]!['QUERY PLAN'].flatMap(({ Plan: plan }) => flat(plan));
  }

  const lookups: readonly (readonly [path: string, filter: string, index: string])[] = [
    ['/Users', 'userName eq "USER.777@example.org"', 'users_user_name_unique'],
    ['/Users', 'externalId eq "ext-777"', 'users_external_id'],
    ['/Users', 'emails.value eq "Work777@example.org"', 'users_email_keys'],
    ['/Users', 'emails eq "home777@example.org"', 'users_email_keys'],
    ['/Users', 'emails[type eq "work"].value eq "work777@example.org"', 'users_email_keys'],
    ['/Users', 'emails[type eq "work" and value eq "work777@example.org"]', 'users_email_keys'],
    ['/Users', 'displayName eq "user number 777"', 'users_display_name'],
    ['/Users', 'userName eq "User.777@example.org" and active eq true', 'users_user_name_unique'],
    ['/Groups', 'displayName eq "GROUP 777"', 'groups_display_name_unique'],
    ['/Groups', 'externalId eq "ext-777"', 'groups_external_id'],
  ];
  for (const [path, filter, index] of lookups) {
    it(`${path}: ${filter} by ${index}`, async () => {
      const table = path.slice(1).toLowerCase();
      const sent = await queriesOf(app.core.db, async () => {
        const found = listed(await workspace.scim('GET', path, { query: { filter } }));
        expect(found).to.have.lengthOf(1);
        const counted = await workspace.scim('GET', path, { query: { filter, count: 0 } });
        expect(counted.body.totalResults).to.equal(1);
      });
      const lists = sent.filter(({ sql }) => sql.includes(`from ${table} `));
      expect(lists, 'the page, which needs no count, and the count').to.have.lengthOf(2);
      for (const query of lists) {
        const nodes = await nodesOf(query);
        expect(nodes.map((node) => node['Index Name']).filter(Boolean)).to.include(index);
        const scanned = nodes.filter((node) => node['Node Type'].includes('Seq Scan'));
        expect(scanned.map((node) => node['Relation Name'])).not.to.include(table);
      }
    });
  }

  it('the check sees a scan where there is one', async () => {
    const sent = await queriesOf(app.core.db, () =>
      workspace.scim('GET', '/Users', { query: { filter: 'title co "x"', count: 0 } }),
    );
    const query = sent.find(({ sql }) => sql.includes('from users '));
    expect((await nodesOf(query!)).map((node) => node['Relation Name'])).to.include('users');
    expect((await nodesOf(query!)).map((node) => node['Index Name'])).not.to.include(
      'users_user_name_unique',
    );
  });
});
