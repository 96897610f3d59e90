import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import sql from 'sql-template-tag';
import { newId, type WorkspaceId } from '../../../src/lib/ids.ts';
import { type Db, openDb } from '../../../src/store/db/pool.ts';
import { rows } from '../../../src/store/db/query.ts';
import { acrossWorkspaces, scopeOf } from '../../../src/store/db/scope.ts';
import { stream } from '../../../src/store/db/snapshot.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { expectRefusal } from '../../support/refusal.ts';

describe('stream', () => {
  let database: TestDatabase;
  let db: Db;

  before(async () => {
    database = await createDatabase();
    db = openDb({ url: database.url, poolSize: 1 });
  });
  after(async () => {
    await db.destroy();
    await database.drop();
  });

  const settings = async () => {
    const found = await rows<Record<string, string>>(
      acrossWorkspaces(db),
      sql`select current_setting('work_mem') as work_mem, current_setting('transaction_read_only') as read_only,
        current_setting('idle_in_transaction_session_timeout') as timeout`,
    );
    return found[0];
  };

  it('reads any number of rows in constant memory', async () => {
    const query = sql`select repeat('x', 1000) || n as text from generate_series(1, ${300_000}::integer) as n`;
    const before = process.memoryUsage().rss;
    let [count, most] = [0, 0];
    for await (const batch of stream<{ text: string }>(scopeOf(db, newId<WorkspaceId>()), query)) {
      count += batch.length;
      most = Math.max(most, process.memoryUsage().rss - before);
    }
    expect(count).to.equal(300_000);
    expect(most).to.be.below(100 * 1024 * 1024);
  });

  // That memory stays flat is tried with a small heap, in test/hostile/walks.test.ts.
  it('ends a batch with the row that reaches its size', async () => {
    const query = sql`select repeat(md5(n::text), 62500) as text from generate_series(1, ${40}::integer) as n`;
    let count = 0;
    for await (const batch of stream<{ text: string }>(scopeOf(db, newId<WorkspaceId>()), query)) {
      expect(batch).to.have.length(1);
      count += batch.length;
    }
    expect(count).to.equal(40);
  });

  it('ends the work of the database soon after the reader has stopped', async () => {
    const other = openDb({ url: database.url, poolSize: 1 });
    const query = sql`select n, repeat('x', 1000) from generate_series(1, 2000) n
      union all select n, '' from generate_series(1, 2000000000) n where n < 0`;
    for await (const batch of stream(scopeOf(db, newId<WorkspaceId>()), query)) if (batch.length > 0) break;
    const working = async () => {
      const { rows: found } = await other.raw<{ rows: { count: number }[] }>(
        `select count(*) from pg_stat_activity where datname = current_database() and query like '%2000000000%'
           and pid <> pg_backend_pid()`,
      );
      return found[0]!.count;
    };
    while ((await working()) > 0) await sleep(100);
    expect((await settings())?.['read_only']).to.equal('off');
    await other.destroy();
  });

  it('sees one snapshot, however long it is read', async () => {
    const other = openDb({ url: database.url, poolSize: 1 });
    await other.raw('create table numbers as select n from generate_series(1, 5000) as n');
    let count = 0;
    for await (const batch of stream<{ n: number }>(
      scopeOf(db, newId<WorkspaceId>()),
      sql`select n from numbers`,
    )) {
      if (count === 0) await other.raw('delete from numbers');
      count += batch.length;
    }
    expect(count).to.equal(5000);
    await other.destroy();
  });

  it('frees the connection when the reader stops, fails, or reads to the end', async () => {
    const before = await settings();
    const query = sql`select n from generate_series(1, 10000) as n`;
    for await (const batch of stream(scopeOf(db, newId<WorkspaceId>()), query)) if (batch.length > 0) break;
    expect(await settings()).to.deep.equal(before);
    const failed = (async () => {
      for await (const batch of stream(scopeOf(db, newId<WorkspaceId>()), query))
        if (batch.length > 0) throw new Error('the reader failed');
    })();
    expect(await failed.catch((error: unknown) => (error as Error).message)).to.equal('the reader failed');
    expect(await settings()).to.deep.equal(before);
    let count = 0;
    for await (const batch of stream(scopeOf(db, newId<WorkspaceId>()), query)) count += batch.length;
    expect(count).to.equal(10_000);
    expect(await settings()).to.deep.equal(before);
  });

  it('throws what the query throws, also after many rows, and frees the connection', async () => {
    const query = sql`select 1 / (4000 - n) as x from generate_series(1, 10000) as n`;
    let count = 0;
    const failed = (async () => {
      for await (const batch of stream(scopeOf(db, newId<WorkspaceId>()), query)) count += batch.length;
    })();
    expect(await failed.catch((error: unknown) => (error as Error).message)).to.contain('division by zero');
    expect(count).to.equal(3000);
    expect((await settings())?.['read_only']).to.equal('off');
  });

  it('throws "busy" when the connection is ended, and the pool goes on', async () => {
    const other = openDb({ url: database.url, poolSize: 1 });
    const [mine] = await rows<{ pid: number }>(acrossWorkspaces(db), sql`select pg_backend_pid() as pid`);
    const reading = (async () => {
      for await (const batch of stream(
        scopeOf(db, newId<WorkspaceId>()),
        sql`select n from generate_series(1, 1000000) as n`,
      )) {
        if (batch.length > 0) await other.raw('select pg_terminate_backend(?)', [mine!.pid]);
      }
    })();
    await expectRefusal(reading, 'busy');
    expect((await settings())?.['read_only']).to.equal('off');
    await other.destroy();
  });
});
