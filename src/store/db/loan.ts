import type { Connection, Lender } from './lender.ts';
import { sharesOfPool } from './pool-shares.ts';

/** For whom something is asked. */
export interface Behalf {
  readonly workspaceId: string;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
}

/** A connection for a while. */
export interface Loan {
  readonly connection: Connection;
  /** Gives it back to the pool, once everything asked on it was answered. */
  readonly giveBack: () => void;
}

/** What a loan is for. */
export interface Terms {
  /** Milliseconds without an answer after which the connection is destroyed. */
  readonly patienceMs: number;
  readonly behalf?: Behalf | undefined;
  /** True when what it does may be stopped once the client has gone: it only reads. */
  readonly isCancellable?: boolean;
  /** Milliseconds after which all that was asked is stopped. */
  readonly limitMs?: number;
}

/** On whose behalf a pool is asked, if it is said. */
export function behalfOf(db: object): Behalf | undefined {
  return 'behalf' in db ? (db.behalf as Behalf) : undefined;
}

/** All that a pool lends on behalf of no workspace counts as that of one. */
const NOBODY = '';

/** Borrows a connection within the workspace's share of the pool. Throws `busy`, `cancelled`, or the driver's error. */
export async function borrow(lender: Lender, terms: Terms): Promise<Loan> {
  const places = sharesOfPool(lender)?.places;
  const workspaceId = terms.behalf?.workspaceId ?? NOBODY;
  const leave = places?.tryEnter(workspaceId) ?? (await places?.enter(workspaceId, terms.behalf?.signal));
  try {
    return await lend(lender, terms, leave);
  } catch (error) {
    leave?.();
    throw error;
  }
}

/** Borrows one of those that are kept for lookups of tokens, or any that is free. */
export function borrowForTokens(lender: Lender, terms: Terms): Promise<Loan> {
  return lend(lender, terms, undefined);
}

/**
 * Borrows one for lookups of a workspace: of its own share when that has one free, else of those that are kept, but
 * never the last of them, which is for tokens. Throws `busy`, or the driver's error.
 */
export async function borrowForLookups(lender: Lender, workspaceId: string, terms: Terms): Promise<Loan> {
  const shares = sharesOfPool(lender);
  const leave = shares?.places.tryEnter(workspaceId) ?? (await shares?.lookups.enter(workspaceId));
  try {
    return await lend(lender, terms, leave);
  } catch (error) {
    leave?.();
    throw error;
  }
}

async function lend(lender: Lender, terms: Terms, leave: (() => void) | undefined): Promise<Loan> {
  const connection = await lender.acquireConnection();
  // The connection of a migration is not ours to limit.
  if (lender.transacting !== true) {
    const { patienceMs, behalf, isCancellable, limitMs } = terms;
    connection.patienceMs = patienceMs;
    connection.limitMs = limitMs ?? Infinity;
    connection.isAbandoned = isCancellable && behalf ? () => behalf.signal?.aborted === true : undefined;
  }
  return {
    connection,
    giveBack: () => {
      if (lender.transacting !== true) {
        connection.patienceMs = Infinity;
        connection.limitMs = Infinity;
        connection.isAbandoned = undefined;
      }
      lender.releaseConnection(connection);
      leave?.();
    },
  };
}
