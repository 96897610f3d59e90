import { createGate, type Gate } from '../../lib/gate.ts';
import type { Lender } from './lender.ts';
import { LONG_READ_MS, sharesOf } from './limits.ts';

/** Who may use the connections of a pool. Whoever waits for its share holds nothing. */
export interface PoolShares {
  /** All but lookups come in here, so that some connections are always left for those. */
  readonly places: Gate;
  /** Lookups of workspaces that have no place free come in here, so that one connection is always left for tokens. */
  readonly lookups: Gate;
  /** Reads that took long come in here as well, so that quick ones do not wait behind them. */
  readonly longReads: Gate;
}

const pools = new WeakMap<Lender, PoolShares>();

const MOST_WAITING = 1_000;
const MOST_LONG_READS_WAITING = 10;

/** Shares out a new pool. */
export function sharePool(lender: Lender, poolSize: number, waitMs: number): void {
  const { beyondLookups, ofWorkspace, lookups, longReads, longReadsOfWorkspace } = sharesOf(poolSize);
  pools.set(lender, {
    places: createGate({
      name: 'database connections',
      perWorkspace: ofWorkspace,
      total: beyondLookups,
      waitingPerWorkspace: MOST_WAITING,
      waitMs,
      isNobodysFault: true,
    }),
    lookups: createGate({
      name: 'lookups',
      perWorkspace: 1,
      total: lookups,
      waitingPerWorkspace: MOST_WAITING,
      waitMs,
      isNobodysFault: true,
    }),
    longReads: createGate({
      name: 'long reads',
      perWorkspace: longReadsOfWorkspace,
      total: longReads,
      waitingPerWorkspace: MOST_LONG_READS_WAITING,
      waitMs: LONG_READ_MS,
    }),
  });
}

/** The shares of a pool; undefined for the one connection of a transaction of knex' own. */
export function sharesOfPool(lender: Lender): PoolShares | undefined {
  return pools.get(lender);
}
