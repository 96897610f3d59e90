import sql, { raw, type Sql } from 'sql-template-tag';
import { translateError } from './database-errors.ts';
import type { Db, Tx } from './db.ts';
import { SNAPSHOT, type TransactionLimits } from './limits.ts';
import { behalfOf } from './loan.ts';
import { asReadError } from './on-behalf.ts';
import { rows } from './query.ts';
import { openTransaction, type Open } from './transaction.ts';

/**
 * Asks several questions of one moment, in a REPEATABLE READ transaction that can only read and is rolled back: it
 * locks no row, nobody waits for it, and what others commit meanwhile is not seen.
 */
export async function inSnapshot<T>(db: Db, body: (tx: Tx) => Promise<T>): Promise<T> {
  const { tx, end } = await beginSnapshot(db, SNAPSHOT);
  try {
    // Compiling a query of many joins takes longer than running it.
    await rows(tx, sql`select set_config('jit', 'off', true), ${ROOM_TO_SORT}`);
    return await body(tx);
  } catch (error) {
    throw asReadError(error, behalfOf(db));
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
const STREAM: TransactionLimits = { statementMs: 60_000, lockMs: 1_000, idleMs: MAX_STALL_MS };

/**
 * Reads the rows of a query in batches, from one snapshot and in constant memory: the next batch is fetched while the
 * reader works on one. The connection is freed when the reader stops early or takes nothing for a minute.
 */
export async function* stream<Row>(db: Db, query: Sql): AsyncGenerator<readonly Row[]> {
  // A cursor in a transaction of our own: knex' stream() gives its connection back to the pool twice.
  const { tx, end } = await beginSnapshot(db, STREAM);
  let next: Promise<readonly Row[]> | undefined;
  try {
    await rows(tx, sql`select set_config('cursor_tuple_fraction', '1', true), ${ROOM_TO_SORT}`);
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

async function beginSnapshot(db: Db, limits: TransactionLimits): Promise<Open> {
  try {
    return await openTransaction(db, 'begin transaction isolation level repeatable read read only', limits);
  } catch (error) {
    throw translateError(error);
  }
}
