import { PgBoss, type QueueOptions } from 'pg-boss';
import { log } from '../../lib/log.ts';
import { ask, send } from './connection.ts';
import { translateError } from './errors.ts';
import type { Lender } from './lender.ts';
import { EXCLUSIVE_CHANGE, GRACE_MS } from './limits.ts';
import { borrow } from './loan.ts';
import type { Db, Tx } from './pool.ts';

/** The data of a job, by queue: only ids, never a secret. */
export interface JobData {
  readonly 'invitation-mail': {
    readonly workspaceId: string;
    readonly invitationId: string;
    /** Which send of the invitation: an older one than its newest is not sent any more. */
    readonly send: number;
  };
}

export type QueueName = keyof JobData;

/** One attempt at a job, which this instance holds. */
export interface Job<Name extends QueueName> {
  readonly name: Name;
  readonly id: string;
  /** With the id it names the attempt: one that has lost its job to another cannot end it. */
  readonly retryCount: number;
  readonly data: JobData[Name];
}

const DAY = 24 * 60 * 60;

/**
 * How jobs of each queue are kept and tried again. The retries here are for what throws and for processes that die; a
 * job that knows when to try again queues the next one itself.
 */
const QUEUES: Readonly<Record<QueueName, QueueOptions>> = {
  'invitation-mail': {
    retryLimit: 100,
    retryDelay: 1,
    retryBackoff: true,
    retryDelayMax: 600,
    // Longer than any invitation can be open.
    retentionSeconds: 400 * DAY,
    deleteAfterSeconds: DAY,
  },
};

// Not the library's own, which another application of the same database may have, nor that of version 10, whose schema
// the library cannot upgrade.
const SCHEMA = 'rollcall_pgboss';

export interface JobQueueOptions {
  /** False on an instance that only queues jobs: it hands out none whose process has died. */
  readonly supervises?: boolean;
  /** A job is handed out again when its process has not been heard of for this long. At least 10. */
  readonly heartbeatSeconds?: number;
  /** How often it is looked for such jobs. */
  readonly superviseSeconds?: number;
}

/** pg-boss on our own pool. */
export interface JobQueue {
  readonly boss: PgBoss;
  readonly heartbeatSeconds: number;
}

/** Creates the queues, and the library's tables or brings them to its version. Instances may do this at once. */
export async function installJobs(db: Db): Promise<void> {
  const queue = await openJobQueue(db, { supervises: false });
  try {
    for (const [name, options] of Object.entries(QUEUES)) await queue.boss.createQueue(name, options);
  } finally {
    await closeJobQueue(queue);
  }
}

/** Opens the queues. Everything it asks goes through the pool, within its limits and its share for background work. */
export async function openJobQueue(db: Db, options: JobQueueOptions = {}): Promise<JobQueue> {
  const { supervises = true, heartbeatSeconds = 30, superviseSeconds = 10 } = options;
  const boss = new PgBoss({
    schema: SCHEMA,
    db: { executeSql: (text, values) => askOnPool(db, text, values) },
    supervise: supervises,
    superviseIntervalSeconds: superviseSeconds,
    monitorIntervalSeconds: superviseSeconds,
    // There are no cron schedules and no jobs that wait for others yet.
    schedule: false,
    flowIntervalSeconds: 3600,
    // A rebuild of an index takes longer than a query may.
    reindex: false,
    registerInstance: false,
  });
  logTrouble(boss);
  await boss.start();
  return { boss, heartbeatSeconds };
}

/** Stops what `openJobQueue` began; the pool stays open. Workers are to be stopped before. */
export function closeJobQueue({ boss }: JobQueue): Promise<void> {
  return boss.stop({ graceful: false, close: false });
}

/** Puts jobs into a queue; they are there when the transaction commits. `after` is the time from which on. */
export async function enqueue<Name extends QueueName>(
  { boss, heartbeatSeconds }: JobQueue,
  tx: Tx,
  name: Name,
  jobs: readonly { readonly data: JobData[Name]; readonly after?: Date }[],
): Promise<void> {
  const inserted = jobs.map(({ data, after }) => ({
    ...QUEUES[name],
    heartbeatSeconds,
    data,
    ...(after ? { startAfter: after } : {}),
  }));
  try {
    await boss.insert(name, inserted, { db: within(tx) });
  } catch (error) {
    throw translateError(error);
  }
}

