import { RollcallError } from '../../lib/errors.ts';
import { cancelled } from '../../lib/gate.ts';
import { refusals } from '../../lib/metrics.ts';
import { askPool } from './connection.ts';
import { isStopped } from './errors.ts';
import type { Lender } from './lender.ts';
import { LONG_READ_MS, QUICK_READ_MS } from './limits.ts';
import type { Behalf } from './loan.ts';
import type { Answer, Script, Statement } from './pipeline.ts';
import { sharesOfPool } from './pool-shares.ts';
import { asTransaction, type Db } from './pool.ts';

/** A pool that is asked on behalf of one workspace, within its share. */
interface BehalfDb {
  readonly isTransaction: false;
  readonly client: Lender;
  readonly behalf: Behalf;
  readonly ask: (statement: Statement | Script) => Promise<Answer>;
}

/**
 * The same pool on behalf of a workspace: its questions stay within its share of the connections, are stopped when the
 * client hangs up, and have a time limit. One that takes long is stopped and asked again where few are asked at
 * once, so that quick ones never wait behind it. Throws `too_much` for one that takes too long even so.
 */
export function onBehalfOf(db: Db, behalf: Behalf): Db {
  if (asTransaction(db)) return db;
  const lender = db.client as Lender;
  const own: BehalfDb = {
    isTransaction: false,
    client: lender,
    behalf,
    ask: (statement) => askWithin(lender, behalf, statement),
  };
  // Whoever asks the pool asks through the functions here, which know how to ask this one.
  return own as unknown as Db;
}

async function askWithin(lender: Lender, behalf: Behalf, statement: Statement | Script): Promise<Answer> {
  const ask = (limitMs: number) => askPool(lender, statement, { limitMs, behalf });
  try {
    return await ask(QUICK_READ_MS);
  } catch (error) {
    if (!isStopped(error)) throw error;
    if (behalf.signal?.aborted) throw cancelled();
  }
  const askLong = () => ask(LONG_READ_MS);
  const gate = sharesOfPool(lender)?.longReads;
  try {
    return await (gate ? gate.run(behalf.workspaceId, behalf.signal, askLong) : askLong());
  } catch (error) {
    throw asReadError(error, behalf);
  }
}

/** What a read that the database stopped is to whoever asked: `cancelled` or `too_much`. Others are handed back. */
export function asReadError(error: unknown, behalf: Behalf | undefined): unknown {
  if (!isStopped(error)) return error;
  if (behalf?.signal?.aborted) return cancelled();
  refusals.inc({ limit: 'read time', by: 'request' });
  return new RollcallError(
    'too_much',
    `This takes longer than ${LONG_READ_MS / 1000} s to work out; ask for less, or by a simpler filter.`,
    { cause: error },
  );
}
