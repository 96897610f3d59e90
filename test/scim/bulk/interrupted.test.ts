import { expect } from 'chai';
import { request as send } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkspaceId } from '../../../src/lib/ids.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { type Proxy, startProxy } from '../../support/proxy.ts';
import { newToken, newWorkspace } from '../http/client.ts';
import { refused } from '../http/resources.ts';
import type { Answer, Scim } from './answers.ts';
import { bulk, BULK_REQUEST, postUser, sendBulk, statuses } from './bulk.ts';

describe('bulk: interrupted', () => {
  let proxy: Proxy;
  let app: TestApp;
  let scim: Scim;
  let token: string;
  let id: WorkspaceId;

  before(async () => {
    proxy = await startProxy(process.env['DATABASE_URL'] ?? '');
    app = await startApp({ connect: proxy.urlOf, jobs: null });
  });
  beforeEach(async () => {
    ({ scim, token, id } = await newWorkspace<Answer>(app));
  });
  after(async () => {
    await app.stop();
    await proxy.cut();
  });

  /** Runs `act` the first time that the database is asked something with the text among its values. */
  function when(text: string, act: () => void): void {
    const look = ({ bindings = [] }: { bindings?: readonly unknown[] }) => {
      if (!bindings.includes(text)) return;
      app.core.db.removeListener('query', look);
      act();
    };
    app.core.db.on('query', look);
  }

  const users = Array.from({ length: 30 }, (_, at) => postUser(`u${at}`, `u${at}@x.io`));
  const total = async () => (await scim('GET', '/Users', { query: { count: 0 } })).body.totalResults;

  it('when the database goes away, the rest is 503 without being tried; sent again it is done', async () => {
    when('u5@x.io', () => void proxy.cut());
    const began = Date.now();
    const answered = await bulk(scim, users);
    expect(statuses(answered)).to.deep.equal([
      ...Array<string>(5).fill('201'),
      ...Array<string>(25).fill('503'),
    ]);
    expect(Date.now() - began).to.be.lessThan(15_000);
    await proxy.mend();
    expect(await total()).to.equal(5);
    expect(new Set(statuses(await bulk(scim, users.slice(5))))).to.deep.equal(new Set(['201']));
  }).timeout(60_000);

  it('when it does before anything was done, the whole request is 503, to be sent again', async () => {
    when('u0@x.io', () => void proxy.cut());
    const reply = await sendBulk(scim, users);
    refused(reply, 503);
    expect(Number(reply.headers['retry-after'])).to.be.greaterThan(0);
    await proxy.mend();
    expect(await total()).to.equal(0);
  }).timeout(60_000);

  it('for a client that hangs up nothing more is done', async () => {
    const body = JSON.stringify({ schemas: [BULK_REQUEST], Operations: users });
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/scim+json' };
    const sent = send(`${app.url}/scim/v2/Bulk`, { method: 'POST', headers });
    sent.on('error', () => undefined);
    when('u5@x.io', () => sent.destroy());
    sent.end(body);
    let [before, after] = [-1, await total()];
    while (after === 0 || after !== before) {
      await sleep(300);
      [before, after] = [after, await total()];
    }
    expect(after).to.be.within(5, 15);
    await app.provisioningLog.flush();
    const admin = await newToken(app, id, 'admin');
    const log = await app.request<{ items: { detail: string }[] }>(
      'GET',
      '/api/v1/scim-requests?status=499',
      {
        token: admin,
      },
    );
    expect(log.body.items[0]?.detail).to.equal(`${30 - after} of 30 operations were not processed.`);
  }).timeout(60_000);
});