/** Ends a job with the transaction. False when it is no longer held: it was given to somebody else. */
export async function endJob(
  { boss }: JobQueue,
  tx: Tx,
  { name, id, retryCount }: Job<QueueName>,
): Promise<boolean> {
  try {
    const ended: { affected?: number } = await boss.complete(name, { id, retryCount }, null, {
      db: within(tx),
    });
    return ended.affected === 1;
  } catch (error) {
    throw translateError(error);
  }
}

/**
 * Works on the jobs of a queue, one after the other, beside other workers and instances. A job that `work` does not end
 * itself has ended when it returns, and is tried again when it throws; what it throws is kept in the database. The
 * signal aborts when the job was given to somebody else.
 */
export async function startWorking<Name extends QueueName>(
  { boss }: JobQueue,
  name: Name,
  pollSeconds: number,
  work: (job: Job<Name>, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const worker: string = await boss.work<JobData[Name]>(
    name,
    { pollingIntervalSeconds: pollSeconds },
    async (jobs) => {
      // More may be waiting: look again as soon as this one has ended.
      boss.notifyWorker(worker);
      for (const { id, retryCount, data, signal } of jobs) await work({ name, id, retryCount, data }, signal);
    },
  );
}

/** Takes no more jobs of a queue, and resolves when those that were taken have ended. */
export function stopWorking({ boss }: JobQueue, name: QueueName): Promise<void> {
  return boss.offWork(name, { wait: true });
}

/** Removes the tables of pg-boss 10, which we used before. False when there are none. */
export async function dropOldJobs(tx: Tx): Promise<boolean> {
  // One of several instances that start together.
  await tx.ask({ text: 'select pg_advisory_xact_lock($1::integer, $2::integer)', values: OLD_JOBS_LOCK });
  const { rows } = await tx.ask({
    text: "select 1 from pg_namespace where nspname = 'rollcall_jobs'",
    values: [],
  });
  if (rows.length === 0) return false;
  await tx.ask({ text: 'drop schema rollcall_jobs cascade', values: [] });
  return true;
}

const OLD_JOBS_LOCK = [0x526f6c6a, 0];

/** What the library asks in a transaction of ours, by the option that it has for that. */
function within(tx: Tx) {
  return {
    executeSql: async (text: string, values: readonly unknown[] = []) => ({
      rows: (await ask(tx, { text, values })).rows,
    }),
  };
}

/** Throws the driver's error, by whose code the library decides. */
async function askOnPool(
  db: Db,
  text: string,
  values: readonly unknown[] = [],
): Promise<{ rows: unknown[] }> {
  return values.length > 0 ? ask(db, { text, values }) : runScript(db, text);
}

/** Several statements in one text, most of them a transaction. */
async function runScript(db: Db, text: string): Promise<{ rows: unknown[] }> {
  const lender = db.client as Lender;
  const { connection, giveBack } = await borrow(lender, {
    patienceMs: EXCLUSIVE_CHANGE.statementMs + GRACE_MS,
  });
  try {
    return await send(lender, connection, { text });
  } catch (error) {
    // The transaction that it began stands open, and the connection goes back to the pool.
    await send(lender, connection, { text: 'rollback' }).catch(() => undefined);
    throw error;
  } finally {
    giveBack();
  }
}

const LOG_EVERY_MS = 1_000;

/** While the database is away each worker meets the same error, again and again. */
function logTrouble(boss: PgBoss): void {
  let loggedAt = 0;
  boss.on('error', (error) => {
    if (Date.now() - loggedAt < LOG_EVERY_MS) return;
    loggedAt = Date.now();
    log.warn('The job queue could not be used; it will be tried again.', { error });
  });
  boss.on('warning', ({ message }) => void log.warn('The job queue warns.', { warning: message }));
}
