import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { metrics } from '../../src/lib/metrics.ts';
import { type Reply, startApp, type TestApp } from '../support/app.ts';
import { type Proxy, startProxy } from '../support/proxy.ts';

/** A request, and how it is told apart. */
type Call = readonly [name: string, send: () => Promise<Reply<unknown>>];

describe('a database that falls silent', function () {
  this.timeout(120_000);
  let app: TestApp;
  let proxy: Proxy;
  let user: string;
  let group: string;

  before(async () => {
    proxy = await startProxy(process.env.DATABASE_URL ?? '');
    app = await startApp({ connect: proxy.urlOf });
    const scim = { token: app.tokens.scim };
    const made = await app.request<{ id: string }>('POST', '/scim/v2/Users', {
      ...scim,
      body: { userName: 'ada@x.io' },
    });
    user = made.body.id;
    const grouped = await app.request<{ id: string }>('POST', '/scim/v2/Groups', {
      ...scim,
      body: { displayName: 'Testers' },
    });
    group = grouped.body.id;
  });
  after(async () => {
    await proxy.cut();
    await app.stop();
  });

  const scim = (method: string, path: string, body?: unknown): Call => [
    `${method} ${path}`,
    () => app.request(method, `/scim/v2${path}`, { token: app.tokens.scim, body }),
  ];
  const api = (method: string, path: string, body?: unknown): Call => [
    `${method} ${path}`,
    () => app.request(method, `/api/v1${path}`, { token: app.tokens.admin, body }),
  ];
  const patch = (active: boolean) => ({ Operations: [{ op: 'replace', path: 'active', value: active }] });

  const calls = (): Call[] => [
    scim('GET', `/Users/${user}`),
    scim('GET', '/Users?filter=userName%20eq%20%22ada@x.io%22'),
    scim('GET', '/Users?count=1'),
    scim('GET', '/Groups'),
    scim('PATCH', `/Users/${user}`, patch(false)),
    scim('PATCH', `/Users/${user}`, patch(true)),
    scim('PATCH', `/Groups/${group}`, {
      Operations: [{ op: 'add', path: 'members', value: [{ value: user }] }],
    }),
    scim('POST', '/Bulk', {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
      Operations: [{ method: 'DELETE', path: '/Users/00000000-0000-7000-8000-000000000000' }],
    }),
    api('GET', '/users'),
    api('GET', '/workspace'),
    api('GET', '/audit'),
    api('GET', '/exports/access.csv'),
    api('PUT', '/roles/viewer', { name: 'Viewer' }),
    api('POST', '/mapping/preview', { group, grants: [{ accountRole: 'admin' }] }),
  ];

  const isTold = (name: string, { status, headers, body }: Reply<unknown>) => {
    expect(status, `${name}: ${JSON.stringify(body)}`).to.equal(503);
    expect(headers.get('retry-after'), name).to.match(/^[1-9]\d*$/);
  };

  const recovers = async () => {
    const begun = Date.now();
    // Whatever was lost is found out by the first that asks, and what it asked is asked again.
    for (const [name, send] of calls()) {
      const reply = await send();
      expect(reply.status, `${name}: ${JSON.stringify(reply.body)}`).to.be.below(300);
    }
    expect((await app.request('GET', '/readyz')).status).to.equal(200);
    expect(Date.now() - begun).to.be.below(15_000);
  };

  it('answers every kind of request 503 with Retry-After within seconds, and comes back without a restart', async () => {
    await recovers();
    proxy.silence();
    const begun = Date.now();
    const ready = app.request('GET', '/readyz');
    const replies = await Promise.all(calls().map(([, send]) => send()));
    expect(Date.now() - begun).to.be.below(10_000);
    calls().forEach(([name], at) => isTold(name, replies[at]!));
    expect((await ready).status).to.equal(503);
    expect((await app.request('GET', '/readyz')).status).to.equal(503);
    expect((await app.request('GET', '/healthz')).status).to.equal(200);
    await proxy.mend();
    await recovers();
    expect(await metrics.getSingleMetricAsString('rollcall_database_deadlines_total')).to.match(
      / [1-9]\d*$/m,
    );
  });

  it('does not hold up those who come later behind a question that is stuck', async () => {
    await recovers();
    proxy.silence();
    const [, send] = scim('GET', `/Users/${user}`);
    const stuck = send();
    await sleep(100);
    await proxy.mend();
    // New connections work: it is asked again on one of those.
    const begun = Date.now();
    const replies = await Promise.all([stuck, ...Array.from({ length: 20 }, send)]);
    expect(replies.map(({ status }) => status)).to.deep.equal(Array(21).fill(200));
    expect(Date.now() - begun).to.be.below(6_000);
    await recovers();
  });

  it('finds out about all idle connections by the first, not by one request each', async () => {
    await Promise.all(Array.from({ length: 30 }, () => scim('GET', '/Users?count=1')[1]()));
    proxy.silence();
    await proxy.mend();
    await recovers();
  });

  it('is found out by a request that is under way, whose change is told as unknown and not as done', async () => {
    await recovers();
    // What is committed is committed, and what is not is gone: in no case may it be half of it.
    const body = { userName: 'half@x.io' };
    const silence = ({ sql }: { sql: string }) => {
      if (sql === 'commit') proxy.silenceAnswers();
    };
    app.core.db.on('query', silence);
    const begun = Date.now();
    const reply = await app.request('POST', '/scim/v2/Users', { token: app.tokens.scim, body });
    app.core.db.removeListener('query', silence);
    isTold('POST /Users', reply);
    expect(Date.now() - begun).to.be.below(20_000);
    await proxy.mend();
    const found = await app.request<{ totalResults: number; Resources: { id: string }[] }>(
      'GET',
      '/scim/v2/Users?filter=userName%20eq%20%22half@x.io%22',
      { token: app.tokens.scim },
    );
    // The database had heard the COMMIT.
    expect(found.body.totalResults).to.equal(1);
    const events = await app.request<{ items: { action: string }[] }>(
      'GET',
      `/api/v1/audit?target=${found.body.Resources[0]!.id}`,
      { token: app.tokens.admin },
    );
    expect(events.body.items.map(({ action }) => action)).to.deep.equal(['user.created']);
    await recovers();
  });
});
