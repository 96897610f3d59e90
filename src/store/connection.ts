import { Batch, type Answer, type Script, type Statement, type Wire } from './batch.ts';
import type { Connection, Db, Lender, Tx } from './db.ts';

/**
 * Asks in a transaction, or on a connection of knex' pool, without what knex does around each query: compiling its text,
 * events of four kinds and timers cost as much as the driver itself (docs/adr/0014). Throws the driver's error.
 */
export function ask(db: Db | Tx, asked: Statement | Script): Promise<Answer> {
  // A migration's transaction is knex' own, which lends its connection as the pool does.
  return 'ask' in db ? db.ask(asked) : askPool(db.client as Lender, asked);
}

/** Asks on a connection of the pool, alone. Throws the driver's error. */
export async function askPool(lender: Lender, asked: Statement | Script): Promise<Answer> {
  const connection = await lender.acquireConnection();
  try {
    return await send(lender, connection, asked);
  } finally {
    lender.releaseConnection(connection);
  }
}

/** Sends a statement, in one batch with those that are sent before anything else happens. Throws the driver's error. */
export async function send(
  lender: Lender,
  connection: Connection,
  asked: Statement | Script,
): Promise<Answer> {
  const told = { sql: asked.text, bindings: asked.values ?? [] };
  lender.emit('query', told);
  const answer = await (asked.values ? batchFor(connection).add(asked) : run(connection, asked));
  lender.emit('query-response', answer, told);
  return answer;
}

/** Batches that more can be added to. */
const open = new WeakMap<Connection, Batch>();

function batchFor(connection: Connection): Batch {
  let batch = open.get(connection);
  if (!batch) {
    batch = new Batch();
    open.set(connection, batch);
    process.nextTick(submit, connection, batch);
  }
  return batch;
}

function submit(connection: Connection, batch: Batch | undefined = open.get(connection)): void {
  if (!batch || open.get(connection) !== batch) return;
  open.delete(connection);
  try {
    void connection.query(batch);
  } catch (error) {
    // Thrown from here, it would end the process.
    batch.fail(error);
  }
}

/** A query of a class that extends the driver's. */
interface OwnQuery {
  readonly text: string;
  submit(wire: Wire): void;
}

/** Sends a query of a class of its own, after what was asked before it. */
export function sendQuery(connection: Connection, query: OwnQuery): void {
  submit(connection);
  void connection.query(query);
}

/** Only the protocol for text alone takes several statements. */
function run(connection: Connection, { text }: Script): Promise<Answer> {
  submit(connection);
  return connection.query(text);
}
