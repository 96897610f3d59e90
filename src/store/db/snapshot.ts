import sql, { empty, type Sql } from 'sql-template-tag';
import { translateError } from './errors.ts';
import { SNAPSHOT, type TransactionLimits } from './limits.ts';
import { behalfOf } from './loan.ts';
import { asReadError } from './on-behalf.ts';
import type { Db } from './pool.ts';
import { rows } from './query.ts';
import { type PoolScope, scopeOf, type WriteScope } from './scope.ts';
import { MAX_STALL_MS, readArriving } from './streamed-rows.ts';
import { type Open, openTransaction } from './transaction.ts';

/**
 * Asks several questions of one moment, in a REPEATABLE READ transaction that can only read and is rolled back: it
 * locks no row, nobody waits for it, and what others commit meanwhile is not seen.
 */
export async function inSnapshot<T>(
  { db, workspaceId }: PoolScope,
  body: (scope: WriteScope) => Promise<T>,
): Promise<T> {
  const { tx, end } = await beginSnapshot(db, SNAPSHOT);
  try {
    // Compiling a query of many joins takes longer than running it.
    const scope = scopeOf(tx, workspaceId);
    await rows(scope, sql`select set_config('jit', 'off', true), ${ROOM_TO_SORT}`);
    return await body(scope);
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
/** A statement that is read slowly goes on for as long as it is read, but not for ever. */
const STREAM: TransactionLimits = {
  statementMs: 60 * 60 * 1000,
  lockMs: 1_000,
  idleMs: MAX_STALL_MS,
  silenceMs: 180_000,
};

/**
 * Reads the rows of a query in batches, from one snapshot and in constant memory however large they are: batches end by
 * rows and by bytes (docs/adr/0016). The connection is freed when the reader stops early or takes nothing for a minute.
 */
export async function* stream<Row>(
  { db, workspaceId }: PoolScope,
  query: Sql,
  options: StreamOptions = {},
): AsyncGenerator<readonly Row[]> {
  // A transaction of our own: knex' stream() gives its connection back to the pool twice.
  const { tx, end } = await beginSnapshot(db, STREAM);
  try {
    await rows(
      scopeOf(tx, workspaceId),
      sql`select set_config('max_parallel_workers_per_gather', '0', true), ${NOTICE_GONE_READER}, ${ROOM_TO_SORT}
        ${options.joinsWhole ? NO_NESTED_LOOPS : empty}`,
    );
    yield* readArriving<Row>(tx, query);
  } finally {
    await end('rollback');
  }
}

/** How a stream's query is planned. */
interface StreamOptions {
  /**
   * It joins what it has worked out itself, of which the planner expects a row or two: repeating one side for each row of
   * the other would grow with the square.
   */
  readonly joinsWhole?: boolean;
}

const NO_NESTED_LOOPS = sql`, set_config('enable_nestloop', 'off', true)`;

/** Work for a connection that was destroyed ends within seconds; other systems may not know this setting. */
const NOTICE_GONE_READER = sql`case when version() ~ 'linux'
  then set_config('client_connection_check_interval', '2s', true) end`;

async function beginSnapshot(db: Db, limits: TransactionLimits): Promise<Open> {
  try {
    return await openTransaction(db, 'begin transaction isolation level repeatable read read only', limits);
  } catch (error) {
    throw translateError(error);
  }
}
