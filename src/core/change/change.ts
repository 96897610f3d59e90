import { type EventId, newId } from '../../lib/ids.ts';
import { appendEvents, type NewEvent } from '../../store/audit/events.ts';
import { TransactionConflict } from '../../store/db/errors.ts';
import { asTransaction, inPlaceOfPool } from '../../store/db/pool.ts';
import { scopeOf, type WriteScope } from '../../store/db/scope.ts';
import { answeredAtEnd } from '../../store/db/transaction.ts';
import { beginChange } from '../../store/db/workspace-lock.ts';
import { bytesOf, recorded } from '../audit/event-size.ts';
import type { ChangeEvent } from '../audit/events/catalog.ts';
import type { Actor, Caller } from '../context/caller.ts';
import { type Change, LastWrite } from '../context/change.ts';
import { type Context, contextOf } from '../context/context.ts';
import { tokenEnded } from '../context/live-token.ts';
import { assertNothingRefuses, createGuard } from './guard.ts';
import { inTurn } from './turn.ts';

export type { Change };

/** How a change is run. */
export interface ChangeOptions<Locked> {
  /** `exclusive` for a change that may alter the access of many at once; unless it is said, `shared`. */
  readonly mode?: 'shared' | 'exclusive';
  /** Locks that are known before it begins. It only locks and reads: what it asks goes out with the beginning. */
  readonly lock?: (scope: WriteScope) => Promise<Locked>;
}

class Escalate extends Error {}

/**
 * One write: a transaction that locks, decides, changes rows, and writes its audit events before COMMIT. The body may
 * run more than once, so it does nothing outside the database. No event means that nothing changed.
 *
 * Changes to people run beside each other and lock the rows they touch: groups ascending by id, then users ascending
 * by id, then licenses ascending by id, then the workspace. A change that may alter the access of many at once
 * (mapping, catalog, a group's name) is `exclusive`: it waits for the others and they for it (docs/adr/0004).
 *
 * Throws `unauthenticated` when the caller's token was revoked or has expired before the change began, and `refused`
 * when it would break a rule of the workspace (guard.ts).
 */
export async function change<T, Locked = undefined>(
  ctx: Context,
  body: (c: Change, locked: Locked) => Promise<T | LastWrite<T>>,
  { mode = 'shared', lock }: ChangeOptions<Locked> = {},
): Promise<T> {
  const joined = asTransaction(ctx.core.db);
  const run = async (scope: WriteScope, as: Mode) => attempt(ctx, scope, as, body, lock);
  if (joined) return (await run(scopeOf(joined, ctx.caller.workspaceId), 'joined')).answer;
  const alone = (as: 'shared' | 'exclusive') => inTurn(ctx, as, (scope) => run(scope, as), { isEager: true });
  try {
    return await (
      await alone(mode)
    ).answer;
  } catch (error) {
    if (!(error instanceof Escalate)) throw error;
    return (await alone('exclusive')).answer;
  }
}

/**
 * Makes several changes one: all of them or none. They are made through the context that `body` is given, and each sees
 * those before it. Nobody else changes the workspace meanwhile, since changes that follow each other in one transaction
 * can't keep to the order of locks.
 */
export function inOneTransaction<T>(ctx: Context, body: (ctx: Context) => Promise<T>): Promise<T> {
  return inTurn(ctx, 'exclusive', async (scope) => {
    const { isTokenLive } = await beginChange(scope, true, ctx.caller.credential);
    if (!isTokenLive) throw tokenEnded();
    return body(contextOf({ ...ctx.core, db: inPlaceOfPool(scope.db) }, ctx.caller));
  });
}

/** True for changes of which several are one transaction. */
export function isInOneTransaction({ core }: Context): boolean {
  return asTransaction(core.db) !== undefined;
}

/** `joined`: within a transaction of several changes. */
type Mode = 'shared' | 'exclusive' | 'joined';

/** Bytes that an event makes the database write beside its own JSON: its row and seal, their indexes, what it is of. */
const EVENT_BYTES = 1_200;
/** Events of one statement. */
const EVENTS_AT_ONCE = 1_000;

