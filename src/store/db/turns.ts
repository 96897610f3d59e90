import { RollcallError } from '../../lib/errors.ts';
import { cancelled } from '../../lib/gate.ts';
import { held, refusals } from '../../lib/metrics.ts';
import type { Lender } from './lender.ts';
import { MOST_CHANGES_AT_ONCE, MOST_CHANGES_WAITING, TURN_PATIENCE_MS } from './limits.ts';
import { behalfOf } from './loan.ts';
import type { Db } from './pool.ts';

interface Waiter {
  readonly isExclusive: boolean;
  readonly begin: () => void;
}

/** The changes of one workspace in this process. */
interface Queue {
  shared: number;
  isExclusive: boolean;
  /** In the order in which they came. */
  readonly waiting: Set<Waiter>;
}

/** Queues that somebody is in, by the pool and the workspace. */
const queues = new WeakMap<Lender, Map<string, Queue>>();

/**
 * Waits for a turn to change a workspace, without a connection: a few shared changes run at once, an exclusive one
 * alone, and none overtakes another. The database's lock decides among instances; this queue keeps those of one workspace
 * from taking the pool while they wait for it. Answers how to end the turn. Throws `busy`, `rate_limited` when too many
 * wait, and `cancelled` when the client has gone.
 */
export async function takeTurn(db: Db, workspaceId: string, isExclusive: boolean): Promise<() => void> {
  const lender = db.client as Lender;
  const ofPool = queues.get(lender) ?? new Map<string, Queue>();
  queues.set(lender, ofPool);
  const queue = ofPool.get(workspaceId) ?? { shared: 0, isExclusive: false, waiting: new Set<Waiter>() };
  ofPool.set(workspaceId, queue);
  if (queue.waiting.size > 0 || !hasRoom(queue, isExclusive)) {
    const behalf = behalfOf(db);
    if (queue.waiting.size >= MOST_CHANGES_WAITING) throw refusal('rate_limited');
    await turnIn(queue, isExclusive, behalf?.signal);
  } else {
    enter(queue, isExclusive);
  }
  return () => {
    changes.now -= 1;
    if (isExclusive) queue.isExclusive = false;
    else queue.shared -= 1;
    beginNext(queue);
    if (queue.shared === 0 && !queue.isExclusive && queue.waiting.size === 0) ofPool.delete(workspaceId);
  };
}

function hasRoom(queue: Queue, isExclusive: boolean): boolean {
  if (queue.isExclusive) return false;
  return isExclusive ? queue.shared === 0 : queue.shared < MOST_CHANGES_AT_ONCE;
}

const changes = held('changes');

function enter(queue: Queue, isExclusive: boolean): void {
  changes.now += 1;
  if (isExclusive) queue.isExclusive = true;
  else queue.shared += 1;
}

function beginNext(queue: Queue): void {
  for (const next of queue.waiting) {
    if (!hasRoom(queue, next.isExclusive)) return;
    enter(queue, next.isExclusive);
    next.begin();
  }
}

function turnIn(queue: Queue, isExclusive: boolean, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      queue.waiting.delete(waiter);
    };
    const fail = (error: Error): void => {
      leave();
      // It may have been what held up those behind it.
      beginNext(queue);
      reject(error);
    };
    const giveUp = (): void => fail(cancelled());
    const timer = setTimeout(() => fail(refusal('busy')), TURN_PATIENCE_MS);
    const waiter: Waiter = {
      isExclusive,
      begin: () => {
        leave();
        resolve();
      },
    };
    queue.waiting.add(waiter);
    signal?.addEventListener('abort', giveUp, { once: true });
    if (signal?.aborted) giveUp();
  });
}

function refusal(kind: 'busy' | 'rate_limited'): RollcallError {
  refusals.inc({ limit: 'changes', by: 'workspace' });
  return new RollcallError(kind, 'Other changes of this workspace are under way; try again shortly.', {
    retryAfter: 2,
  });
}
