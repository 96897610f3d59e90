import knexModule, { type Knex } from 'knex';
import pg from 'pg';
import type { Sql } from 'sql-template-tag';
import { databaseRetries } from '../metrics.ts';
import { translateError, isRetryable } from './database-errors.ts';

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

/** The first row of a query, or undefined when it has none. */
export async function row<Row>(db: Db | Tx, query: Sql): Promise<Row | undefined> {
  return (await rows<Row>(db, query))[0];
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
 * Streams the rows of a query from one snapshot, in constant memory; the connection is freed when the reader stops
 * early.
 */
export async function* stream<Row>(db: Db, query: Sql): AsyncGenerator<Row> {
  const source = db.raw(query.sql, query.values as Knex.RawBinding[]).stream({ highWaterMark: 500 });
  try {
    for await (const item of source) yield item as Row;
  } catch (error) {
    throw translateError(error);
  } finally {
    source.destroy();
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
