import { expect } from 'chai';
import pg from 'pg';
import { startApp, type TestApp } from '../../support/app.ts';
import type { Answer, Scim } from '../bulk/answers.ts';
import { newWorkspace } from '../http/client.ts';
import { queriesOf } from '../http/queries.ts';
import { nextOf, previousOf } from './walk.ts';

const USERS = 20_000;
const COUNT = 50;

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly Plans?: readonly Plan[];
}

describe('cursor paging: what a page costs', () => {
  let app: TestApp;
  let scim: Scim;
  let client: pg.Client;

  before(async () => {
    app = await startApp({ jobs: null });
    const workspace = await newWorkspace<Answer>(app);
    ({ scim } = workspace);
    client = new pg.Client(app.databaseUrl);
    await client.connect();
    await client.query(
      `insert into users (workspace_id, id, user_name, status, source, managed_by, active_since, created_at, updated_at)
        select $1, gen_random_uuid(), 'u' || n, 'active', 'scim', 'idp', now(), now(), now()
        from generate_series(1, ${USERS}) n`,
      [workspace.id],
    );
    await client.query(
      `insert into groups (workspace_id, id, display_name, source, created_at, updated_at)
        select $1, gen_random_uuid(), 'g' || n, 'scim', now(), now() from generate_series(1, 2000) n`,
      [workspace.id],
    );
    await client.query('analyze users, groups');
  });
  after(async () => {
    await client.end();
    await app.stop();
  });

  const flat = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flat)];

  /** The scans of users and groups that a page is read by, without those that count. */
  async function scansOf(path: string, query: Record<string, string | number>): Promise<Plan[]> {
    const sent = await queriesOf(app.core.db, () => scim('GET', path, { query }));
    const page = sent.filter(({ sql }) => sql.includes('sort_value'));
    expect(page).to.have.lengthOf(1);
    const { sql, bindings } = page[0]!;
    expect(sql).not.to.match(/\boffset\b/i);
    const explained = await client.query<{ 'QUERY PLAN': readonly { Plan: Plan }[] }>({
      text: `explain (analyze, format json) ${sql}`,
      values: [...bindings],
    });
    return explained.rows[0]!['QUERY PLAN'].flatMap(({ Plan: plan }) => flat(plan)).filter((plan) =>
      ['users', 'groups'].includes(plan['Relation Name'] ?? ''),
    );
  }

  for (const path of ['/Users', '/Groups', '/']) {
    it(`${path}: the list is counted once, when it is begun`, async () => {
      const counts = async (query: Record<string, string | number>) =>
        (await queriesOf(app.core.db, () => scim('GET', path, { query }))).filter(({ sql }) =>
          sql.includes('count(*)'),
        );
      const first = await scim('GET', path, { query: { cursor: '', count: 7 } });
      const query = { cursor: nextOf(first), count: 7 };
      expect(await counts({ cursor: '', count: 7 })).not.to.deep.equal([]);
      expect(await counts(query)).to.deep.equal([]);
      const second = await scim('GET', path, { query });
      expect(second.body.totalResults).to.equal(first.body.totalResults).and.to.be.above(1_000);
      const again = await scim('GET', path, { query: { cursor: previousOf(second), count: 7 } });
      expect(again.body.totalResults).to.equal(first.body.totalResults);
    });

    it(`${path}: a page deep in the list reads what the first reads, by an index of ids`, async () => {
      let page = await scim('GET', path, { query: { cursor: '', count: 500 } });
      while (page.body.totalResults > 2000 && page.body.Resources.at(-1)!.id < 'b') {
        page = await scim('GET', path, { query: { cursor: nextOf(page), count: 500 } });
      }
      const deep = nextOf(page);
      const back = previousOf(await scim('GET', path, { query: { cursor: deep, count: COUNT } }));
      for (const cursor of ['', deep, back]) {
        const scans = await scansOf(path, { cursor, count: COUNT, attributes: 'id' });
        const table = (scan: Plan) => scan['Relation Name'] ?? '';
        const [listed, single] = [
          scans.filter((scan) => scan['Index Name'] === `${table(scan)}_shown`),
          scans.filter((scan) => scan['Index Name'] === `${table(scan)}_pkey`),
        ];
        expect(listed).to.have.lengthOf(path === '/' ? 2 : 1);
        expect(listed.length + single.length).to.equal(scans.length);
        for (const scan of listed) expect(scan['Actual Rows']).to.be.at.most(COUNT + 1);
        // Each resource of the page by its id, to be measured and shown.
        for (const scan of single) expect(scan['Actual Rows']).to.be.at.most(1);
      }
    }).timeout(60_000);
  }
});
