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

/** Borrows one of those that are kept for lookups, or any that is free. */
export function borrowForLookups(lender: Lender, patienceMs: number): Promise<Loan> {
  return lend(lender, { patienceMs }, undefined);
}

async function lend(lender: Lender, terms: Terms, leave: (() => void) | undefined): Promise<Loan> {
  const connection = await lender.acquireConnection();
  // The connection of a migration is not ours to limit.
  if (lender.transacting !== true) {
    const { patienceMs, behalf, isCancellable } = terms;
    connection.patienceMs = patienceMs;
    connection.isAbandoned = isCancellable && behalf ? () => behalf.signal?.aborted === true : undefined;
  }
  return {
    connection,
    giveBack: () => {
      if (lender.transacting !== true) {
        connection.patienceMs = Infinity;
        connection.isAbandoned = undefined;
      }
      lender.releaseConnection(connection);
      leave?.();
    },
  };
}
