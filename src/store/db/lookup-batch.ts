import { ask, limitStatements, send } from './connection.ts';
import { isConnectionLost, isLostStatement, isStopped } from './errors.ts';
import type { Lender } from './lender.ts';
import { GRACE_MS, LOOKUP_MS } from './limits.ts';
import { behalfOf, borrow, borrowForLookups, borrowForTokens, type Loan, type Terms } from './loan.ts';
import type { Answer, Statement } from './pipeline.ts';
import type { Db, Tx } from './pool.ts';
import { asTransaction } from './pool.ts';

/** How a lookup finds what it asks for: a row at most, or all that share a value, which may be many. */
export type LookupKind = 'unique' | 'shared';

interface Waiting {
  readonly db: Db;
  readonly statement: Statement;
  readonly resolve: (answer: Promise<Answer>) => void;
  readonly reject: (error: unknown) => void;
}

/** Lookups that share connections and round trips. */
interface Road {
  readonly lender: Lender;
  readonly borrow: () => Promise<Loan>;
  /** Those that wait for a connection; undefined when none is waited for. */
  waiting: Waiting[] | undefined;
  readonly close: () => void;
}

/** Roads that are in use, by the pool and their name. */
const roads = new WeakMap<Lender, Map<string, Road>>();

/** Lookups that are run one after the other. */
const MOST = 20;

/** The database stops each that takes too long, and the process what is left when all together do. */
const TERMS: Terms = { patienceMs: LOOKUP_MS + GRACE_MS, limitMs: LOOKUP_MS };

/**
 * Asks for what an index finds at once. Lookups that come together share a connection and a round trip: to send each by
 * itself and to wake both sides for it costs more than to look. Those of a workspace share with one another only. It
 * must change nothing. Throws the driver's error.
 */
export function lookUp(db: Db | Tx, statement: Statement, kind: LookupKind): Promise<Answer> {
  const tx = asTransaction(db);
  if (tx) return tx.ask(statement);
  return new Promise((resolve, reject) => {
    const one: Waiting = { db: db as Db, statement, resolve, reject };
    const road = roadOf(db as Db, kind);
    if (road.waiting) {
      road.waiting.push(one);
    } else {
      road.waiting = [one];
      void askTogether(road);
    }
  });
}

function roadOf(db: Db, kind: LookupKind): Road {
  const lender = db.client as Lender;
  const workspaceId = behalfOf(db)?.workspaceId;
  // What is asked on behalf of no workspace yet: tokens.
  const name = workspaceId === undefined ? 'tokens' : `${kind} ${workspaceId}`;
  const ofPool = roads.get(lender) ?? new Map<string, Road>();
  roads.set(lender, ofPool);
  const known = ofPool.get(name);
  if (known) return known;
  const road: Road = {
    lender,
    borrow: () => {
      if (workspaceId === undefined) return borrowForTokens(lender, TERMS);
      if (kind === 'unique') return borrowForLookups(lender, workspaceId, TERMS);
      return borrow(lender, { ...TERMS, behalf: { workspaceId } });
    },
    waiting: undefined,
    close: () => ofPool.delete(name),
  };
  ofPool.set(name, road);
  return road;
}

async function askTogether(road: Road): Promise<void> {
  const first = road.waiting?.length ?? 0;
  let loan: Loan;
  try {
    loan = await road.borrow();
  } catch (error) {
    // Those who came meanwhile have not waited for as long.
    for (const { reject } of take(road, first)) reject(error);
    if (road.waiting) void askTogether(road);
    return;
  }
  const together = take(road, MOST);
  if (road.waiting) void askTogether(road);
  const answers = askOn(
    road.lender,
    loan,
    together.map(({ statement }) => statement),
  );
  await Promise.allSettled(answers);
  loan.giveBack();
  for (const [place, answer] of answers.entries()) {
    const one = together[place] as Waiting;
    one.resolve(answer.catch((error: unknown) => again(one, error, together.length)));
  }
}

function askOn(lender: Lender, { connection }: Loan, statements: readonly Statement[]): Promise<Answer>[] {
  if (lender.transacting !== true) limitStatements(lender, connection, LOOKUP_MS);
  return statements.map((statement) => send(lender, connection, statement));
}

/**
 * One that fails takes those after it along: alone, each gets its own answer. So does one whose connection turned out to
 * be dead, or that took too long for a moment: it has changed nothing. That of a workspace is then asked as any of its
 * questions, and has no more than its share.
 */
async function again({ db, statement }: Waiting, error: unknown, of: number): Promise<Answer> {
  const isWorthAsking = of > 1 || isConnectionLost(error) || isStopped(error);
  if (!isWorthAsking || isLostStatement(error)) throw error;
  // Without its name: whether it was prepared, a pool between may see otherwise.
  const { text, values } = statement;
  if (behalfOf(db)) return ask(db, { text, values });
  const lender = db.client as Lender;
  const loan = await borrowForTokens(lender, TERMS);
  try {
    return await (askOn(lender, loan, [{ text, values }])[0] as Promise<Answer>);
  } finally {
    loan.giveBack();
  }
}

function take(road: Road, most: number): readonly Waiting[] {
  const all = road.waiting ?? [];
  road.waiting = all.length > most ? all.slice(most) : undefined;
  if (!road.waiting) road.close();
  return all.slice(0, most);
}
