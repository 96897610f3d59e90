import { expect } from 'chai';
import pg from 'pg';
import { newWorkspace, type Resource, type TestWorkspace } from '../scim/http/client.ts';
import { FILLED, insertCrowd, withoutStatistics } from '../scim/http/crowd.ts';
import { mainJob, type MainJob } from '../scim/http/main-job.ts';
import { queriesOf } from '../scim/http/queries.ts';
import { runAgain } from '../scim/http/touched-rows.ts';
import { startApp, type TestApp } from '../support/app.ts';

const USERS = 20_000;
/** Rows that one statement of the main job looks at, at most: a user's own, and those of a small group. */
const FEW = 2_000;

/** What the database knows of its tables when the crowd comes. */
const STATES: Readonly<Record<string, (client: pg.Client, app: TestApp) => Promise<void>>> = {
  nothing: () => Promise.resolve(),
  'of another workspace': async (client, app) => {
    const other = await newWorkspace<Resource>(app);
    await insertCrowd(client, other.id, 1, 5_000);
    for (const table of FILLED) await client.query(`analyze ${table}`);
  },
  'of many small workspaces': async (client) => {
    await client.query(`insert into workspaces (id, key, name, created_at, updated_at)
      select gen_random_uuid(), 'small-' || n, 'small', now(), now() from generate_series(1, 2000) n`);
    await client.query(`insert into users (workspace_id, id, user_name, external_id, status, source, managed_by,
        active_since, joined_at, created_at, updated_at)
      select id, gen_random_uuid(), key || '@example.org', key, 'active', 'scim', 'idp', now(), now(), now(), now()
      from workspaces where key like 'small-%'`);
    await client.query(`insert into groups (workspace_id, id, display_name, source, created_at, updated_at)
      select id, gen_random_uuid(), key, 'scim', now(), now() from workspaces where key like 'small-%'`);
    await client.query(`insert into memberships (workspace_id, group_id, user_id, since, since_event)
      select u.workspace_id, g.id, u.id, now(), gen_random_uuid()
      from users u join groups g on g.workspace_id = u.workspace_id and g.display_name like 'small-%'`);
    await client.query(`insert into direct_grants (workspace_id, id, user_id, source, kind, account_role, since,
        since_event)
      select workspace_id, gen_random_uuid(), id, 'admin', 'account_role', 'admin', now(), gen_random_uuid()
      from users where user_name like 'small-%'`);
    for (const table of FILLED) await client.query(`analyze ${table}`);
  },
  'of a few users': async (client) => {
    for (const table of FILLED) await client.query(`analyze ${table}`);
  },
};

/** Those in which plans are kept that were made for a small table, and those in which there is nothing to plan by. */
const TIMED: ReadonlySet<string> = new Set(['nothing', 'of a few users']);

/** Milliseconds that each takes, the median of many, for another user or group each time. */
async function mediansOf(jobs: readonly MainJob[]): Promise<Map<string, number>> {
  const medians = new Map<string, number>();
  for (const { name, run } of jobs) {
    const times: number[] = [];
    for (let n = 100; n < 2_000; n += 87) {
      const begin = performance.now();
      await run(n);
      times.push(performance.now() - begin);
    }
    medians.set(name, times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!);
  }
  return medians;
}

for (const [state, prepare] of Object.entries(STATES)) {
  describe(`SCIM over HTTP: 20,000 users and statistics ${state}`, () => {
    let app: TestApp;
    let workspace: TestWorkspace<Resource>;
    let client: pg.Client;
    let jobs: MainJob[];
    before(async function () {
      this.timeout(180_000);
      app = await startApp();
      workspace = await newWorkspace<Resource>(app);
      client = new pg.Client(app.databaseUrl);
      await client.connect();
      await withoutStatistics(client);
      await insertCrowd(client, workspace.id, USERS + 1, USERS + 60);
      await prepare(client, app);
      jobs = await mainJob(app, workspace);
      // So often that plans are kept which were made for a workspace of sixty.
      for (const { run } of jobs) for (let turn = 0; turn < 12; turn += 1) await run(USERS + 7 + turn);
      await insertCrowd(client, workspace.id, 1, USERS);
    });
    after(async () => {
      await client.end();
      await app.stop();
    });

    it('no statement of the main job looks at many rows', async function () {
      this.timeout(180_000);
      const many: string[] = [];
      for (const { name, run } of jobs) {
        const sent = await queriesOf(app.core.db, () => run(777));
        for (const query of sent) {
          for (const planFor of ['these values', 'any values'] as const) {
            const { touched, plan } = await runAgain(client, query, planFor);
            if (touched > FEW)
              many.push(`${name}\n  ${touched} rows by a plan for ${planFor}: ${query.sql}\n${plan}`);
          }
        }
      }
      expect(many, many.join('\n')).to.deep.equal([]);
    });

    it('and none takes much longer than after ANALYZE', async function () {
      if (!TIMED.has(state)) this.skip();
      this.timeout(180_000);
      // A statement that was prepared before the crowd came keeps its plan for so long.
      await new Promise((resolve) => setTimeout(resolve, 10_000));
      const before = await mediansOf(jobs);
      for (const table of FILLED) await client.query(`analyze ${table}`);
      const after = await mediansOf(jobs);
      const slow = jobs.flatMap(({ name }) => {
        const [without, analyzed] = [before.get(name)!, after.get(name)!];
        const told = `${name}: ${without.toFixed(1)} ms, ${analyzed.toFixed(1)} ms after ANALYZE`;
        return without > 5 * analyzed + 5 ? [told] : [];
      });
      expect(slow, slow.join('\n')).to.deep.equal([]);
    });
  });
}
