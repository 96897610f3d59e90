import type { Change } from '../context/change.ts';

/** What the guard needs to know of its change. */
export interface GuardedChange {
  /** A license of the workspace has a seat limit, so seats must be counted. */
  readonly seatsLimited: boolean;
  /** Users of the workspace may have only one of the products. */
  readonly onlyOneProduct: boolean;
  readonly isExclusive: () => boolean;
  readonly escalate: () => void;
  readonly change: () => Change;
}
