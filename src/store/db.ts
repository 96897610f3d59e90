import knexModule, { type Knex } from 'knex';
import pg from 'pg';
import sql, { raw, type Sql } from 'sql-template-tag';
import { log } from '../log.ts';
import { databaseRetries } from '../metrics.ts';
import { translateError, isLostStatement, isRetryable } from './database-errors.ts';

// bigint columns are versions and counts, far below 2^53; a date stays the text it is, free of time zones.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);

/** The pool. Reads may run on it; a write needs a `Tx`. */
export type Db = Knex;

/** An open transaction. Every function that writes takes one as its first argument. */
export type Tx = Knex.Transaction;

/** Opens the pool. `url` is a PostgreSQL connection string; `poolSize` the most connections held. */
export function openDb(options: { url: string; poolSize: number }): Db {
  return knexModule.default({
    client: 'pg',
    connection: { connectionString: options.url, application_name: 'rollcall' },
    pool: { min: 0, max: options.poolSize },
    acquireConnectionTimeout: 10_000,
    // What matters of it is thrown as well, and told with the request that met it.
    log: {
      warn: (message: unknown) => void log.debug('knex', { knex: message }),
      error: (message: unknown) => void log.debug('knex', { knex: message }),
      deprecate: (message: unknown) => void log.warn('knex', { knex: message }),
    },
  });
}

/** Runs one query and answers its rows. `?` stands for a value only: the SQL text may not use it as an operator. */
export async function rows<Row>(db: Db | Tx, query: Sql): Promise<Row[]> {
  try {
    const result: { rows: Row[] } = await db.raw(query.sql, query.values as Knex.RawBinding[]);
    return result.rows;
  } catch (error) {
    throw translateError(error);
  }
}

/** What knex leaves out of the type of a raw query. */
interface Nameable<Row> {
  readonly options: (options: { readonly name: string }) => PromiseLike<{ readonly rows: Row[] }>;
}

/** Pools, by their configuration, whose database has lost a prepared statement: another pool stands before it. */
const forgetful = new WeakSet<object>();

/**
 * Runs a query of the main road, whose text is always the same, as a prepared statement of this name, so that the
 * database plans it once for each connection. Where prepared statements don't hold, it is run as any other.
 */
export async function preparedRows<Row>(db: Db | Tx, name: string, query: Sql): Promise<Row[]> {
  const pool = (db.client as { config: object }).config;
  if (forgetful.has(pool)) return rows(db, query);
  try {
    const prepared = db.raw(query.sql, query.values as Knex.RawBinding[]) as unknown as Nameable<Row>;
    return (await prepared.options({ name })).rows;
  } catch (error) {
    if (!isLostStatement(error)) throw translateError(error);
    forgetful.add(pool);
    log.info('The database does not keep prepared statements, as behind PgBouncer; queries are sent whole.');
    // In a transaction nothing goes on after an error: it is run again as a whole.
    if (asTransaction(db)) throw error;
    return rows(db, query);
  }
}

/** Names of queries that are put together, by their text; so many at most, since each connection keeps its own. */
const composed = new Map<string, string>();
const MOST_COMPOSED = 256;
/** Characters of such a text: a long filter is rare, and its plan is large. */
const MOST_TEXT = 4_096;

/**
 * Runs a query whose text is put together from what was asked for, and comes again and again: a filter, say. The first
 * texts that come are prepared, unless they are long; others are run as any.
 */
export function composedRows<Row>(db: Db | Tx, query: Sql): Promise<Row[]> {
  let name = composed.get(query.sql);
  if (name === undefined && composed.size < MOST_COMPOSED && query.sql.length <= MOST_TEXT) {
    name = `composed_${composed.size + 1}`;
    composed.set(query.sql, name);
  }
  return name === undefined ? rows(db, query) : preparedRows(db, name, query);
}

/** The first row of a prepared query, or undefined when it has none. */
export async function preparedRow<Row>(db: Db | Tx, name: string, query: Sql): Promise<Row | undefined> {
  return (await preparedRows<Row>(db, name, query))[0];
}

/** The first row of a query, or undefined when it has none. */
export async function row<Row>(db: Db | Tx, query: Sql): Promise<Row | undefined> {
  return (await rows<Row>(db, query))[0];
}

/** The open transaction that stands in place of the pool, if one does. */
export function asTransaction(db: Db): Tx | undefined {
  return db.isTransaction === true ? (db as Tx) : undefined;
}

const MAX_ATTEMPTS = 5;

/**
 * Runs `body` in one READ COMMITTED transaction; serialization failures and deadlocks run it again, so it may do
 * nothing outside the database. Throws `busy` when it never got through or the database is away.
 */
export async function inTransaction<T>(db: Db, body: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction(body);
    } catch (error) {
      if (attempt < MAX_ATTEMPTS && isRetryable(error)) {
        databaseRetries.inc();
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** attempt));
        continue;
      }
      throw translateError(error);
    }
  }
}

/**
 * Asks several questions of one moment, in a REPEATABLE READ transaction that can only read and is rolled back: it
 * locks no row, nobody waits for it, and what others commit meanwhile is not seen.
 */
export async function inSnapshot<T>(db: Db, body: (tx: Tx) => Promise<T>): Promise<T> {
  const tx = await begin(db);
  try {
    // Compiling a query of many joins takes longer than running it.
    await rows(tx, sql`select set_config('jit', 'off', true), ${ROOM_TO_SORT}`);
    return await body(tx);
  } finally {
    await tx.rollback().catch(() => undefined);
  }
}

/** At least this much memory for each sort, in kB: everybody's rows are many times a request's. */
const SORT_KB = 32_768;
const ROOM_TO_SORT = sql`(select case when setting::integer < ${SORT_KB}::integer
  then set_config('work_mem', ${String(SORT_KB)}, true) end from pg_settings where name = 'work_mem')`;
const BATCH = 1000;
/** A reader that takes nothing for this long loses the rest: it holds a connection and a snapshot. */
const MAX_STALL_MS = 60_000;

/**
 * Reads the rows of a query in batches, from one snapshot and in constant memory: the next batch is fetched while the
 * reader works on one. The connection is freed when the reader stops early or takes nothing for a minute.
 */
export async function* stream<Row>(db: Db, query: Sql): AsyncGenerator<readonly Row[]> {
  // A cursor in a transaction of our own: knex' stream() gives its connection back to the pool twice.
  const tx = await begin(db);
  let next: Promise<readonly Row[]> | undefined;
  try {
    await rows(
      tx,
      sql`select set_config('idle_in_transaction_session_timeout', ${String(MAX_STALL_MS)}, true),
        set_config('cursor_tuple_fraction', '1', true), ${ROOM_TO_SORT}`,
    );
    await rows(tx, sql`declare batches no scroll cursor for ${query}`);
    const fetch = () => {
      const batch = rows<Row>(tx, sql`fetch ${raw(String(BATCH))} from batches`);
      // It may fail before anybody waits for it.
      batch.catch(() => undefined);
      return batch;
    };
    next = fetch();
    for (let batch = await next; batch.length > 0; batch = await next) {
      next = fetch();
      yield batch;
    }
  } finally {
    await next?.catch(() => undefined);
    await tx.rollback().catch(() => undefined);
  }
}

async function begin(db: Db): Promise<Tx> {
  try {
    return await db.transaction(undefined, { isolationLevel: 'repeatable read', readOnly: true });
  } catch (error) {
    throw translateError(error);
  }
}

/** True while the database answers. */
export async function isReachable(db: Db): Promise<boolean> {
  try {
    await db.raw('select 1').timeout(2_000);
    return true;
  } catch {
    return false;
  }
}
