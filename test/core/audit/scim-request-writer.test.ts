import { expect } from 'chai';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { MOST_WAITING, provisioningQueue } from '../../../src/core/audit/scim-request-queue.ts';
import { type NewProvisioningRequest, openProvisioningLog } from '../../../src/core/audit/scim-requests.ts';
import { newId, type WorkspaceId } from '../../../src/lib/ids.ts';
import { metrics } from '../../../src/lib/metrics.ts';
import { type Db, openDb } from '../../../src/store/db/pool.ts';
import { startApp, type TestApp } from '../../support/app.ts';

const entry = (
  workspace: WorkspaceId,
  more: Partial<NewProvisioningRequest> = {},
): NewProvisioningRequest => ({
  workspace_id: workspace,
  id: newId(),
  at: new Date(),
  token_name: 'test',
  request_id: 'r',
  method: 'GET',
  path: '/scim/v2/Users',
  query: null,
  body: null,
  status: 200,
  scim_type: null,
  detail: null,
  duration_ms: 1,
  user_agent: null,
  mentions: [],
  ...more,
});

/** A way to the database that can cut a connection once a COMMIT has gone through, before its answer comes back. */
async function cuttingProxy(databaseUrl: string) {
  const url = new URL(databaseUrl);
  const directory = url.searchParams.get('host');
  const port = Number(url.port || 5432);
  const target = directory ? { path: `${directory}/.s.PGSQL.${port}` } : { host: url.hostname, port };
  const sockets = new Set<Socket>();
  const state = { cuts: 0, isCutting: false };
  const server: Server = createServer((client) => {
    const upstream = connect(target);
    let isLost = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => [client, upstream].forEach((one) => one.destroy()));
    }
    client.on('data', (bytes) => {
      if (state.isCutting && /commit/i.test(bytes.toString('latin1'))) isLost = true;
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (!isLost) client.write(bytes);
      else if (/COMMIT/.test(bytes.toString('latin1'))) {
        state.cuts += 1;
        client.destroy();
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const through = new URL(databaseUrl);
  through.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  through.searchParams.delete('host');
  return {
    url: through.href,
    state,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

describe('writing the provisioning log', function () {
  this.timeout(30_000);
  let app: TestApp;
  let workspaces: WorkspaceId[];
  let proxy: Awaited<ReturnType<typeof cuttingProxy>>;
  let db: Db;

  before(async () => {
    app = await startApp({ jobs: null });
    await app.request('POST', '/api/v1/workspaces', {
      token: app.tokens.operator,
      body: { key: 'other', name: 'Other' },
    });
    const { rows } = await app.core.db.raw<{ rows: { id: WorkspaceId }[] }>('select id from workspaces');
    workspaces = rows.map(({ id }) => id);
    proxy = await cuttingProxy(app.databaseUrl);
    db = openDb({ url: proxy.url, poolSize: 2 });
  });
  after(async () => {
    await db.destroy();
    proxy.stop();
    await app.stop();
  });

  const kept = async (ids: readonly string[]) => {
    const { rows } = await app.core.db.raw<{ rows: { id: string }[] }>(
      'select id from provisioning_requests where id = any(?)',
      [ids as string[]],
    );
    return rows.map(({ id }) => id).sort();
  };
  const counted = async (name: string) => {
    const metric = await metrics.getSingleMetric(name)!.get();
    return metric.values.reduce((sum, { value }) => sum + value, 0);
  };

  it('goes on after a connection was lost between a COMMIT and its answer', async () => {
    const log = openProvisioningLog({ ...app.core, db });
    const requests = [entry(workspaces[0]!), entry(workspaces[0]!), entry(workspaces[1]!)];
    proxy.state.isCutting = true;
    requests.forEach(log.note);
    await log.flush();
    expect(proxy.state.cuts).to.be.at.least(1);
    expect(await counted('rollcall_provisioning_log_waiting')).to.be.at.least(2);
    proxy.state.isCutting = false;
    const after = entry(workspaces[0]!);
    log.note(after);
    await log.flush();
    expect(await kept([...requests, after].map(({ id }) => id))).to.have.lengthOf(4);
    expect(await counted('rollcall_provisioning_log_waiting')).to.equal(0);
    expect(await counted('rollcall_provisioning_log_lag_seconds')).to.equal(0);
    await log.close();
  });

  it('drops the one entry that the database refuses, after some tries, and counts it', async () => {
    const log = openProvisioningLog(app.core);
    const before = await counted('rollcall_provisioning_log_dropped_total');
    const poisoned = entry(workspaces[0]!, { status: 1e12 });
    const good = Array.from({ length: 50 }, (_, index) => entry(workspaces[index % 2]!));
    good.slice(0, 25).forEach(log.note);
    log.note(poisoned);
    good.slice(25).forEach(log.note);
    await log.flush();
    expect(await kept(good.map(({ id }) => id))).to.have.lengthOf(50);
    await log.flush();
    await log.flush();
    expect(await counted('rollcall_provisioning_log_dropped_total')).to.equal(before + 1);
    expect(await counted('rollcall_provisioning_log_waiting')).to.equal(0);
    await log.close();
  });

  it('does not wait for a workspace whose entries are locked', async () => {
    const log = openProvisioningLog(app.core);
    const [mine, others] = [entry(workspaces[0]!), entry(workspaces[1]!)];
    const lock = await app.core.db.transaction();
    await lock.raw('select pg_advisory_xact_lock(?, hashtext(?))', [0x526f6c70, mine.workspace_id]);
    log.note(mine);
    log.note(others);
    const flushed = log.flush();
    for (let tries = 0; tries < 100 && (await kept([others.id])).length === 0; tries++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await kept([others.id, mine.id])).to.deep.equal([others.id]);
    await lock.rollback();
    await flushed;
    expect(await kept([mine.id])).to.deep.equal([mine.id]);
    await log.close();
  });

  it('keeps in memory only so much of one workspace, so that others have room', () => {
    const queue = provisioningQueue();
    const body = 'x'.repeat(8_000);
    let taken = 0;
    while (queue.add(entry(workspaces[0]!, { body }))) taken += 1;
    expect(taken).to.be.within(300, MOST_WAITING.workspace.bytes / body.length / 2);
    expect(queue.add(entry(workspaces[1]!, { body }))).to.equal(true);
    const small = provisioningQueue();
    for (let index = 0; index < MOST_WAITING.workspace.entries; index++)
      expect(small.add(entry(workspaces[0]!))).to.equal(true);
    expect(small.add(entry(workspaces[0]!))).to.equal(false);
    expect(small.add(entry(workspaces[1]!))).to.equal(true);
    const [first] = small.oldest(workspaces[0]!, 1);
    small.remove(workspaces[0]!, new Set([first!]));
    expect(small.add(entry(workspaces[0]!))).to.equal(true);
  });
});
