import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { access, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded.ts';
import { isPostmasterOf } from '../../src/embedded-postgres/processes.ts';
import { makeTemporaryDirectory } from '../support/postgres.ts';
import { end, eventually, killServers, query, recordedOwner, startServer } from './support.ts';

describe('embedded PostgreSQL, when processes are killed or meet', () => {
  let parent: string;
  let directory: string;

  before(async () => {
    parent = await makeTemporaryDirectory('rollcall-killed-');
    directory = join(parent, 'postgres');
  });

  afterEach(killServers);

  after(() => rm(parent, { recursive: true, force: true }));

  it('is started by one of three processes; the others attach', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => startServer({ directory })));
    const attached = servers.filter(({ messages }) => messages.some((text) => text.startsWith('Attached')));
    expect(attached).to.have.length(2);
    expect(new Set(servers.map(({ url }) => url)).size).to.equal(1);

    for (const server of attached) await end(server, 'SIGTERM');
    const owner = servers.find((server) => !attached.includes(server))!;
    expect(await query(owner.url, 'select 1 as one')).to.deep.equal([{ one: 1 }]);
    await end(owner, 'SIGTERM');
  });

  it('ends when its owner is killed, and has kept every row that was acknowledged', async () => {
    const server = await startServer({ directory });
    const { postmaster } = await recordedOwner(directory);
    await query(server.url, 'create table acknowledged (id int primary key)');

    const ids = await insertUntilItBreaks(server.url, () => server.process.kill('SIGKILL'));
    expect(ids.length).to.be.greaterThan(20);
    await eventually(async () => !(await isPostmasterOf(postmaster, directory)));

    const next = await startEmbeddedPostgres({ directory });
    try {
      const rows = (await query(next.url, 'select id from acknowledged')) as { id: number }[];
      const kept = new Set(rows.map(({ id }) => id));
      expect(ids.filter((id) => !kept.has(id))).to.deep.equal([]);
    } finally {
      await next.stop();
    }
  });

  it('is stopped and started anew when it was left behind without owner and watchdog', async () => {
    const server = await startServer({ directory });
    const { postmaster, watchdog } = await recordedOwner(directory);
    process.kill(watchdog.pid, 'SIGKILL');
    await end(server, 'SIGKILL');
    expect(await isPostmasterOf(postmaster, directory)).to.equal(true);

    const messages: string[] = [];
    const next = await startEmbeddedPostgres({ directory, log: (_level, text) => messages.push(text) });
    try {
      expect(messages.some((text) => text.includes('left behind'))).to.equal(true);
      expect(await isPostmasterOf(postmaster, directory)).to.equal(false);
      expect(await query(next.url, 'select 1 as one')).to.deep.equal([{ one: 1 }]);
    } finally {
      await next.stop();
    }
  });

  it('starts when everything was killed at once and the pid now belongs to another program', async () => {
    const server = await startServer({ directory });
    const { postmaster, watchdog } = await recordedOwner(directory);
    process.kill(watchdog.pid, 'SIGKILL');
    process.kill(server.process.pid!, 'SIGKILL');
    process.kill(postmaster, 'SIGKILL');
    await eventually(async () => !(await isPostmasterOf(postmaster, directory)));

    const { uid, gid } = await stat(directory);
    const stranger = spawn('/bin/sleep', ['60'], { uid, gid, stdio: 'ignore', cwd: '/' });
    try {
      const file = join(directory, 'postmaster.pid');
      const lines = (await readFile(file, 'utf8')).split('\n');
      await writeFile(file, [String(stranger.pid), ...lines.slice(1)].join('\n'));
      const next = await startEmbeddedPostgres({ directory });
      await next.stop();
    } finally {
      stranger.kill();
    }
  });

  it('takes what was to be removed with it, when the owner of a scratch cluster is killed', async () => {
    const scratch = await makeTemporaryDirectory('rollcall-scratch-');
    const server = await startServer({
      directory: join(scratch, 'postgres'),
      durable: false,
      removeAfterwards: [scratch],
    });
    const socket = new URL(server.url).searchParams.get('host')!;
    await end(server, 'SIGKILL');
    const gone = (path: string) =>
      access(path).then(
        () => false,
        () => true,
      );
    await eventually(async () => (await gone(scratch)) && (await gone(socket)));
  });
});

/** Eight writers insert rows; after 200 ms `kill` is called. Gives the ids whose insert was acknowledged. */
async function insertUntilItBreaks(url: string, kill: () => void): Promise<number[]> {
  const acknowledged: number[] = [];
  let next = 0;
  const write = async () => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      for (;;) {
        const id = next++;
        await client.query('insert into acknowledged values ($1)', [id]);
        acknowledged.push(id);
      }
    } catch {
      await client.end().catch(() => undefined);
    }
  };
  const writers = Array.from({ length: 8 }, write);
  setTimeout(kill, 200);
  await Promise.all(writers);
  return acknowledged;
}
