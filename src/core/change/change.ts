import { type EventId, newId, type UserId } from '../../lib/ids.ts';
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
import { assertNoRefusals, createGuard } from './guard.ts';
import { runInTurn } from './turn.ts';

export type { Change };

/** How a change is run. */
export interface ChangeOptions<Locked> {
  /** `exclusive` for a change that may alter the access of many users at once; the default is `shared`. */
  readonly mode?: 'shared' | 'exclusive';
  /** Takes the locks that are known beforehand. It only locks and reads; its queries are sent together with BEGIN. */
  readonly lock?: (scope: WriteScope) => Promise<Locked>;
}

class Escalate extends Error {}

/**
 * One write: a transaction that locks, decides, changes rows, and writes its audit events before COMMIT. The body may
 * run more than once, so it must have no effects outside the database. No event means that nothing changed.
 *
 * Changes to people run concurrently and lock the rows they touch: groups ascending by id, then users ascending by id,
 * then licenses ascending by id, then the workspace. A change that may alter the access of many users at once (mapping,
 * catalog, a group's name) is `exclusive` and runs alone in its workspace (docs/adr/0004).
 *
 * Throws `unauthenticated` when the caller's token was revoked or had expired before the change began, and `refused`
 * when the change would break a rule of the workspace (guard.ts).
 */
export async function change<T, Locked = undefined>(
  ctx: Context,
  body: (c: Change, locked: Locked) => Promise<T | LastWrite<T>>,
  { mode = 'shared', lock }: ChangeOptions<Locked> = {},
): Promise<T> {
  const outerTransaction = asTransaction(ctx.core.db);
  const run = async (scope: WriteScope, as: Mode) => attempt(ctx, scope, as, body, lock);
  if (outerTransaction)
    return (await run(scopeOf(outerTransaction, ctx.caller.workspaceId), 'nested')).answer;
  const runInOwnTransaction = (as: 'shared' | 'exclusive') =>
    runInTurn(ctx, as, (scope) => run(scope, as), { isEager: true });
  try {
    return await (
      await runInOwnTransaction(mode)
    ).answer;
  } catch (error) {
    if (!(error instanceof Escalate)) throw error;
    return (await runInOwnTransaction('exclusive')).answer;
  }
}

/**
 * Runs several changes in one transaction: all of them or none. They use the context passed to `body`, and each sees the
 * ones before it. The workspace is locked exclusively, since consecutive changes can't keep to the lock order.
 */
export function inOneTransaction<T>(ctx: Context, body: (ctx: Context) => Promise<T>): Promise<T> {
  return runInTurn(ctx, 'exclusive', async (scope) => {
    const { isTokenLive } = await beginChange(scope, true, ctx.caller.credential);
    if (!isTokenLive) throw tokenEnded();
    return body(contextOf({ ...ctx.core, db: inPlaceOfPool(scope.db) }, ctx.caller));
  });
}

/** `nested`: inside a transaction of several changes, which is exclusive already. */
type Mode = 'shared' | 'exclusive' | 'nested';

/** Bytes the database writes for an event besides its JSON: the row, the seal, their indexes and the target. */
const EVENT_BYTES = 1_200;
/** Events appended by one statement. */
const EVENTS_PER_STATEMENT = 1_000;

async function attempt<T, Locked>(
  { core, caller }: Context,
  txScope: WriteScope,
  mode: Mode,
  body: (c: Change, locked: Locked) => Promise<T | LastWrite<T>>,
  lock: ((scope: WriteScope) => Promise<Locked>) | undefined,
): Promise<{ readonly answer: Promise<T> }> {
  let exclusive = mode === 'exclusive';
  const [{ now, seatsLimited, onlyOneProduct, isTokenLive }, locked] = await Promise.all([
    beginChange(txScope, exclusive, caller.credential),
    lock?.(txScope),
  ]);
  if (!isTokenLive) throw tokenEnded();
  let at = now;
  let bytes = 0;
  const events: RecordedEvent[] = [];
  const escalate = (): void => {
    // A nested change runs alone already.
    if (mode === 'shared') throw new Escalate();
    exclusive = true;
  };
  const guard = createGuard(txScope, {
    seatsLimited,
    onlyOneProduct,
    isExclusive: () => exclusive,
    escalate,
    change: () => c,
  });
  const c: Change = {
    scope: { ...txScope, access: guard.access },
    caller,
    get at() {
      return at;
    },
    advanceClock: (...times) => {
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
    last: (write, onlyIfUser) => new LastWrite(write, onlyIfUser),
    charge: (more) => {
      bytes += more;
    },
    record: (event, { id = newId<EventId>(), actor = caller.actor } = {}) => {
      events.push({ ...toEventRow(event, id), actor });
      return id;
    },
  };
  try {
    const result = await body(c, locked as Locked);
    const deferred = result instanceof LastWrite ? sendLastWrite(c.scope, result, mode) : undefined;
    await assertNoRefusals(guard);
    const onlyIfUser = result instanceof LastWrite ? result.onlyIfUser : undefined;
    bytes += await writeEvents(c, events, { mode, onlyIfUser });
    return { answer: deferred ?? Promise.resolve(result as T) };
  } finally {
    // Rolled-back rows were written, too.
    core.writeBudget?.charge(caller.workspaceId, bytes);
  }
}

/** Sends the last write so that its result arrives with COMMIT; a nested change sends it at once. */
function sendLastWrite<T>(scope: WriteScope, { write }: LastWrite<T>, mode: Mode): Promise<T> {
  if (mode !== 'nested') return answeredAtEnd(scope.db, write).answer;
  const answer = write();
  answer.catch(() => undefined);
  return answer;
}

type RecordedEvent = NewEvent & { readonly actor: Actor };

function toEventRow({ action, target, related, before, after }: ChangeEvent, id: EventId): NewEvent {
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

/** Appends the events of a change and returns how many bytes the database writes for them. */
async function writeEvents(
  c: Change,
  events: readonly RecordedEvent[],
  { mode, onlyIfUser }: { mode: Mode; onlyIfUser: UserId | undefined },
): Promise<number> {
  let bytes = 0;
  const stored = events.map((event) => ({ ...event, ...recorded(event, events.length) }));
  for (const { before, after } of stored) bytes += EVENT_BYTES + bytesOf([before, after]);
  for (const actor of new Set(events.map((event) => event.actor))) {
    const ofActor = stored.filter((event) => event.actor === actor);
    for (let start = 0; start < ofActor.length; start += EVENTS_PER_STATEMENT) {
      const batch = ofActor.slice(start, start + EVENTS_PER_STATEMENT);
      const origin = { at: c.at, ...originOf(actor, c.caller) };
      const append = () => appendEvents(c.scope, origin, batch, onlyIfUser);
      // The last statement of its transaction, unless the change is nested and others follow.
      if (mode === 'nested') await append();
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
