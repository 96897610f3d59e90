import { expect } from 'chai';
import { request as open } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { newWorkspace } from '../scim/http/client.ts';
import { startApp, type TestApp } from '../support/app.ts';

describe('a question that takes long', function () {
  this.timeout(90_000);
  let app: TestApp;
  let other: pg.Client;
  let quiet: Awaited<ReturnType<typeof newWorkspace>>;

  before(async () => {
    app = await startApp({ jobs: null });
    other = new pg.Client(app.databaseUrl);
    await other.connect();
    quiet = await newWorkspace(app);
  });
  // Nothing is read of users meanwhile: as good as a question that takes minutes to work out.
  beforeEach(() => other.query('begin; lock table users in access exclusive mode'));
  afterEach(() => other.query('rollback'));
  after(async () => {
    await other.end();
    await app.stop();
  });

  /** How many questions of requests the database works on. */
  const running = async () => {
    const { rows } = await other.query<{ count: number }>(
      `select count(*) as count from pg_stat_activity
        where datname = current_database() and state = 'active' and wait_event_type = 'Lock'
        and query not like '%provisioning_requests%'`,
    );
    return rows[0]?.count ?? 0;
  };
  const ended = async () => {
    const begun = Date.now();
    while ((await running()) > 0) {
      expect(Date.now() - begun, 'still running').to.be.below(2_000);
      await sleep(50);
    }
  };
  /** Sends a request and hangs up after a while; answers what the database was doing at that moment. */
  const hangUpAfter = async (ms: number, path: string, token: string) => {
    const sent = open(`${app.url}${path}`, { headers: { Authorization: `Bearer ${token}` } });
    sent.on('error', () => undefined);
    sent.end();
    await sleep(ms);
    const during = await running();
    sent.destroy();
    return during;
  };

  const filter = encodeURIComponent('title co "x"');
  const reads: [path: string, scope: 'scim' | 'admin'][] = [
    [`/scim/v2/Users?filter=${filter}`, 'scim'],
    ['/scim/v2/Users?count=0', 'scim'],
    [`/scim/v2/Users?sortBy=title&cursor`, 'scim'],
    [`/scim/v2/?filter=${filter}`, 'scim'],
    ['/api/v1/users?search=x', 'admin'],
    ['/api/v1/conflicts', 'admin'],
  ];
  for (const [path, scope] of reads) {
    it(`is stopped in the database when its client hangs up: ${path}`, async () => {
      expect(await hangUpAfter(600, path, app.tokens[scope])).to.be.greaterThan(0);
      await ended();
    });
  }

  it('is stopped also once it is known to be long', async () => {
    expect(await hangUpAfter(3_000, `/scim/v2/Users?filter=${filter}`, app.tokens.scim)).to.be.greaterThan(0);
    await ended();
  });

  it('is worked on for few of a workspace at once, and holds up no other workspace', async () => {
    const crowd = Array.from({ length: 40 }, () =>
      hangUpAfter(6_000, `/scim/v2/Users?filter=${filter}`, app.tokens.scim),
    );
    const took: number[] = [];
    let most = 0;
    const begun = Date.now();
    while (Date.now() - begun < 5_500) {
      const at = Date.now();
      const { status } = await quiet.scim('GET', '/Groups', { query: { filter: 'displayName co "x"' } });
      expect(status).to.equal(200);
      took.push(Date.now() - at);
      most = Math.max(most, await running());
      await sleep(20);
    }
    await Promise.all(crowd);
    await ended();
    expect(most).to.be.within(1, 4);
    expect(took.sort((a, b) => a - b)[Math.floor(took.length * 0.99)]).to.be.below(1_000);
  });
});