async function attempt<T, Locked>(
  { core, caller }: Context,
  inTransaction: WriteScope,
  mode: Mode,
  body: (c: Change, locked: Locked) => Promise<T | LastWrite<T>>,
  lock: ((scope: WriteScope) => Promise<Locked>) | undefined,
): Promise<{ readonly answer: Promise<T> }> {
  let exclusive = mode === 'exclusive';
  const [{ now, seatsLimited, onlyOneProduct, isTokenLive }, locked] = await Promise.all([
    beginChange(inTransaction, exclusive, caller.credential),
    lock?.(inTransaction),
  ]);
  if (!isTokenLive) throw tokenEnded();
  let at = now;
  let bytes = 0;
  const events: RecordedEvent[] = [];
  const escalate = (): void => {
    // One of several in a transaction is alone already.
    if (mode === 'shared') throw new Escalate();
    exclusive = true;
  };
  const guard = createGuard(inTransaction, {
    seatsLimited,
    onlyOneProduct,
    isExclusive: () => exclusive,
    escalate,
    change: () => c,
  });
  const c: Change = {
    scope: { ...inTransaction, access: guard.access },
    caller,
    get at() {
      return at;
    },
    notBefore: (...times) => {
      for (const time of times) if (time && time > at) at = time;
    },
    escalate,
    retry: (message) => {
      throw new TransactionConflict(message);
    },
    onlyOneProduct,
    guard: guard.guard,
    guardEverybody: guard.guardEverybody,
    guardRemoval: guard.guardRemoval,
    refusals: guard.refusals,
    last: (write) => new LastWrite(write),
    charge: (more) => {
      bytes += more;
    },
    record: (event, { id = newId<EventId>(), actor = caller.actor } = {}) => {
      events.push({ ...asRow(event, id), actor });
      return id;
    },
  };
  try {
    const result = await body(c, locked as Locked);
    const deferred = result instanceof LastWrite ? lastOf(c.scope, result, mode) : undefined;
    await assertNothingRefuses(guard);
    bytes += await writeEvents(c, events, mode);
    return { answer: deferred ?? Promise.resolve(result as T) };
  } finally {
    // What is rolled back has been written as well.
    core.writeBudget?.charge(caller.workspaceId, bytes);
  }
}

/** Sends the last write without waiting for its answer, unless more may follow in the transaction. */
function lastOf<T>(scope: WriteScope, { write }: LastWrite<T>, mode: Mode): Promise<T> {
  if (mode !== 'joined') return answeredAtEnd(scope.db, write).answer;
  const answer = write();
  answer.catch(() => undefined);
  return answer;
}

type RecordedEvent = NewEvent & { readonly actor: Actor };

function asRow({ action, target, related, before, after }: ChangeEvent, id: EventId): NewEvent {
  return {
    id,
    action,
    target_kind: target.kind,
    target_id: target.id,
    target_name: target.name,
    related_id: related ?? null,
    before: before ?? null,
    after: after ?? null,
  };
}

/** Appends the events of a change, and answers how many bytes they make the database write. */
async function writeEvents(c: Change, events: readonly RecordedEvent[], mode: Mode): Promise<number> {
  let bytes = 0;
  const kept = events.map((event) => ({ ...event, ...recorded(event, events.length) }));
  for (const { before, after } of kept) bytes += EVENT_BYTES + bytesOf([before, after]);
  for (const actor of new Set(events.map((event) => event.actor))) {
    const theirs = kept.filter((event) => event.actor === actor);
    for (let start = 0; start < theirs.length; start += EVENTS_AT_ONCE) {
      const some = theirs.slice(start, start + EVENTS_AT_ONCE);
      const append = () => appendEvents(c.scope, { at: c.at, ...originOf(actor, c.caller) }, some);
      // The last of a transaction; more may come after one that was joined.
      if (mode === 'joined') await append();
      else answeredAtEnd(c.scope.db, append);
    }
  }
  return bytes;
}

function originOf(actor: Actor, { requestId }: Caller) {
  return {
    actor_kind: actor.kind,
    actor_id: actor.kind === 'system' ? null : actor.id,
    actor_name: actor.name,
    actor_scope: actor.kind === 'token' ? actor.scope : null,
    request_id: requestId,
  };
}
