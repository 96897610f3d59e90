import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { endJob, enqueue, keepJobs, takeJobs, tidyJobs } from '../../src/store/db/job-queue.ts';
import { migrate } from '../../src/store/db/migrate.ts';
import { type Db, openDb } from '../../src/store/db/pool.ts';
import { inTransaction } from '../../src/store/db/transaction.ts';
import { createDatabase, createEmptyDatabase, type TestDatabase } from '../support/database.ts';

const QUEUE = 'invitation-mail';

const job = (send = 1) => ({ workspaceId: randomUUID(), invitationId: randomUUID(), send });

describe('the job queue', () => {
  let database: TestDatabase;
  let db: Db;

  before(async () => {
    database = await createDatabase();
    db = openDb({ url: database.url, poolSize: 8 });
  });
  after(async () => {
    await db.destroy();
    await database.drop();
  });

  const put = (data: ReturnType<typeof job>, after?: Date) =>
    inTransaction(db, (tx) => enqueue(tx, QUEUE, [{ data, ...(after ? { after } : {}) }]));
  const end = (id: string) => inTransaction(db, (tx) => endJob(tx, QUEUE, id));
  const takeAll = () => takeJobs(db, QUEUE, 100, 30);

  it('gives a job to one taker, and never again once it has ended', async () => {
    const data = job();
    await put(data);
    const taken = (await Promise.all(Array.from({ length: 8 }, takeAll))).flat();
    expect(taken.map((one) => one.data)).to.deep.equal([data]);
    expect(await end(taken[0]!.id)).to.equal(true);
    expect(await end(taken[0]!.id)).to.equal(false);
    expect(await takeAll()).to.deep.equal([]);
  });

  it('has no job of a transaction that was rolled back, nor takes one away', async () => {
    const rolledBack = (work: (tx: Parameters<typeof endJob>[0]) => Promise<unknown>) =>
      inTransaction(db, async (tx) => {
        await work(tx);
        throw new Error('no');
      }).catch(() => undefined);

    await rolledBack((tx) => enqueue(tx, QUEUE, [{ data: job() }]));
    expect(await takeAll()).to.deep.equal([]);

    await put(job());
    const [taken] = await takeAll();
    await rolledBack((tx) => endJob(tx, QUEUE, taken!.id));
    expect(await end(taken!.id)).to.equal(true);
  });

  it('gives a job from its time on', async () => {
    await put(job(), new Date(Date.now() + 400));
    expect(await takeAll()).to.deep.equal([]);
    await sleep(600);
    const [taken] = await takeAll();
    expect(await end(taken!.id)).to.equal(true);
  });

  it('gives a job again when its lease has ended, and not while it is kept', async () => {
    await put(job());
    const [taken] = await takeJobs(db, QUEUE, 1, 0.3);
    for (let kept = 0; kept < 4; kept++) {
      await sleep(150);
      expect(await keepJobs(db, QUEUE, [taken!.id], 0.3)).to.deep.equal([taken!.id]);
      await tidyJobs(db);
      expect(await takeAll()).to.deep.equal([]);
    }
    await sleep(400);
    await Promise.all([tidyJobs(db), tidyJobs(db), tidyJobs(db)]);
    expect((await takeAll()).map((one) => one.id)).to.deep.equal([taken!.id]);
    expect(await end(taken!.id)).to.equal(true);
  });

  it('is there once when several instances start together', async () => {
    const empty = await createEmptyDatabase();
    const pools = Array.from({ length: 4 }, () => openDb({ url: empty.url, poolSize: 2 }));
    try {
      await Promise.all(pools.map((pool) => migrate(pool)));
      await migrate(pools[0]!);
      await inTransaction(pools[0]!, (tx) => enqueue(tx, QUEUE, [{ data: job() }]));
      expect(await takeJobs(pools[1]!, QUEUE, 10, 30)).to.have.lengthOf(1);
    } finally {
      await Promise.all(pools.map((pool) => pool.destroy()));
      await empty.drop();
    }
  });
});
