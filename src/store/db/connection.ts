import { isConnectionLost, isLostStatement } from './errors.ts';
import type { Connection, Lender } from './lender.ts';
import { GRACE_MS, QUESTION_MS } from './limits.ts';
import { type Behalf, borrow } from './loan.ts';
import { type Answer, Batch, type Script, type Statement, type Wire } from './pipeline.ts';
import type { Db, Tx } from './pool.ts';
import { noteLostStatement, statementName } from './statement-names.ts';

/**
 * Asks in a transaction, or on a connection of knex' pool, without what knex does around each query: compiling its text,
 * events of four kinds and timers cost as much as the driver itself (docs/adr/0014). Throws the driver's error.
 */
export function ask(db: Db | Tx, asked: Statement | Script): Promise<Answer> {
  // A migration's transaction is knex' own, which lends its connection as the pool does.
  return 'ask' in db ? db.ask(asked) : askPool(db.client as Lender, asked);
}

/** How a question is asked on the pool. */
export interface Question {
  /** The database stops it after this long. */
  readonly limitMs: number;
  /** It is stopped when nobody waits for the answer any more. */
  readonly behalf?: Behalf | undefined;
}

const PLAIN: Question = { limitMs: QUESTION_MS };

/** What is lost later than this is not asked again: whoever asked has waited long enough. */
const AGAIN_WITHIN_MS = 5_000;

/**
 * Asks on a connection of the pool, alone and within a time limit. What only reads is asked once more when its connection
 * turns out to be dead. Throws `busy`, `cancelled`, or the driver's error.
 */
export async function askPool(lender: Lender, asked: Statement | Script, how = PLAIN): Promise<Answer> {
  const begun = performance.now();
  try {
    return await askOnce(lender, asked, how);
  } catch (error) {
    if (asked.values && asked.name === undefined && isLostStatement(error)) {
      // Not its own, but the limit's that was sent with it.
      noteLostStatement(lender);
      return askOnce(lender, asked, how);
    }
    const isInTime = performance.now() - begun < AGAIN_WITHIN_MS;
    if (!isInTime || !onlyReads(asked) || !isConnectionLost(error) || lender.transacting === true)
      throw error;
    return askOnce(lender, asked, how);
  }
}

async function askOnce(lender: Lender, asked: Statement | Script, question: Question): Promise<Answer> {
  const { limitMs, behalf } = question;
  const loan = await borrow(lender, {
    patienceMs: limitMs + GRACE_MS,
    behalf,
    isCancellable: onlyReads(asked),
  });
  try {
    if (asked.values && lender.transacting !== true) limitStatements(lender, loan.connection, limitMs);
    return await send(lender, loan.connection, asked);
  } finally {
    loan.giveBack();
  }
}

function onlyReads({ text, values }: Statement | Script): boolean {
  return (
    values !== undefined && /^\s*(?:select|with)\b/i.test(text) && !/\b(?:insert|update|delete)\b/i.test(text)
  );
}

const LIMIT = "select set_config('statement_timeout', $1, true)";

/**
 * Limits the time of each statement that goes out in the same batch: outside a transaction, a batch is one of its own
 * until its Sync, and the setting ends with it. So it works behind PgBouncer, and costs no round trip.
 */
export function limitStatements(lender: Lender, connection: Connection, limitMs: number): void {
  const name = statementName(lender, 'limit', LIMIT);
  // When it fails, what is sent with it fails for the same reason.
  sendQuietly(connection, { text: LIMIT, values: [String(limitMs)], name }).catch(() => undefined);
}

/** Sends a setting of ours, of which those who listen to the pool are not told. */
export function sendQuietly(connection: Connection, statement: Statement): Promise<Answer> {
  return batchFor(connection).add(statement);
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
