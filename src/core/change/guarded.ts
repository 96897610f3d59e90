import type { Change } from '../context/change.ts';

/** What the guard is told of its change. */
export interface Guarded {
  /** A license of the workspace has a limit, so that seats must be counted. */
  readonly seatsLimited: boolean;
  /** A user of the workspace may be given only one of the products. */
  readonly onlyOneProduct: boolean;
  readonly isExclusive: () => boolean;
  readonly escalate: () => void;
  readonly change: () => Change;
}
