import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startWorker } from '../../src/jobs/worker.ts';
import { setLogLevel } from '../../src/lib/log.ts';
import { closeJobQueue, endJob, enqueue, type JobQueue, openJobQueue } from '../../src/store/db/job-queue.ts';
import { migrate } from '../../src/store/db/migrate.ts';
import { type Db, openDb, type Tx } from '../../src/store/db/pool.ts';
import { inTransaction } from '../../src/store/db/transaction.ts';
import { createDatabase, createEmptyDatabase, type TestDatabase } from '../support/database.ts';
import { fetchMailJobs } from '../support/jobs.ts';
import { startMixingPool } from '../support/mixing-pool.ts';

const QUEUE = 'invitation-mail';

const job = (send = 1) => ({ workspaceId: randomUUID(), invitationId: randomUUID(), send });

describe('the job queue', () => {
  let database: TestDatabase;
  let db: Db;
  let queue: JobQueue;

  before(async () => {
    setLogLevel('silent');
    database = await createDatabase();
    db = openDb({ url: database.url, poolSize: 8 });
    queue = await openJobQueue(db, { heartbeatSeconds: 10, superviseSeconds: 1 });
  });
  after(async () => {
    await closeJobQueue(queue);
    await db.destroy();
    await database.drop();
  });

  const put = (data: ReturnType<typeof job>, after?: Date) =>
    inTransaction(db, (tx) => enqueue(queue, tx, QUEUE, [{ data, ...(after ? { after } : {}) }]));
  const takeAll = () => fetchMailJobs(queue);
  const end = (taken: Awaited<ReturnType<typeof takeAll>>[number]) =>
    inTransaction(db, (tx) => endJob(queue, tx, taken));
  /** Takes what is due until there is something. */
  const takeNext = async () => {
    for (let waited = 0; waited < 30_000; waited += 100) {
      const [taken] = await takeAll();
      if (taken) return taken;
      await sleep(100);
    }
    throw new Error('There is no job.');
  };

  it('gives a job to one taker, and never again once it has ended', async () => {
    const data = job();
    await put(data);
    const taken = (await Promise.all(Array.from({ length: 8 }, takeAll))).flat();
    expect(taken.map((one) => one.data)).to.deep.equal([data]);
    expect(await end(taken[0]!)).to.equal(true);
    expect(await end(taken[0]!)).to.equal(false);
    expect(await takeAll()).to.deep.equal([]);
  });

  it('has no job of a transaction that was rolled back, nor takes one away', async () => {
    const rolledBack = (work: (tx: Tx) => Promise<unknown>) =>
      inTransaction(db, async (tx) => {
        await work(tx);
        throw new Error('no');
      }).catch(() => undefined);

    await rolledBack((tx) => enqueue(queue, tx, QUEUE, [{ data: job() }]));
    expect(await takeAll()).to.deep.equal([]);

    await put(job());
    const [taken] = await takeAll();
    await rolledBack((tx) => endJob(queue, tx, taken!));
    expect(await end(taken!)).to.equal(true);
  });

  it('gives a job from its time on', async () => {
    await put(job(), new Date(Date.now() + 400));
    expect(await takeAll()).to.deep.equal([]);
    await sleep(600);
    const [taken] = await takeAll();
    expect(await end(taken!)).to.equal(true);
  });

  it('gives a job again when its holder is silent, who cannot end it any more', async function () {
    this.timeout(60_000);
    await put(job());
    const [lost] = await takeAll();
    const again = await takeNext();
    expect(again.id).to.equal(lost!.id);
    expect(await end(lost!)).to.equal(false);
    expect(await end(again)).to.equal(true);
  });

  it('gives a job again when the work on it throws, and keeps no word of what was thrown', async function () {
    this.timeout(60_000);
    const data = job();
    await put(data);
    const seen: unknown[] = [];
    const worker = await startWorker(queue, QUEUE, { pollSeconds: 0.5, atOnce: 2 }, (taken) => {
      seen.push(taken.data);
      return seen.length === 1 ? Promise.reject(new Error('of ada@x.io')) : Promise.resolve();
    });
    while (seen.length < 2) await sleep(50);
    await worker.stop(1_000);
    expect(seen).to.deep.equal([data, data]);
    const { rows } = await db.raw<{ rows: { state: string; said: string }[] }>(
      'select state::text, coalesce(output::text, data::text) as said from rollcall_pgboss.job where data = ?',
      [JSON.stringify(data)],
    );
    expect(rows.map((row) => row.state)).to.deep.equal(['completed']);
    expect(rows[0]!.said).not.to.contain('ada@x.io');
  });

  it('goes on when a script of the library fails half-way', async () => {
    const one = openDb({ url: database.url, poolSize: 1 });
    const other = await openJobQueue(one, { supervises: false });
    try {
      const error = await other.boss
        .getDb()
        .executeSql('begin; select 1 / 0; commit;')
        .catch((thrown: unknown) => thrown);
      expect(error).to.include({ code: '22012' });
      await one.raw('create temporary table begun (id integer)');
      expect((await one.raw<{ rows: unknown[] }>('select 1 as fine')).rows).to.have.lengthOf(1);
    } finally {
      await closeJobQueue(other);
      await one.destroy();
    }
  });

  it('needs no second connection within a transaction', async () => {
    const one = openDb({ url: database.url, poolSize: 1 });
    const other = await openJobQueue(one, { supervises: false });
    try {
      await inTransaction(one, (tx) => enqueue(other, tx, QUEUE, [{ data: job() }]));
      const [taken] = await fetchMailJobs(other);
      expect(await inTransaction(one, (tx) => endJob(other, tx, taken!))).to.equal(true);
    } finally {
      await closeJobQueue(other);
      await one.destroy();
    }
  });

  it('keeps nothing in a session: a pool between may hand its connections to others', async () => {
    const pool = await startMixingPool(database.url);
    const pools = [openDb({ url: pool.url, poolSize: 1 }), openDb({ url: pool.url, poolSize: 1 })] as const;
    const queues: JobQueue[] = [];
    /** Both are idle between two looks of the library. */
    const swap = async () => {
      await sleep(200);
      pool.swap();
    };
    try {
      for (const one of pools) queues.push(await openJobQueue(one, { supervises: false }));
      const [first, second] = queues as [JobQueue, JobQueue];
      for (let round = 0; round < 3; round++) {
        const data = job();
        await inTransaction(pools[0], (tx) => enqueue(first, tx, QUEUE, [{ data }]));
        await swap();
        const taken = await fetchMailJobs(second);
        expect(taken.map((one) => one.data)).to.deep.equal([data]);
        await swap();
        await first.boss.supervise(QUEUE);
        await swap();
        expect(await inTransaction(pools[1], (tx) => endJob(second, tx, taken[0]!))).to.equal(true);
      }
    } finally {
      await Promise.all(queues.map((one) => closeJobQueue(one)));
      await Promise.all(pools.map((one) => one.destroy()));
      await pool.stop();
    }
  });

  it('is there once when several instances start together', async () => {
    const empty = await createEmptyDatabase();
    const pools = Array.from({ length: 4 }, () => openDb({ url: empty.url, poolSize: 1 }));
    try {
      await Promise.all(pools.map((pool) => migrate(pool)));
      await migrate(pools[0]!);
      const queues = await Promise.all(pools.map((pool) => openJobQueue(pool)));
      await inTransaction(pools[0]!, (tx) => enqueue(queues[0]!, tx, QUEUE, [{ data: job() }]));
      expect(await fetchMailJobs(queues[1]!)).to.have.lengthOf(1);
      await Promise.all(queues.map((one) => closeJobQueue(one)));
    } finally {
      await Promise.all(pools.map((pool) => pool.destroy()));
      await empty.drop();
    }
  });
});
