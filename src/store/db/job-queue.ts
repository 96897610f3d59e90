import PgBoss from 'pg-boss';
import sql from 'sql-template-tag';
import type { Db, Tx } from './pool.ts';
import { rows, statements } from './query.ts';
import { acrossWorkspaces } from './scope.ts';
import { inTransaction } from './transaction.ts';

/** What there is to do, by queue: only ids, never a secret. */
export interface JobData {
  readonly 'invitation-mail': {
    readonly workspaceId: string;
    readonly invitationId: string;
    /** Which send of the invitation: an older one than its newest is not sent any more. */
    readonly send: number;
  };
}

export type QueueName = keyof JobData;

/** A job that this instance holds. */
export interface Job<Name extends QueueName> {
  readonly name: Name;
  readonly id: string;
  readonly data: JobData[Name];
}

// Not the library's own, which another application of the same database may have.
const SCHEMA = 'rollcall_jobs';

// A job whose process died is handed out again when its lease ends; one that ends its process each time is not, for
// ever.
const QUEUES: Readonly<Record<QueueName, PgBoss.RetryOptions & PgBoss.ExpirationOptions>> = {
  'invitation-mail': { retryLimit: 100, expireInSeconds: 30 },
};

/**
 * pg-boss on a connection of ours, for its statements alone: it opens no connection, starts no timer and keeps no
 * session, so that a job is enqueued and ended in the transaction it belongs to, also through PgBouncer.
 */
function bossOn(db: Db | Tx): PgBoss {
  return new PgBoss({
    schema: SCHEMA,
    supervise: false,
    schedule: false,
    db: {
      executeSql: (text: string, values: readonly unknown[] | undefined) =>
        statements(db, withoutTransaction(text), values?.map(asBinding)),
    },
  });
}

function asBinding(value: unknown): unknown {
  const isJson = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isJson ? JSON.stringify(value) : (value ?? null);
}

/** Its longer statements bring a transaction of their own; ours is open already. */
function withoutTransaction(text: string): string {
  return text.replace(/^\s*BEGIN;/, '').replace(/COMMIT;\s*$/, '');
}

/**
 * Creates the queues' schema or brings it to the library's version, in the transaction of the migrations, whose lock
 * lets one of several instances do it.
 */
export async function installJobs(tx: Db): Promise<void> {
  const boss = bossOn(tx);
  await boss.start();
  for (const [name, options] of Object.entries(QUEUES)) await boss.createQueue(name, { name, ...options });
}

/** Puts jobs into a queue; they are there when the transaction commits. `after` is the time from which on. */
export async function enqueue<Name extends QueueName>(
  tx: Tx,
  name: Name,
  jobs: readonly { readonly data: JobData[Name]; readonly after?: Date }[],
): Promise<void> {
  const inserted = jobs.map(({ data, after }) => ({ name, data, ...(after ? { startAfter: after } : {}) }));
  await bossOn(tx).insert(inserted);
}

/**
 * Takes at most `count` due jobs of a queue, the oldest first; nobody else is given them until the lease of
 * `leaseSeconds` ends. None when the database is away.
 */
export async function takeJobs<Name extends QueueName>(
  db: Db,
  name: Name,
  count: number,
  leaseSeconds: number,
): Promise<Job<Name>[]> {
  const taken = await bossOn(db).fetch<JobData[Name]>(name, { batchSize: count });
  if (taken.length === 0) return [];
  const held = new Set(
    await keepJobs(
      db,
      name,
      taken.map((job) => job.id),
      leaseSeconds,
    ),
  );
  return taken.filter((job) => held.has(job.id)).map(({ id, data }) => ({ name, id, data }));
}

/** Begins the lease of jobs anew. Answers those that are still held. pg-boss 10 has no statement for it. */
export async function keepJobs(
  db: Db,
  name: QueueName,
  ids: readonly string[],
  leaseSeconds: number,
): Promise<string[]> {
  const kept = await rows<{ id: string }>(
    acrossWorkspaces(db),
    sql`update rollcall_jobs.job set started_on = clock_timestamp(), expire_in = ${leaseSeconds} * interval '1 second'
      where name = ${name} and id = any(${ids}::uuid[]) and state = 'active' returning id`,
  );
  return kept.map((job) => job.id);
}

/** Ends a job with the transaction. False when it was no longer held: somebody else does it again. */
export async function endJob(tx: Tx, name: QueueName, id: string): Promise<boolean> {
  // Its type says void; it answers how many there were.
  const boss: { complete: (name: string, id: string) => Promise<unknown> } = bossOn(tx);
  return ((await boss.complete(name, id)) as { affected: number }).affected === 1;
}

/** Hands jobs whose lease has ended out again, and clears away those that ended long ago. */
export function tidyJobs(db: Db): Promise<void> {
  return inTransaction(db, (tx) => bossOn(tx).maintain());
}
