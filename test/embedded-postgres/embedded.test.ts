import { expect } from 'chai';
import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded.ts';
import { isPostmasterOf } from '../../src/embedded-postgres/processes.ts';
import { makeTemporaryDirectory } from '../support/postgres.ts';
import { eventually, query, recordedOwner } from './support.ts';

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

const socketOf = (url: string) => new URL(url).searchParams.get('host')!;

describe('embedded PostgreSQL', () => {
  let parent: string;
  let directory: string;

  before(async () => {
    parent = await makeTemporaryDirectory('rollcall-embedded-');
    directory = join(parent, 'postgres');
  });

  after(() => rm(parent, { recursive: true, force: true }));

  it('starts on an empty directory, with settings and a locale that do not depend on the machine', async () => {
    const database = await startEmbeddedPostgres({ directory, settings: { work_mem: '5MB' } });
    try {
      expect(database.version).to.match(/^17\./);
      const [row] = await query(
        database.url,
        `select lower('É') as lower, datlocprovider, datcollate, pg_encoding_to_char(encoding) as encoding,
                current_setting('fsync') as fsync, current_setting('work_mem') as work_mem,
                current_setting('listen_addresses') as listen, current_setting('TimeZone') as zone
           from pg_database where datname = current_database()`,
      );
      expect(row).to.deep.equal({
        lower: 'é',
        datlocprovider: 'b',
        datcollate: 'C',
        encoding: 'UTF8',
        fsync: 'on',
        work_mem: '5MB',
        listen: '',
        zone: 'UTC',
      });
      await query(database.url, 'create table kept (id int)');
      await query(database.url, 'insert into kept values (1), (2)');
    } finally {
      await database.stop();
    }
  });

  it('leaves nothing but the cluster and its log when it has stopped', async () => {
    const database = await startEmbeddedPostgres({ directory });
    const socket = socketOf(database.url);
    expect(await exists(socket)).to.equal(true);
    await Promise.all([database.stop(), database.stop()]);
    await database.stop();
    expect(await exists(socket)).to.equal(false);
    expect((await readdir(parent)).sort()).to.deep.equal(['postgres', 'postgres.log']);
  });

  it('keeps the data and the URL over a restart', async () => {
    const first = await startEmbeddedPostgres({ directory });
    await first.stop();
    const second = await startEmbeddedPostgres({ directory });
    try {
      expect(second.url).to.equal(first.url);
      expect(await query(second.url, 'select count(*)::int as n from kept')).to.deep.equal([{ n: 2 }]);
    } finally {
      await second.stop();
    }
  });

  it('attaches to one that runs; only the starter stops it', async () => {
    const owner = await startEmbeddedPostgres({ directory });
    try {
      const attached = await startEmbeddedPostgres({ directory });
      expect(attached.url).to.equal(owner.url);
      expect(attached.version).to.equal(owner.version);
      await attached.stop();
      expect(await query(owner.url, 'select 1 as one')).to.deep.equal([{ one: 1 }]);
    } finally {
      await owner.stop();
    }
  });

  it('is started again, on the same socket, when the postmaster is killed', async () => {
    const messages: string[] = [];
    const database = await startEmbeddedPostgres({ directory, log: (_level, text) => messages.push(text) });
    try {
      const killed = (await recordedOwner(directory)).postmaster;
      await query(database.url, 'insert into kept values (3)');
      process.kill(killed, 'SIGKILL');
      await eventually(() => messages.includes('PostgreSQL takes queries again.'));
      expect(await query(database.url, 'select count(*)::int as n from kept')).to.deep.equal([{ n: 3 }]);
      const now = await recordedOwner(directory);
      expect(now.postmaster).not.to.equal(killed);
      expect(messages.some((text) => text.includes('has ended (SIGKILL)'))).to.equal(true);
    } finally {
      await database.stop();
    }
  });

  for (const delay of [20, 130]) {
    it(`can be stopped while it is being started again, ${delay} ms after the kill`, async () => {
      const database = await startEmbeddedPostgres({ directory });
      process.kill((await recordedOwner(directory)).postmaster, 'SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, delay));
      await database.stop();
      expect((await readdir(parent)).sort()).to.deep.equal(['postgres', 'postgres.log']);
      expect(await exists(socketOf(database.url))).to.equal(false);
      const left = await readFile(join(directory, 'postmaster.pid'), 'utf8').catch(() => '0');
      expect(await isPostmasterOf(Number.parseInt(left, 10), directory)).to.equal(false);
    });
  }

  it('says what to do about a cluster of another major version, and gives the directory back', async () => {
    const file = join(directory, 'PG_VERSION');
    const version = await readFile(file, 'utf8');
    await writeFile(file, '16\n');
    let message = '';
    try {
      await startEmbeddedPostgres({ directory });
    } catch (error) {
      message = (error as Error).message;
    } finally {
      await writeFile(file, version);
    }
    expect(message).to.include('was made by PostgreSQL 16').and.to.include('set DATABASE_URL');
    expect(await exists(`${directory}.owner.json`)).to.equal(false);
  });

  it('tells what PostgreSQL complained about when it does not start', async () => {
    let message = '';
    try {
      await startEmbeddedPostgres({ directory, settings: { shared_buffers: 'many' } });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).to.include('invalid value for parameter "shared_buffers"').and.to.include('postgres.log');
  });

  it('does not touch a directory that holds something else', async () => {
    const other = join(parent, 'other');
    await mkdir(other);
    await writeFile(join(other, 'letter.txt'), 'dear');
    let message = '';
    try {
      await startEmbeddedPostgres({ directory: other });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).to.include('is not empty');
    expect(await readdir(other)).to.deep.equal(['letter.txt']);
  });
});
