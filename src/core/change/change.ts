import { type EventId, newId, type UserId } from '../../lib/ids.ts';
import { appendEvents, type NewEvent } from '../../store/audit/events.ts';
import { asTransaction, inPlaceOfPool } from '../../store/db/pool.ts';
import { scopeOf, type WriteScope } from '../../store/db/scope.ts';
import { answeredAtEnd, type Sent } from '../../store/db/transaction.ts';
import { beginChange } from '../../store/db/workspace-lock.ts';
import { bytesOf, recorded } from '../audit/event-size.ts';
import type { Caller } from '../context/caller.ts';
import type { Context } from '../context/context.ts';
import { contextOf } from '../context/context.ts';
import { tokenEnded } from '../context/live-token.ts';
import { inTurn } from './turn.ts';

/** What happened to what, in the words of the audit: `user.created`, `group.member_added`. */
export interface ChangeEvent {
  readonly action: string;
  readonly target: { readonly kind: string; readonly id: string; readonly name: string | null };
  /** The other one concerned, for example the user of a membership. */
  readonly related?: string;
  /** What changed, as it was and as it is, and never a secret. Of it, what differs is kept (event-size.ts). */
  readonly before?: unknown;
  readonly after?: unknown;
}

/** One write in progress. */
export interface Change {
  /** The rows of the workspace, in the transaction of this change. */
  readonly scope: WriteScope;
  readonly caller: Caller;
  /** The one time at which everything in this change happens. Not before any lock that the change has waited for. */
  readonly at: Date;
  /** Moves `at` forward to when a lock was had, and to when the locked row was last changed. */
  readonly notBefore: (...times: (Date | undefined)[]) => void;
  /** True when nobody else may change the workspace until this change ends. */
  readonly exclusive: boolean;
  /** Starts the change over as an exclusive one, unless it is one. */
  readonly needExclusive: () => void;
  /** True when a license of the workspace has a limit, so that seats must be counted. */
  readonly seatsLimited: boolean;
  /** True when a user of the workspace may be given only one of the products. */
  readonly onlyOneProduct: boolean;
  /**
   * Asks without waiting for the answer, so that what follows goes out with it, COMMIT at the latest. When it fails, the
   * change fails. The answer is wrapped, so that a body can hand it out: it comes when the change has ended.
   */
  readonly send: <T>(ask: () => Promise<T>) => Sent<T>;
  /** An id for an event to come, for rows that must name it before it is known that anything changed. */
  readonly newEventId: () => EventId;
  /** Makes the events of this change depend on a user whose insertion is not waited for. */
  readonly eventsNeed: (id: UserId) => void;
  /** Notes how many bytes the change makes the database write, beside its events. */
  readonly charge: (bytes: number) => void;
  /** Notes what happened; it becomes an audit event before COMMIT. */
  readonly record: (event: ChangeEvent, id?: EventId) => EventId;
}

class NeedExclusive extends Error {}

/**
 * One write: a transaction that locks, decides, changes rows, and writes its audit events before COMMIT. The body may
 * run more than once, so it does nothing outside the database. No event means that nothing changed.
 *
 * Changes to people run beside each other and lock the rows they touch: groups ascending by id, then users ascending
 * by id, then licenses ascending by id, then the workspace. A change that may alter the access of many at once
 * (mapping, catalogue, a group's name) is `exclusive`: it waits for the others and they for it (docs/adr/0004).
 *
 * Throws `unauthenticated` when the caller's token was revoked or has expired before the change began.
 */
export function change<T>(
  ctx: Context,
  body: (c: Change) => Promise<T>,
  mode: 'shared' | 'exclusive' = 'shared',
): Promise<T> {
  return changeLocked(ctx, () => Promise.resolve(), body, mode);
}

/**
 * The same, for a change whose locks are known before it begins. `lock` only locks and reads; what it asks goes out
 * together with the beginning of the change, and runs after it.
 */
