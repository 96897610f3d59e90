import { expect } from 'chai';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller } from '../../src/core/context/caller.ts';
import { contextOf } from '../../src/core/context/context.ts';
import { issueToken, revokeToken } from '../../src/core/workspaces/tokens.ts';
import type { WorkspaceId } from '../../src/lib/ids.ts';
import { metrics } from '../../src/lib/metrics.ts';
import { type Db, openDb } from '../../src/store/db/pool.ts';
import { startApp, type StartOptions, type TestApp } from '../support/app.ts';
import { createEmptyDatabase } from '../support/database.ts';
import { startProcess } from '../support/process.ts';

/** Users whose export is more than the system takes for a client that reads nothing. */
const insertUsers = (db: Db, workspaceId: string) =>
  db.raw(
    `insert into users (workspace_id, id, user_name, status, source, managed_by, attributes, active_since,
      created_at, updated_at)
    select ?::uuid, gen_random_uuid(), 'many-' || n, 'active', 'scim', 'idp',
      jsonb_build_object('displayName', repeat('long name ', 100)), now(), now(), now()
    from generate_series(1, 30000) as n`,
    [workspaceId],
  );

interface Reading {
  readonly socket: Socket;
  readonly head: () => string;
}

/** Asks for a file by a socket of its own, and reads its first part only. */
function ask(url: string, token: string, path = '/exports/users.csv'): Reading {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let head = '';
  socket.on('error', () => undefined);
  socket.on('data', (part: Buffer) => {
    head += part.toString('latin1');
    socket.pause();
  });
  socket.write(`GET /api/v1${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  return { socket, head: () => head };
}

const statusOf = ({ head }: Reading) => Number(/^HTTP\/1\.1 (\d+)/.exec(head())?.[1] ?? 0);
const answered = async (readings: readonly Reading[], howMany = readings.length) => {
  while (readings.filter((one) => statusOf(one) !== 0).length < howMany) await sleep(20);
};
/** Whether the rest is lost: the end does not come. */
async function isCut({ socket }: Reading, withinMs: number): Promise<boolean> {
  let end = '';
  socket.removeAllListeners('data');
  socket.on('data', (part: Buffer) => (end = (end + part.toString('latin1')).slice(-500)));
  const closed = Promise.race([once(socket, 'close').then(() => true), sleep(withinMs, false)]);
  socket.resume();
  return (await closed) && !end.includes('Repr-Digest');
}

describe('slow readers of exports', () => {
  let app: TestApp;
  let other: string;
  let id: WorkspaceId;
  let system: Caller;
  const readings: Reading[] = [];

  async function start(options: StartOptions): Promise<void> {
    app = await startApp({ jobs: null, ...options });
    const { rows } = await app.core.db.raw<{ rows: { id: WorkspaceId }[] }>('select id from workspaces');
    id = rows[0]!.id;
    system = { workspaceId: id, actor: { kind: 'system', name: 'test' }, requestId: 'test' };
    await insertUsers(app.core.db, id);
    await app.request('POST', '/api/v1/workspaces', {
      token: app.tokens.operator,
      body: { key: 'quiet', name: 'Quiet' },
    });
    const made = await app.request<{ token: string }>('POST', '/api/v1/tokens', {
      token: app.tokens.operator,
      body: { name: 'quiet admin', scope: 'admin' },
      headers: { 'X-Workspace': 'quiet' },
    });
    other = made.body.token;
  }
  afterEach(async () => {
    for (const { socket } of readings.splice(0)) socket.destroy();
    await app.stop();
  });

  const read = (token: string) => {
    const reading = ask(app.url, token);
    readings.push(reading);
    return reading;
  };
  const auditor = () => issueToken(contextOf(app.core, system), { name: 'auditor', scope: 'auditor' });
  const actions = async () => {
    const { rows } = await app.core.db.raw<{ rows: { action: string; after: object }[] }>(
      `select action, after from audit_events where workspace_id = ? and target_kind = 'export' order by at, id`,
      [id],
    );
    return rows;
  };
  /** Connections to the database with a transaction that is open. */
  const open = async () => {
    const { rows } = await app.core.db.raw<{ rows: object[] }>(
      `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
        and xact_start is not null and query ~* '^(fetch|declare|select|with|begin)'`,
    );
    return rows.length;
  };
  const until = async (isSo: () => Promise<boolean>) => {
    const deadline = Date.now() + 15_000;
    while (!(await isSo())) {
      if (Date.now() > deadline) throw new Error('It did not come to that in 15 s.');
      await sleep(50);
    }
  };

  it('take only their own places: 429 beyond two, and nobody else notices', async () => {
    await start({});
    const { token } = await auditor();
    const ten = Array.from({ length: 10 }, () => read(token));
    await answered(ten, 2);
    const [waits, quiet]: [number[], number[]] = [[], []];
    for (let n = 0; n < 20; n += 1) {
      const began = Date.now();
      const replies = await Promise.all([
        app.request('GET', '/api/v1/users?limit=1', { token: other }),
        app.request('GET', '/api/v1/exports/access.csv', { token: other }),
        app.request('POST', '/scim/v2/Users', { token: app.tokens.scim, body: { userName: `u${n}` } }),
      ]);
      waits.push(Date.now() - began);
      quiet.push(...replies.map(({ status }) => status));
      await sleep(50);
    }
    expect(new Set(quiet)).to.deep.equal(new Set([200, 201]));
    expect(Math.max(...waits)).to.be.below(1_500);
    await answered(ten);
    const statuses = ten.map(statusOf).sort();
    expect(statuses).to.deep.equal([200, 200, ...Array<number>(8).fill(429)]);
    const refused = ten.find((one) => statusOf(one) === 429)!.head();
    expect(refused)
      .to.match(/Retry-After: \d/i)
      .and.to.contain('too many exports under way');
    expect(await metrics.metrics()).to.match(
      /rollcall_refused_total\{limit="exports",by="workspace"\} [1-9]/,
    );

    // Who hangs up gives his place back.
    for (const { socket } of ten) socket.destroy();
    await until(async () => (await open()) === 0);
    await until(
      async () => (await actions()).filter(({ action }) => action === 'export.interrupted').length === 2,
    );
    const again = read(token);
    await answered([again]);
    expect(statusOf(again)).to.equal(200);
  }).timeout(90_000);

  it('lose the rest when they read nothing for long, and what they held is given back', async () => {
    await start({ http: { pace: { bytesPerSecond: 16 * 1024, patienceMs: 2_000 } } });
    const { token } = await auditor();
    const two = [read(token), read(token)];
    await answered(two);
    await until(async () => (await open()) === 0);
    expect((await actions()).map(({ action }) => action)).to.deep.equal([
      'export.started',
      'export.started',
      'export.interrupted',
      'export.interrupted',
    ]);
    for (const one of two) expect(await isCut(one, 5_000)).to.equal(true);
  }).timeout(60_000);

  it('lose the rest after the longest time', async () => {
    await start({ streams: { longestMs: 2_000 } });
    const { token } = await auditor();
    const one = read(token);
    await answered([one]);
    await until(async () => (await open()) === 0);
    expect((await actions()).map(({ action }) => action)).to.deep.equal([
      'export.started',
      'export.interrupted',
    ]);
    expect(await isCut(one, 5_000)).to.equal(true);
  }).timeout(60_000);

  it('lose the rest within a moment when their token is revoked or expires', async () => {
    await start({});
    const { id: tokenId, token } = await auditor();
    const expiresAt = new Date(Date.now() + 2_000);
    const short = await issueToken(contextOf(app.core, system), {
      name: 'short',
      scope: 'auditor',
      expiresAt,
    });
    const two = [read(token), read(short.token)];
    await answered(two);
    expect(two.map(statusOf)).to.deep.equal([200, 200]);
    const began = Date.now();
    await revokeToken(contextOf(app.core, system), tokenId);
    await until(async () => (await open()) === 0);
    expect(Date.now() - began).to.be.below(5_000);
    for (const one of two) expect(await isCut(one, 5_000)).to.equal(true);
    const told = (await actions()).map(({ action }) => action);
    expect(told.filter((action) => action === 'export.interrupted')).to.have.length(2);
  }).timeout(60_000);
});

describe('an export and the end of its process', () => {
  it('is recorded: as begun when it is killed, as interrupted when it is stopped', async () => {
    const database = await createEmptyDatabase();
    const launch = () =>
      startProcess({
        DATABASE_URL: database.url,
        SECRET_KEY: 'k'.repeat(32),
        ADMIN_TOKEN: 'admin-token-of-the-slow-readers-0',
      });
    const db = openDb({ url: database.url, poolSize: 2 });
    const actions = async () => {
      const { rows } = await db.raw<{ rows: { action: string }[] }>(
        `select action from audit_events where target_kind = 'export' order by at, id`,
      );
      return rows.map(({ action }) => action);
    };
    try {
      const killed = await launch();
      await killed.listening;
      const { rows } = await db.raw<{ rows: { id: string }[] }>('select id from workspaces');
      await insertUsers(db, rows[0]!.id);
      const first = ask(killed.url, 'admin-token-of-the-slow-readers-0');
      await answered([first]);
      killed.signal('SIGKILL');
      await killed.ended;
      expect(await actions()).to.deep.equal(['export.started']);

      const stopped = await launch();
      await stopped.listening;
      const second = ask(stopped.url, 'admin-token-of-the-slow-readers-0');
      await answered([second]);
      const began = Date.now();
      stopped.signal('SIGTERM');
      expect(await stopped.ended).to.equal(0);
      expect(Date.now() - began).to.be.below(10_000);
      expect(await actions()).to.deep.equal(['export.started', 'export.started', 'export.interrupted']);
      for (const { socket } of [first, second]) socket.destroy();
    } finally {
      await db.destroy();
      await database.drop();
    }
  }).timeout(90_000);
});
