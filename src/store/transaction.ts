import { databaseRetries } from '../metrics.ts';
import type { Answer } from './batch.ts';
import { send } from './connection.ts';
import { conversation } from './conversation.ts';
import { isRetryable, translateError } from './database-errors.ts';
import { asTransaction, type Db, type Lender, type Tx } from './db.ts';

const MAX_ATTEMPTS = 5;

/**
 * Runs `body` in one READ COMMITTED transaction; serialization failures and deadlocks run it again, so it may do
 * nothing outside the database. Throws `busy` when it never got through or the database is away. With `isEager`
 * what is asked before anything was answered goes out with BEGIN, and must change nothing.
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
export interface Open {
  readonly tx: Tx;
  readonly end: (how: 'commit' | 'rollback') => Promise<void>;
}

/** What was asked and not waited for; wrapped, so that an async function can hand it out. */
export interface Sent<T> {
  readonly answer: Promise<T>;
}

/** What a transaction has asked without waiting for the answer. */
const unanswered = new WeakMap<Tx, Promise<unknown>[]>();

/**
 * Leaves the answer to a transaction's last statement for its end, so that COMMIT goes out with it. When the database
 * refuses it, nothing is committed and the transaction fails with its error; what is made of the answer must not fail.
 * Throws when `ask` does not ask at once: its statement would come after COMMIT.
 */
export function answeredAtEnd<T>(tx: Tx, ask: () => Promise<T>): Sent<T> {
  const before = tx.asked();
  const asked = ask();
  asked.catch(() => undefined);
  if (tx.asked() === before)
    throw new Error('What is left for the end of a transaction must be asked at once.');
  unanswered.set(tx, [...(unanswered.get(tx) ?? []), asked]);
  return { answer: asked };
}

/**
 * Opens a transaction on a connection of the pool. With `isEager` BEGIN goes out with what is asked before it is answered,
 * which must change nothing: it is on its way before anybody knows that the transaction has begun.
 */
export async function openTransaction(db: Db, begin: string, isEager = false): Promise<Open> {
  if (asTransaction(db)) throw new Error('A transaction is open already.');
  const lender = db.client as Lender;
  const connection = await lender.acquireConnection();
  const begun = send(lender, connection, { text: begin, values: [] });
  const { ask, asked, over, failure } = conversation(begun, isEager, (statement) =>
    send(lender, connection, statement),
  );
  const tx: Tx = { isTransaction: true, client: lender, ask, asked, connection };
  const say = (text: string) => send(lender, connection, { text, values: [] });
  const end: Open['end'] = async (how) => {
    try {
      await over();
      const waiting = [begun, ...(unanswered.get(tx) ?? []), say(how)] as const;
      // All, so that the connection is idle when it is given back; then the first that failed.
      const outcomes = await Promise.allSettled(waiting);
      // COMMIT is not run after a failure in its own batch.
      if (outcomes.at(-1)?.status === 'rejected') await say('rollback').catch(() => undefined);
      if (how === 'rollback') return;
      const ended = (await Promise.all(waiting)).at(-1) as Answer;
      if (ended.command === 'COMMIT') return;
      throw failure() ?? new Error('The transaction failed, and was rolled back.');
    } finally {
      lender.releaseConnection(connection);
    }
  };
  return { tx, end };
}
