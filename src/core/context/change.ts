import type { EventId, UserId } from '../../lib/ids.ts';
import type { WriteScope } from '../../store/db/scope.ts';
import type { Action, EventOf } from '../audit/events/catalog.ts';
import type { Actor, Caller } from './caller.ts';

/** Facts about guarded users that are known already and save a query. */
export interface GuardOptions {
  /** This change creates the users, so they have nothing yet. */
  readonly areNew?: boolean;
  /** The users who have an open grant of ownership. */
  readonly owners?: readonly UserId[];
}

/** Why a rule of the workspace refuses a change. */
export interface Refusal {
  readonly rule: 'seats' | 'one_product' | 'billing_manager' | 'last_owner';
  /** The users concerned; empty for seats, which everybody shares. */
  readonly userIds: readonly UserId[];
  /** What is wrong and what to do next, in a sentence or two. */
  readonly message: string;
}

/** One write in progress: what the body of `change` works with. */
export interface Change {
  /** The rows of the workspace, in the transaction of this change. */
  readonly scope: WriteScope;
  readonly caller: Caller;
  /** The single timestamp of everything in this change; later than every lock the change has waited for. */
  readonly at: Date;
  /** Moves `at` forward to when a lock was acquired and the locked row last changed. */
  readonly advanceClock: (...times: (Date | undefined)[]) => void;
  /** Restarts the change as an exclusive one, unless it already is. */
  readonly escalate: () => void;
  /** Restarts the change because it needs more locks than it took. `message` is the error when retries run out. */
  readonly retry: (message: string) => never;
  /** Users of the workspace may have only one of the products. */
  readonly onlyOneProduct: boolean;
  /**
   * Must be called before writing the status, grants or memberships of locked users. Records what they have, so that the
   * rules can be checked before COMMIT: seats, one product, no billing manager in a project, an owner remains.
   */
  readonly guard: (userIds: readonly UserId[], known?: GuardOptions) => Promise<void>;
  /** Like `guard`, for an exclusive change that may affect everybody. */
  readonly guardEverybody: () => Promise<void>;
  /**
   * Like `guard`, for a change that removes access from users it does not lock. Where a license has a limit it escalates,
   * since all seats are recounted.
   */
  readonly guardRemoval: () => void;
  /** The rules that the change breaks so far. Checked before COMMIT; bulk actions call it to report on each user. */
  readonly refusals: () => Promise<readonly Refusal[]>;
  /** Defers the last write, whose result is the change's, so that it is sent together with the events and COMMIT. */
  readonly last: <T>(write: () => Promise<T>, onlyIfUser?: UserId) => LastWrite<T>;
  /** Adds bytes the database writes for this change, besides its events. */
  readonly charge: (bytes: number) => void;
  /** Records an audit event, written before COMMIT. The actor is the caller unless another is given. */
  readonly record: <A extends Action, Before, After>(
    event: EventOf<A, Before, After>,
    options?: { readonly id?: EventId; readonly actor?: Actor },
  ) => EventId;
}

/** The last write of a change, not yet sent. */
export class LastWrite<T> {
  readonly write: () => Promise<T>;
  /** The events are written only if this user exists after the write, since its answer comes with COMMIT. */
  readonly onlyIfUser: UserId | undefined;

  constructor(write: () => Promise<T>, onlyIfUser?: UserId) {
    this.write = write;
    this.onlyIfUser = onlyIfUser;
  }
}
