import type pg from 'pg';
import type { Connection, Db, Lender, Tx } from './db.ts';

/**
 * Asks in a transaction, or on a connection of knex' pool, without what knex does around each query: compiling its text,
 * events of four kinds and timers cost as much as the driver itself (docs/adr/0014). Throws the driver's error.
 */
export function ask(db: Db | Tx, query: pg.QueryConfig<unknown[]>): Promise<pg.QueryResult> {
  // A migration's transaction is knex' own, which lends its connection as the pool does.
  return 'ask' in db ? db.ask(query) : askPool(db.client as Lender, query);
}

async function askPool(lender: Lender, query: pg.QueryConfig<unknown[]>): Promise<pg.QueryResult> {
  const connection = await lender.acquireConnection();
  try {
    return await send(lender, connection, query);
  } finally {
    lender.releaseConnection(connection);
  }
}

/** Sends a query; those that are sent before anything else happens go out in one write. Throws the driver's error. */
export async function send(
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
