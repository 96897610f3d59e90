import type { Socket } from 'node:net';
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

declare const open: unique symbol;

/** An open transaction. Every function that writes takes one as its first argument. */
export interface Tx {
  readonly isTransaction: true;
  readonly client: Lender;
  readonly [open]: true;
}

/** Opens the pool. `url` is a PostgreSQL connection string; `poolSize` the most connections held. */
export function openDb(options: { url: string; poolSize: number }): Db {
  return knexModule.default({
    client: 'pg',
    connection: {
      connectionString: options.url,
      application_name: 'rollcall',
      // What is asked without waiting for answers is sent at once, and answered in order.
      ...{ pipeline: true },
    },
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
    return await ask<Row>(db, { text: query.text, values: query.values });
  } catch (error) {
    throw translateError(error);
  }
}

/** The part of knex' client that lends connections; a transaction's lends its one. */
interface Lender {
  readonly config: object;
  /** Tells those who listen to the pool, such as tests. */
  readonly emit: (event: 'query' | 'query-response', ...told: unknown[]) => unknown;
  readonly acquireConnection: () => Promise<Connection>;
  readonly releaseConnection: (connection: Connection) => unknown;
}

interface Connection extends pg.ClientBase {
  readonly connection: { readonly stream: Socket };
}

/**
 * Asks on a connection of knex' pool, without what knex does around each query: compiling its text, events of four
 * kinds and timers cost as much as the driver itself (docs/adr/0014).
 */
async function ask<Row>(db: Db | Tx, query: pg.QueryConfig<unknown[]>): Promise<Row[]> {
  const lender = db.client as Lender;
  const connection = await lender.acquireConnection();
  try {
    const result = await send(lender, connection, query);
    return result.rows as Row[];
  } finally {
    lender.releaseConnection(connection);
  }
}

/** Sends a query; those that are sent before anything else happens go out in one write. */
async function send(
  lender: Lender,
  connection: Connection,
  query: pg.QueryConfig<unknown[]>,
): Promise<pg.QueryResult> {
  const { stream } = connection.connection;
  if (stream.writableCorked === 0) {
    stream.cork();
    process.nextTick(() => stream.uncork());
  }
  const told = { sql: query.text, bindings: query.values ?? [] };
  lender.emit('query', told);
  const result = await connection.query(query);
  lender.emit('query-response', result, told);
  return result;
}

/** Runs statements of a library, as it wrote them: `$1` stands for the first value; without values they may be many. */
export async function statements(
  db: Db | Tx,
  text: string,
  values?: unknown[],
): Promise<{ rows: unknown[] }> {
  const lender = db.client as Lender;
  const connection = await lender.acquireConnection();
  try {
    return await send(lender, connection, values ? { text, values } : { text });
  } catch (error) {
    throw translateError(error);
  } finally {
    lender.releaseConnection(connection);
  }
}

/** Pools, by their configuration, whose database has lost a prepared statement: another pool stands before it. */
const forgetful = new WeakSet<object>();

/**
 * Runs a query of the main road, whose text is always the same, as a prepared statement of this name, so that the
 * database plans it once for each connection. Where prepared statements don't hold, it is run as any other.
 */
export async function preparedRows<Row>(db: Db | Tx, name: string, query: Sql): Promise<Row[]> {
  const pool = (db.client as Lender).config;
  if (forgetful.has(pool)) return rows(db, query);
  try {
    return await ask<Row>(db, { name, text: query.text, values: query.values });
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

/** With more values than this, a plan made for any number of them may be a bad one. */
const FEW = 10;

/** Runs a query about `count` things, prepared when they are few, as they nearly always are. */
export function preparedForFew<Row>(db: Db | Tx, name: string, count: number, query: Sql): Promise<Row[]> {
  return count <= FEW ? preparedRows(db, name, query) : rows(db, query);
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
export function asTransaction(db: Db | Tx): Tx | undefined {
  return db.isTransaction === true ? (db as Tx) : undefined;
}

/** An open transaction in place of the pool, so that what is told to change something changes it there. */
export function inPlaceOfPool(tx: Tx): Db {
  // Whoever asks the pool asks through the functions here, which ask the transaction as well.
  return tx as unknown as Db;
}

const MAX_ATTEMPTS = 5;

/**
 * Runs `body` in one READ COMMITTED transaction; serialization failures and deadlocks run it again, so it may do
 * nothing outside the database. Throws `busy` when it never got through or the database is away. With `isEager`
 * its first statement must be one that changes nothing; it is sent together with BEGIN.
 */
export async function inTransaction<T>(
  db: Db,
  body: (tx: Tx) => Promise<T>,
  options: { readonly isEager?: boolean } = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transact(db, body, options);
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

async function transact<T>(
  db: Db,
  body: (tx: Tx) => Promise<T>,
  { isEager = false }: { readonly isEager?: boolean },
): Promise<T> {
  const { tx, end } = await openTransaction(db, 'begin', isEager);
  let result: T;
  try {
    result = await body(tx);
  } catch (error) {
    await end('rollback');
    throw error;
  }
  await end('commit');
  return result;
}

/** A transaction and its end, which gives the connection back. */
interface Open {
  readonly tx: Tx;
  readonly end: (how: 'commit' | 'rollback') => Promise<void>;
}

/** What a transaction has sent without waiting for the answer. */
const unanswered = new WeakMap<Tx, Promise<unknown>[]>();

/**
 * Leaves the answer to a transaction's last statement for its end, so that COMMIT goes out with it. When it fails,
 * nothing is committed and the transaction fails with its error.
 */
export function answeredAtEnd(tx: Tx, asked: Promise<unknown>): void {
  asked.catch(() => undefined);
  unanswered.set(tx, [...(unanswered.get(tx) ?? []), asked]);
}

/**
 * Opens a transaction on a connection of the pool. With `isEager` BEGIN goes out with the first statement, which must
 * change nothing: it is there before anybody knows that the transaction has begun.
 */
async function openTransaction(db: Db, begin: string, isEager = false): Promise<Open> {
  if (asTransaction(db)) throw new Error('A transaction is open already.');
  const lender = db.client as Lender;
  const connection = await lender.acquireConnection();
  const begun = send(lender, connection, { text: begin });
  begun.catch(() => undefined);
  let isFirst = isEager;
  const client: Lender = {
    config: lender.config,
    emit: (event, ...told) => lender.emit(event, ...told),
    acquireConnection: async () => {
      if (isFirst) isFirst = false;
      else await begun;
      return connection;
    },
    releaseConnection: () => undefined,
  };
  const tx = { isTransaction: true, client } as Tx;
  const end: Open['end'] = async (how) => {
    const ended = send(lender, connection, { text: how });
    try {
      const waiting = [begun, ...(unanswered.get(tx) ?? []), ended];
      // All, so that the connection is idle when it is given back; then the first that failed.
      await Promise.allSettled(waiting);
      if (how === 'rollback') return;
      await Promise.all(waiting);
      if ((await ended).command !== 'COMMIT') throw new Error('The transaction failed, and was rolled back.');
    } finally {
      lender.releaseConnection(connection);
    }
  };
  return { tx, end };
}

/**
 * Asks several questions of one moment, in a REPEATABLE READ transaction that can only read and is rolled back: it
 * locks no row, nobody waits for it, and what others commit meanwhile is not seen.
 */
export async function inSnapshot<T>(db: Db, body: (tx: Tx) => Promise<T>): Promise<T> {
  const { tx, end } = await beginSnapshot(db);
  try {
    // Compiling a query of many joins takes longer than running it.
    await rows(tx, sql`select set_config('jit', 'off', true), ${ROOM_TO_SORT}`);
    return await body(tx);
  } finally {
    await end('rollback');
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
  const { tx, end } = await beginSnapshot(db);
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
    await end('rollback');
  }
}

async function beginSnapshot(db: Db): Promise<Open> {
  try {
    return await openTransaction(db, 'begin transaction isolation level repeatable read read only');
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
