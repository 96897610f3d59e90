import type { EventId, UserId } from '../../lib/ids.ts';
import type { WriteScope } from '../../store/db/scope.ts';
import type { Action, EventOf } from '../audit/events/catalog.ts';
import type { Actor, Caller } from './caller.ts';

/** What is known of users when they are guarded, so that it need not be asked for. */
export interface KnownOfGuarded {
  /** They are made by this change: they hold nothing yet. */
  readonly areNew?: boolean;
  /** Those of them who are owners by an open grant. */
  readonly owners?: readonly UserId[];
}

/** Why a rule of the workspace refuses a change. */
export interface Refusal {
  readonly rule: 'seats' | 'one_product' | 'billing_manager' | 'last_owner';
  /** Whom it is about; none for seats, which are everybody's. */
  readonly userIds: readonly UserId[];
  /** What is wrong and what to do, in a sentence or two. */
  readonly message: string;
}

/** One write in progress: what the body of `change` works with. */
export interface Change {
  /** The rows of the workspace, in the transaction of this change. */
  readonly scope: WriteScope;
  readonly caller: Caller;
  /** The one time at which everything in this change happens. Not before any lock that the change has waited for. */
  readonly at: Date;
  /** Moves `at` forward to when a lock was had, and to when the locked row was last changed. */
  readonly notBefore: (...times: (Date | undefined)[]) => void;
  /** Starts the change over as an exclusive one, unless it is one. */
  readonly escalate: () => void;
  /** Starts the change over: what it has locked is not all that it needs. `message` is the answer if it never ends. */
  readonly retry: (message: string) => never;
  /** True when a user of the workspace may be given only one of the products. */
  readonly onlyOneProduct: boolean;
  /**
   * To be called before access of locked users is written: status, grants, memberships. Notes what they have, so that
   * what must hold can be checked before COMMIT: seats, one product, no billing manager in a project, an owner stays.
   */
  readonly guard: (userIds: readonly UserId[], known?: KnownOfGuarded) => Promise<void>;
  /** The same for an exclusive change that may touch everybody. */
  readonly guardEverybody: () => Promise<void>;
  /**
   * The same for a change that takes access away from users whom it does not lock: it is exclusive where a license has a
   * limit, since seats are counted anew, and needs nothing otherwise.
   */
  readonly guardRemoval: () => void;
  /** What refuses the change as it stands now. The runner asks before COMMIT; a change of many asks to name each. */
  readonly refusals: () => Promise<readonly Refusal[]>;
  /** The last write, whose answer is the change's: it goes out together with the events and COMMIT. */
  readonly last: <T>(write: () => Promise<T>) => LastWrite<T>;
  /** Notes how many bytes the change makes the database write, beside its events. */
  readonly charge: (bytes: number) => void;
  /** Notes what happened; it becomes an audit event before COMMIT. The caller did it, unless another is named. */
  readonly record: <A extends Action, Before, After>(
    event: EventOf<A, Before, After>,
    options?: { readonly id?: EventId; readonly actor?: Actor },
  ) => EventId;
}

/** The last write of a change, which has not been sent yet. */
export class LastWrite<T> {
  readonly write: () => Promise<T>;

  constructor(write: () => Promise<T>) {
    this.write = write;
  }
}
