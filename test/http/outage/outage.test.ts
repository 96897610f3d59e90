import { expect } from 'chai';
import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openProvisioningLog, type ProvisioningLog } from '../../../src/core/audit/scim-requests.ts';
import { prepareFirstStart } from '../../../src/core/workspaces/bootstrap.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/embedded-postgres/embedded.ts';
import { setLogLevel } from '../../../src/lib/log.ts';
import { createApp } from '../../../src/server/app.ts';
import { migrate } from '../../../src/store/db/migrate.ts';
import { type Db, openDb } from '../../../src/store/db/pool.ts';
import { requestsTo, type Send } from '../../support/app.ts';
import { makeTemporaryDirectory } from '../../support/postgres.ts';

const TOKENS = {
  scim: 'scim-token-of-the-outage-0123456789',
  admin: 'admin-token-of-the-outage-0123456789',
  operator: 'operator-token-of-the-outage-012345',
};

describe('the database away', () => {
  let directory: string;
  let database: EmbeddedPostgres;
  let db: Db;
  let server: Server;
  let request: Send;
  let id: string;
  let provisioningLog: ProvisioningLog;

  const startDatabase = () =>
    startEmbeddedPostgres({ directory: join(directory, 'postgres'), durable: false });

  before(async () => {
    setLogLevel('silent');
    directory = await makeTemporaryDirectory('outage');
    database = await startDatabase();
    db = openDb({ url: database.url, poolSize: 5 });
    await migrate(db);
    await prepareFirstStart({ db }, TOKENS);
    provisioningLog = openProvisioningLog({ db });
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on(
      'request',
      createApp({
        core: { db },
        config: { publicUrl: url, rateLimitPerSecond: 0, databasePoolSize: 5 },
        secretKey: 'k'.repeat(32),
        provisioningLog,
      }),
    );
    request = requestsTo(url);
    const created = await request<{ id: string }>('POST', '/scim/v2/Users', {
      token: TOKENS.scim,
      body: { userName: 'kept@x.io' },
    });
    expect(created.status).to.equal(201);
    id = created.body.id;
  });

  after(async () => {
    server.closeAllConnections();
    server.close();
    await provisioningLog.close();
    await db.destroy();
    await database.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('is 503 with Retry-After, never a 404, on every verb; and it comes back by itself', async function () {
    this.timeout(60_000);
    expect((await request('GET', '/readyz')).status).to.equal(200);

    await database.stop();
    const calls: [string, string, unknown?][] = [
      ['GET', `/scim/v2/Users/${id}`],
      ['GET', '/scim/v2/Users?filter=userName%20eq%20%22kept@x.io%22'],
      ['POST', '/scim/v2/Users', { userName: 'lost@x.io' }],
      ['PUT', `/scim/v2/Users/${id}`, { userName: 'kept@x.io' }],
      ['PATCH', `/scim/v2/Users/${id}`, { Operations: [{ op: 'replace', path: 'active', value: false }] }],
      ['DELETE', `/scim/v2/Users/${id}`],
      ['GET', '/scim/v2/Groups'],
    ];
    for (const [method, path, body] of calls) {
      const reply = await request(method, path, {
        token: TOKENS.scim,
        ...(body === undefined ? {} : { body }),
      });
      expect(reply.status, `${method} ${path}`).to.equal(503);
      expect(reply.headers.get('retry-after')).to.match(/^[1-9]\d*$/);
      expect(reply.headers.get('content-type')).to.equal('application/scim+json');
      expect(reply.body).to.include({ status: '503' });
    }
    const api = await request('GET', '/api/v1/workspace', { token: TOKENS.admin });
    expect(api.status).to.equal(503);
    expect(api.headers.get('content-type')).to.match(/^application\/problem\+json/);
    expect((await request('GET', '/readyz')).status).to.equal(503);
    expect((await request('GET', '/healthz')).status).to.equal(200);

    database = await startDatabase();
    const reply = await request<{ userName: string }>('GET', `/scim/v2/Users/${id}`, { token: TOKENS.scim });
    expect(reply.status).to.equal(200);
    expect(reply.body.userName).to.equal('kept@x.io');
    expect((await request('GET', '/readyz')).status).to.equal(200);
  });

  it('going away in the middle of many requests answers each with its outcome or 503', async function () {
    this.timeout(60_000);
    const pending = Array.from({ length: 40 }, (_, i) =>
      request('POST', '/scim/v2/Users', { token: TOKENS.scim, body: { userName: `meanwhile-${i}@x.io` } }),
    );
    await Promise.race(pending);
    await database.stop();
    const statuses = (await Promise.all(pending)).map((reply) => reply.status);
    expect(statuses.every((status) => status === 201 || status === 503)).to.equal(true, String(statuses));

    database = await startDatabase();
    const list = await request<{ totalResults: number }>('GET', '/scim/v2/Users?count=0', {
      token: TOKENS.scim,
    });
    expect(list.status).to.equal(200);
    // A lost COMMIT reply may have created a user: never fewer than were told so.
    expect(list.body.totalResults).to.be.at.least(1 + statuses.filter((status) => status === 201).length);
  });
});