export async function changeLocked<T, Locked>(
  ctx: Context,
  lock: (scope: WriteScope) => Promise<Locked>,
  body: (c: Change, locked: Locked) => Promise<T>,
  mode: 'shared' | 'exclusive' = 'shared',
): Promise<T> {
  const joined = asTransaction(ctx.core.db);
  if (joined) return attempt(ctx, scopeOf(joined, ctx.caller.workspaceId), lock, body, 'joined');
  const alone = (as: 'shared' | 'exclusive') =>
    inTurn(ctx, as, (scope) => attempt(ctx, scope, lock, body, as), { isEager: true });
  try {
    return await alone(mode);
  } catch (error) {
    if (!(error instanceof NeedExclusive)) throw error;
    return alone('exclusive');
  }
}

/**
 * Makes several changes one: all of them or none. They are made through the core that `body` is given, and each sees
 * those before it. Nobody else changes the workspace meanwhile, since changes that follow each other in one transaction
 * can't keep to the order of locks.
 */
export function together<T>(ctx: Context, body: (ctx: Context) => Promise<T>): Promise<T> {
  return inTurn(ctx, 'exclusive', async (scope) => {
    const { isTokenLive } = await beginChange(scope, true, ctx.caller.credential);
    if (!isTokenLive) throw tokenEnded();
    return body(contextOf({ ...ctx.core, db: inPlaceOfPool(scope.db) }, ctx.caller));
  });
}

/** Bytes that an event makes the database write beside its own JSON: its row and seal, their indexes, what it is of. */
const EVENT_BYTES = 1_200;
/** Events of one statement. */
const EVENTS_AT_ONCE = 1_000;

async function attempt<T, Locked>(
  { core, caller }: Context,
  scope: WriteScope,
  lock: (scope: WriteScope) => Promise<Locked>,
  body: (c: Change, locked: Locked) => Promise<T>,
  mode: 'shared' | 'exclusive' | 'joined',
): Promise<T> {
  let exclusive = mode === 'exclusive';
  const [{ now, seatsLimited, onlyOneProduct, isTokenLive }, locked] = await Promise.all([
    beginChange(scope, exclusive, caller.credential),
    lock(scope),
  ]);
  if (!isTokenLive) throw tokenEnded();
  let at = now;
  const sent: Promise<unknown>[] = [];
  const events: NewEvent[] = [];
  let needed: UserId | undefined;
  let bytes = 0;
  const c: Change = {
    scope,
    caller,
    get at() {
      return at;
    },
    notBefore: (...times) => {
      for (const time of times) if (time && time > at) at = time;
    },
    get exclusive() {
      return exclusive;
    },
    needExclusive: () => {
      // One of `together` is alone already.
      if (mode === 'shared') throw new NeedExclusive();
      exclusive = true;
    },
    seatsLimited,
    onlyOneProduct,
    send: (ask) => {
      if (mode !== 'joined') return answeredAtEnd(scope.db, ask);
      const answer = ask();
      answer.catch(() => undefined);
      sent.push(answer);
      return { answer };
    },
    charge: (more) => {
      bytes += more;
    },
    newEventId: () => newId<EventId>(),
    eventsNeed: (id) => {
      needed = id;
    },
    record: (event, id = newId<EventId>()) => {
      events.push({
        id,
        action: event.action,
        target_kind: event.target.kind,
        target_id: event.target.id,
        target_name: event.target.name,
        related_id: event.related ?? null,
        before: event.before ?? null,
        after: event.after ?? null,
      });
      return id;
    },
  };
  try {
    const result = await body(c, locked);
    await Promise.all(sent);
    const kept = events.map((event) => ({ ...event, ...recorded(event, events.length) }));
    for (let start = 0; start < kept.length; start += EVENTS_AT_ONCE) {
      const some = kept.slice(start, start + EVENTS_AT_ONCE);
      const append = () => appendEvents(scope, { at, ...origin(caller) }, some, needed);
      // The last of a transaction; more may come after one that was joined.
      if (mode === 'joined') await append();
      else answeredAtEnd(scope.db, append);
    }
    for (const { before, after } of kept) bytes += EVENT_BYTES + bytesOf([before, after]);
    return result;
  } finally {
    // What is rolled back has been written as well.
    core.writeBudget?.charge(caller.workspaceId, bytes);
  }
}

function origin({ actor, requestId }: Caller) {
  return {
    actor_kind: actor.kind,
    actor_id: actor.kind === 'system' ? null : actor.id,
    actor_name: actor.name,
    actor_scope: actor.kind === 'token' ? actor.scope : null,
    request_id: requestId,
  };
}
