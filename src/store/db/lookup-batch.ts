import { ask, limitStatements, send } from './connection.ts';
import { isConnectionLost, isLostStatement, isStopped } from './errors.ts';
import type { Lender } from './lender.ts';
import { GRACE_MS, LOOKUP_MS } from './limits.ts';
import { behalfOf, borrowForLookups, type Loan } from './loan.ts';
import type { Answer, Statement } from './pipeline.ts';
import { asTransaction, type Db, type Tx } from './pool.ts';

interface Waiting {
  readonly statement: Statement;
  readonly resolve: (answer: Promise<Answer>) => void;
  readonly reject: (error: unknown) => void;
}

/** Lookups that wait for a connection, by the pool that lends it. */
const waiting = new WeakMap<Lender, Waiting[]>();

/** Lookups that are run one after the other. */
const MOST = 20;

/**
 * Asks for what an index finds at once. Lookups that come together share a connection and a round trip: to send each by
 * itself and to wake both sides for it costs more than to look. It must change nothing. Throws the driver's error.
 */
export function lookUp(db: Db | Tx, statement: Statement): Promise<Answer> {
  const tx = asTransaction(db);
  if (tx) return tx.ask(statement);
  const answer = lookUpShared(db.client as Lender, statement);
  if (!behalfOf(db)) return answer;
  // One that takes longer than a lookup should is asked as any question of its workspace.
  return answer.catch((error: unknown) => {
    if (!isStopped(error)) throw error;
    return ask(db, statement);
  });
}

function lookUpShared(lender: Lender, statement: Statement): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const others = waiting.get(lender);
    if (others) {
      others.push({ statement, resolve, reject });
    } else {
      waiting.set(lender, [{ statement, resolve, reject }]);
      void askTogether(lender);
    }
  });
}

async function askTogether(lender: Lender): Promise<void> {
  const first = waiting.get(lender)?.length ?? 0;
  let loan: Loan;
  try {
    loan = await borrowForLookups(lender, LOOKUP_MS + GRACE_MS);
  } catch (error) {
    // Those who came meanwhile have not waited for as long.
    for (const { reject } of take(lender, first)) reject(error);
    if (waiting.has(lender)) void askTogether(lender);
    return;
  }
  const together = take(lender, MOST);
  if (waiting.has(lender)) void askTogether(lender);
  const answers = askOn(
    lender,
    loan,
    together.map(({ statement }) => statement),
  );
  await Promise.allSettled(answers);
  loan.giveBack();
  for (const [place, answer] of answers.entries()) {
    const { statement, resolve } = together[place] as Waiting;
    resolve(answer.catch((error: unknown) => again(lender, statement, error, together.length)));
  }
}

function askOn(lender: Lender, { connection }: Loan, statements: readonly Statement[]): Promise<Answer>[] {
  if (lender.transacting !== true) limitStatements(lender, connection, LOOKUP_MS);
  return statements.map((statement) => send(lender, connection, statement));
}

/**
 * One that fails takes those after it along: alone, each gets its own answer. So does one whose connection turned out to
 * be dead, or that took too long for a moment: it has changed nothing.
 */
async function again(
  lender: Lender,
  { text, values }: Statement,
  error: unknown,
  of: number,
): Promise<Answer> {
  const isWorthAsking = of > 1 || isConnectionLost(error) || isStopped(error);
  if (!isWorthAsking || isLostStatement(error)) throw error;
  const loan = await borrowForLookups(lender, LOOKUP_MS + GRACE_MS);
  try {
    // Without its name: whether it was prepared, a pool between may see otherwise.
    return await (askOn(lender, loan, [{ text, values }])[0] as Promise<Answer>);
  } finally {
    loan.giveBack();
  }
}

function take(lender: Lender, most: number): readonly Waiting[] {
  const all = waiting.get(lender) ?? [];
  if (all.length > most) waiting.set(lender, all.slice(most));
  else waiting.delete(lender);
  return all.slice(0, most);
}
