import { RollcallError } from '../../lib/errors.ts';
import { cancelled } from '../../lib/gate.ts';
import { databaseRetries } from '../../lib/metrics.ts';
import { send, sendQuietly } from './connection.ts';
import { isConnectionLost, isLockTimeout, isLostStatement, isRetryable, translateError } from './errors.ts';
import type { Lender } from './lender.ts';
import {
  BEGINNING_MS,
  GRACE_MS,
  LOCK_PATIENCE_MS,
  PLAIN_TRANSACTION,
  type TransactionLimits,
} from './limits.ts';
import { type Behalf, behalfOf, borrow } from './loan.ts';
import type { Answer, Statement } from './pipeline.ts';
import { asTransaction, type Db, type Tx } from './pool.ts';
import { noteLostStatement, statementName } from './statement-names.ts';
import { conversation } from './transaction-queue.ts';

const MAX_ATTEMPTS = 5;

/** How a transaction is run. */
export interface TransactionOptions {
  /** What is asked before anything was answered goes out with BEGIN, and must change nothing. */
  readonly isEager?: boolean;
  readonly limits?: TransactionLimits;
  /** For which locks that are not to be had it is tried again; unless it is said, for all. */
  readonly waitsFor?: (error: unknown) => boolean;
}

/**
 * Runs `body` in one READ COMMITTED transaction; serialization failures and deadlocks run it again, and so do locks that
 * are not to be had and connections that turn out to be dead before COMMIT was sent, so it may do nothing outside the
 * database. Whoever waits for locks of others' gives its connection back meanwhile. Throws `busy` when it never got
 * through, when the database is away, and when it is not known whether it was committed.
 */
export async function inTransaction<T>(
  db: Db,
  body: (tx: Tx) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const begun = performance.now();
  for (let attempt = 1, lost = 0; ; attempt++) {
    try {
      return await transact(db, body, options);
    } catch (error) {
      if (error instanceof UnknownOutcome) throw error;
      const passedMs = performance.now() - begun;
      const isWorthWaiting = isLockTimeout(error) && (options.waitsFor?.(error) ?? true);
      if (isWorthWaiting && passedMs < LOCK_PATIENCE_MS) {
        await pauseForLock(db, attempt);
        continue;
      }
      if (attempt < MAX_ATTEMPTS && isRetryable(error)) {
        databaseRetries.inc();
        await pause(10 * 2 ** attempt);
        continue;
      }
      if (lost++ === 0 && isConnectionLost(error) && passedMs < AGAIN_WITHIN_MS) continue;
      throw translateError(error);
    }
  }
}

/** A transaction that was lost later than this is not run again: whoever asked has waited long enough. */
const AGAIN_WITHIN_MS = 6_000;

/** Waits before what met a lock of another's is tried again. Throws `cancelled` when the client has gone. */
export function pauseForLock(db: Db, attempt: number): Promise<void> {
  return pause(Math.min(1_000, 50 * 2 ** attempt), behalfOf(db));
}

/** Waits for a while, differently long each time. Throws `cancelled` when nobody waits for the outcome any more. */
async function pause(mostMs: number, behalf?: Behalf): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, (0.5 + Math.random() / 2) * mostMs));
  if (behalf?.signal?.aborted) throw cancelled();
}

async function transact<T>(
  db: Db,
  body: (tx: Tx) => Promise<T>,
  { isEager = false, limits = PLAIN_TRANSACTION }: TransactionOptions,
): Promise<T> {
  const { tx, end } = await openTransaction(db, 'begin', limits, isEager);
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

/** COMMIT was sent, and nobody knows whether it was done: the transaction may not be run again. */
class UnknownOutcome extends RollcallError {
  constructor(cause: unknown) {
    super(
      'busy',
      'The database did not answer in time, so it is not known whether this was done; look, or send it again.',
      { cause, retryAfter: 5 },
    );
  }
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

const LIMITS = `select set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true),
  set_config('idle_in_transaction_session_timeout', $3, true)`;

/**
 * Opens a transaction on a connection of the pool; its limits go out with BEGIN and end with it, so that they hold behind
 * PgBouncer. With `isEager` BEGIN goes out with what is asked before it is answered, which must change nothing: it is
 * on its way before anybody knows that the transaction has begun.
 */
export async function openTransaction(
  db: Db,
  begin: string,
  limits: TransactionLimits,
  isEager = false,
): Promise<Open> {
  if (asTransaction(db)) throw new Error('A transaction is open already.');
  const lender = db.client as Lender;
  const isCancellable = begin.endsWith('read only');
  const loan = await borrow(lender, { patienceMs: BEGINNING_MS, behalf: behalfOf(db), isCancellable });
  const { connection } = loan;
  const begun = Promise.all([
    send(lender, connection, { text: begin, values: [] }),
    sendQuietly(connection, limitsStatement(lender, limits)),
  ]);
  begun.then(
    () => {
      connection.patienceMs = (limits.silenceMs ?? limits.statementMs) + GRACE_MS;
    },
    (error: unknown) => {
      if (isLostStatement(error)) noteLostStatement(lender);
    },
  );
  const { ask, asked, over, failure } = conversation(begun, isEager, (statement) =>
    send(lender, connection, statement),
  );
  const tx: Tx = { isTransaction: true, client: lender, ask, asked, connection };
  const say = (text: string) => send(lender, connection, { text, values: [] });
  const end: Open['end'] = async (how) => {
    try {
      await over();
      const failed = failure();
      const answers = [begun, ...(unanswered.get(tx) ?? []), say(how)] as const;
      // All, so that the connection is idle when it is given back; then the first that failed.
      const outcomes = await Promise.allSettled(answers);
      const last = outcomes.at(-1);
      const isLost = last?.status === 'rejected' && isConnectionLost(last.reason);
      // COMMIT is not run after a failure in its own batch.
      if (last?.status === 'rejected' && !isLost) await say('rollback').catch(() => undefined);
      if (how === 'rollback') return;
      if (isLost) throw failed ?? new UnknownOutcome(last.reason);
      const ended = (await Promise.all(answers)).at(-1) as Answer;
      if (ended.command === 'COMMIT') return;
      throw failure() ?? new Error('The transaction failed, and was rolled back.');
    } finally {
      loan.giveBack();
    }
  };
  return { tx, end };
}

function limitsStatement(lender: Lender, { statementMs, lockMs, idleMs }: TransactionLimits): Statement {
  const name = statementName(lender, 'limits', LIMITS);
  return { text: LIMITS, values: [statementMs, lockMs, idleMs].map(String), name };
}
