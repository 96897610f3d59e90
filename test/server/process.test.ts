import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { keptSecretKey } from '../../src/server/secret-key.ts';
import { openDb } from '../../src/store/db/pool.ts';
import { requestsTo } from '../support/app.ts';
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts';
import { type ServerProcess, startProcess } from '../support/process.ts';

const GIVEN = 'given-by-the-operator-0123456789abcdef';
const TOO_LATE = 'too-late-for-the-first-start-0123456789';
const ADMIN = 'admin-token-of-the-process-0123456789';

describe('the process', function () {
  this.timeout(60_000);

  let database: TestDatabase;
  let directory: string;
  const running: ServerProcess[] = [];

  beforeEach(async () => {
    database = await createEmptyDatabase();
    directory = await mkdtemp(join(tmpdir(), 'rollcall-process-'));
  });
  afterEach(async () => {
    for (const server of running.splice(0)) {
      server.signal('SIGKILL');
      await server.ended;
    }
    await database.drop();
    await rm(directory, { recursive: true, force: true });
  });

  const launch = async (env: Readonly<Record<string, string>> = {}) => {
    const server = await startProcess({
      DATABASE_URL: database.url,
      SECRET_KEY: 'k'.repeat(32),
      DATA_DIR: directory,
      ...env,
    });
    running.push(server);
    return server;
  };

  it('prints addresses and tokens at the first start, and never again', async () => {
    const first = await launch({ OPERATOR_TOKEN: GIVEN });
    await first.listening;
    const token = (scope: string) =>
      new RegExp(`rc_${scope}_[A-Za-z0-9_-]{43}`).exec(first.output())?.[0] ?? '';
    expect(first.output()).to.contain(`${first.url}/scim/v2`);
    expect(first.output()).to.contain('the one in OPERATOR_TOKEN');
    expect(first.output()).not.to.contain(GIVEN);
    expect(first.output()).to.contain(`SMTP_URL is not set: mail is written to ${join(directory, 'mail')}.`);
    const scim = token('scim');
    const admin = token('admin');
    expect((await requestsTo(first.url)('GET', '/scim/v2/Users', { token: scim })).status).to.equal(200);
    first.signal('SIGTERM');
    expect(await first.ended).to.equal(0);
    for (const line of first
      .output()
      .split('\n')
      .filter((text) => text.startsWith('{'))) {
      expect(line).not.to.match(/rc_(scim|admin)_/);
    }

    const second = await launch({ ADMIN_TOKEN: TOO_LATE });
    await second.listening;
    expect(second.output()).not.to.match(/rc_|set up/);
    const request = requestsTo(second.url);
    expect((await request('GET', '/api/v1/workspace', { token: admin })).status).to.equal(200);
    expect((await request('GET', '/api/v1/workspace', { token: TOO_LATE })).status).to.equal(401);
    expect((await request('GET', '/api/v1/workspaces', { token: GIVEN })).status).to.equal(200);
  });

  it('starts several times at once on an empty database', async () => {
    const servers = await Promise.all([launch(), launch(), launch()]);
    await Promise.all(servers.map((server) => server.listening));
    expect(servers.filter((server) => server.output().includes('set up'))).to.have.lengthOf(1);
    const token = servers.map((server) => /rc_admin_\S+/.exec(server.output())?.[0]).find(Boolean);
    for (const { url } of servers) {
      expect((await requestsTo(url)('GET', '/api/v1/workspace', { token })).status).to.equal(200);
    }
    // What one instance revokes is refused by the others at once.
    const [one, other] = servers;
    const { body } = await requestsTo(one.url)('POST', '/api/v1/tokens', {
      token,
      body: { name: 'Everywhere', scope: 'admin' },
    });
    const elsewhere = () => requestsTo(other.url)('GET', '/api/v1/workspace', { token: String(body.token) });
    expect((await elsewhere()).status).to.equal(200);
    await requestsTo(one.url)('DELETE', `/api/v1/tokens/${String(body.id)}`, { token });
    expect((await elsewhere()).status).to.equal(401);
  });

  it('finishes what is in flight after SIGTERM, takes nothing new, and ends with 0', async () => {
    const server = await launch({ ADMIN_TOKEN: ADMIN });
    await server.listening;
    const request = requestsTo(server.url);
    const db = openDb({ url: database.url, poolSize: 2 });
    try {
      const lock = await db.transaction();
      await lock.raw('select id from workspaces for update');
      const waiting = request('PATCH', '/api/v1/workspace', { token: ADMIN, body: { name: 'In time' } });
      await sleep(300);
      server.signal('SIGTERM');
      for (;;) {
        const answered = await request('GET', '/healthz').then(
          () => true,
          () => false,
        );
        if (!answered) break;
        await sleep(20);
      }
      await lock.rollback();
      const { status, body } = await waiting;
      expect([status, body.name]).to.deep.equal([200, 'In time']);
      const begun = Date.now();
      expect(await server.ended).to.equal(0);
      expect(Date.now() - begun).to.be.below(4000);
      expect(server.output()).to.contain('Stopped.');
    } finally {
      await db.destroy();
    }
  });

  it('cuts off what takes too long, and still ends with 0 within 10 s', async () => {
    const server = await launch({ ADMIN_TOKEN: ADMIN });
    await server.listening;
    const db = openDb({ url: database.url, poolSize: 2 });
    try {
      const lock = await db.transaction();
      await lock.raw('select id from workspaces for update');
      const stuck = requestsTo(server.url)('PATCH', '/api/v1/workspace', {
        token: ADMIN,
        body: { name: 'Late' },
      });
      const cut = stuck.then(
        () => false,
        () => true,
      );
      await sleep(300);
      const begun = Date.now();
      server.signal('SIGTERM');
      expect(await server.ended).to.equal(0);
      expect(Date.now() - begun).to.be.below(10_000);
      expect(await cut).to.equal(true);
      await lock.rollback();
    } finally {
      await db.destroy();
    }
  });

  it('says a line for each mistake in its configuration, and ends with 1', async () => {
    const server = await launch({ PORT: 'x', LOG_LEVEL: 'loud', SECRET_KEY: '' });
    expect(await server.ended).to.equal(1);
    expect(server.output().trim().split('\n')).to.deep.equal([
      'PORT must be a whole number from 1 to 65535.',
      'LOG_LEVEL must be one of error, warn, info, debug.',
      'SECRET_KEY is required with DATABASE_URL: at least 32 characters, the same on every instance.',
    ]);
  });

  it('says why it cannot start, in one line, and ends with 1', async () => {
    const unreachable = await launch({ DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/none' });
    expect(await unreachable.ended).to.equal(1);
    expect(unreachable.output().trim()).to.match(/^Rollcall cannot start\. .*127\.0\.0\.1:1.*$/);
    expect(unreachable.output()).not.to.contain('hunter2');

    const busy = createServer().listen(0, '127.0.0.1');
    await once(busy, 'listening');
    const { port } = busy.address() as AddressInfo;
    const second = await launch({ PORT: String(port) });
    expect(await second.ended).to.equal(1);
    expect(second.output().trim().split('\n').at(-1)).to.equal(
      `Rollcall cannot start. PORT: 127.0.0.1:${port} is in use by another process; stop it or choose another port.`,
    );
    busy.close();
  });
});

describe('the kept secret', () => {
  it('is made once, for its owner alone, also by several at once', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'rollcall-secret-'));
    try {
      const data = join(directory, 'data');
      const made = await Promise.all(Array.from({ length: 8 }, () => keptSecretKey(data)));
      expect(new Set(made).size).to.equal(1);
      expect(made[0]).to.match(/^[0-9a-f]{64}$/);
      expect(await keptSecretKey(data)).to.equal(made[0]);
      const file = join(data, 'secret-key');
      expect((await stat(file)).mode & 0o777).to.equal(0o600);
      expect((await readFile(file, 'utf8')).trim()).to.equal(made[0]);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
