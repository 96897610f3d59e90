import type { Answer, Statement } from './batch.ts';
import { askPool, send } from './connection.ts';
import { isLostStatement } from './database-errors.ts';
import type { Connection, Db, Lender, Tx } from './db.ts';

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
  if ('ask' in db) return db.ask(statement);
  const lender = db.client as Lender;
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
  let connection: Connection;
  try {
    connection = await lender.acquireConnection();
  } catch (error) {
    // Those who came meanwhile have not waited for as long.
    for (const { reject } of take(lender, first)) reject(error);
    if (waiting.has(lender)) void askTogether(lender);
    return;
  }
  const together = take(lender, MOST);
  if (waiting.has(lender)) void askTogether(lender);
  const answers = together.map(({ statement }) => send(lender, connection, statement));
  await Promise.allSettled(answers);
  for (const [place, answer] of answers.entries()) {
    const { statement, resolve } = together[place] as Waiting;
    resolve(answer.catch((error: unknown) => again(lender, statement, error, together.length)));
  }
  lender.releaseConnection(connection);
}

/** One that fails takes those after it along: alone, each gets its own answer. */
function again(lender: Lender, { text, values }: Statement, error: unknown, of: number): Promise<Answer> {
  if (of === 1 || isLostStatement(error)) throw error;
  // Without its name: whether it was prepared, a pool between may see otherwise.
  return askPool(lender, { text, values });
}

function take(lender: Lender, most: number): readonly Waiting[] {
  const all = waiting.get(lender) ?? [];
  if (all.length > most) waiting.set(lender, all.slice(most));
  else waiting.delete(lender);
  return all.slice(0, most);
}
