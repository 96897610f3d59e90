import knexModule, { type Knex } from 'knex';
import pg from 'pg';
import { log } from '../../lib/log.ts';
import { connectionOptions } from '../../lib/scram.ts';
import { WatchedDialect } from './dialect.ts';
import type { Connection, Lender } from './lender.ts';
import { CONNECT_MS, WAIT_MS } from './limits.ts';
import type { Answer, Script, Statement } from './pipeline.ts';
import { sharePool } from './pool-shares.ts';

// bigint columns are versions and counts, far below 2^53; a date stays the text it is, free of time zones.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);

/** The pool. Reads may run on it; a write needs a `Tx`. */
export type Db = Knex;

/** An open transaction. Every function that writes takes one as its first argument. */
export interface Tx {
  readonly isTransaction: true;
  readonly client: Pick<Lender, 'config'>;
  /**
   * Sends a query before it answers anything, so that what is asked first is first, COMMIT included. Throws the driver's
   * error, or of several that failed by one the first's.
   */
  readonly ask: (statement: Statement | Script) => Promise<Answer>;
  /** How many were asked. */
  readonly asked: () => number;
  /** What it runs on, for rows that are read while they arrive (store/arriving-rows.ts). */
  readonly connection: Connection;
}

/** An idle connection is asked after this long whether its other end is still there. */
const KEEP_ALIVE_MS = 10_000;

/**
 * Opens the pool. `url` is a PostgreSQL connection string; `poolSize` the most connections held; `waitMs` how long one is
 * waited for.
 */
export function openDb(options: { url: string; poolSize: number; waitMs?: number }): Db {
  const waitMs = options.waitMs ?? WAIT_MS;
  const db = knexModule.default({
    client: WatchedDialect,
    connection: {
      connectionString: options.url,
      ...connectionOptions(options.url),
      application_name: 'rollcall',
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      // What is asked without waiting for answers is sent at once, and answered in order.
      ...{ pipeline: true },
    },
    pool: {
      min: 0,
      max: options.poolSize,
      // The driver's handshake, and the first questions that knex asks.
      createTimeoutMillis: 2 * CONNECT_MS,
      ...{ validate: ({ isUsable }: Connection) => isUsable },
    },
    acquireConnectionTimeout: waitMs,
    // What matters of it is thrown as well, and told with the request that met it.
    log: {
      warn: (message: unknown) => void log.debug('knex', { knex: message }),
      error: (message: unknown) => void log.debug('knex', { knex: message }),
      deprecate: (message: unknown) => void log.warn('knex', { knex: message }),
    },
  });
  sharePool(db.client as Lender, options.poolSize, waitMs);
  return db;
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
