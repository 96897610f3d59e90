import { RollcallError } from './errors.ts';
import { held, refusals } from './metrics.ts';

/** How many may be inside a gate at once, and how long others wait for a place. */
export interface GateLimits {
  /** Names the limit in metrics, and what is limited in messages: "exports". */
  readonly name: string;
  readonly perWorkspace: number;
  /** Of all workspaces together, in this process. */
  readonly total: number;
  /** Waiting of one workspace; beyond it, the next is refused at once. */
  readonly waitingPerWorkspace: number;
  /** Waiting of all together, where each holds something while it waits. */
  readonly waitingInAll?: number;
  readonly waitMs: number;
  /** True when a full gate is no fault of the caller's: it refuses with `busy` only. */
  readonly isNobodysFault?: boolean;
}

/** A limit on how much of one kind of work goes on at once. */
export interface Gate {
  /**
   * Waits for a place and answers how to give it back, which may be called more than once. Throws `rate_limited` when
   * the workspace itself has all its places in use, `busy` when others have them, and `cancelled` once `signal` aborts.
   */
  readonly enter: (workspaceId: string, signal?: AbortSignal) => Promise<() => void>;
  /** A place when one is free at once. */
  readonly tryEnter: (workspaceId: string) => (() => void) | undefined;
  /** Does the work while it has a place. */
  readonly run: <T>(
    workspaceId: string,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ) => Promise<T>;
}

interface Waiter {
  readonly admit: () => void;
}

/**
 * Makes a gate. Places that become free go to the workspaces in turn, so that one with many waiting holds up nobody
 * else's first. Whoever waits holds nothing: no connection, no lock.
 */
export function createGate(limits: GateLimits): Gate {
  const { name, perWorkspace, total, waitingPerWorkspace, waitingInAll = Infinity, waitMs } = limits;
  const counter = held(name);
  const inside = new Map<string, number>();
  /** In the order in which the workspaces are served. */
  const queues = new Map<string, Set<Waiter>>();
  let all = 0;
  let waitingNow = 0;

  const insideOf = (workspaceId: string): number => inside.get(workspaceId) ?? 0;
  const hasRoom = (workspaceId: string): boolean => all < total && insideOf(workspaceId) < perWorkspace;

  const refusal = (workspaceId: string): RollcallError => {
    const isItsOwn = limits.isNobodysFault !== true && insideOf(workspaceId) >= perWorkspace;
    refusals.inc({ limit: name, by: isItsOwn ? 'workspace' : 'process' });
    return isItsOwn
      ? new RollcallError(
          'rate_limited',
          `This workspace has too many ${name} under way: ${perWorkspace} at once are served. Try again shortly.`,
          { retryAfter: 2 },
        )
      : new RollcallError('busy', `The server has too many ${name} under way; try again shortly.`, {
          retryAfter: 2,
        });
  };

  const take = (workspaceId: string): (() => void) => {
    inside.set(workspaceId, insideOf(workspaceId) + 1);
    all += 1;
    counter.now += 1;
    let isLeft = false;
    return () => {
      if (isLeft) return;
      isLeft = true;
      all -= 1;
      counter.now -= 1;
      if (insideOf(workspaceId) > 1) inside.set(workspaceId, insideOf(workspaceId) - 1);
      else inside.delete(workspaceId);
      admitNext();
    };
  };

  const admitNext = (): void => {
    for (const [workspaceId, queue] of queues) {
      if (all >= total) return;
      if (!hasRoom(workspaceId)) continue;
      const [next] = queue;
      if (!next) continue;
      dequeue(workspaceId, next);
      // Behind the others from now on.
      const rest = queues.get(workspaceId);
      if (rest && queues.delete(workspaceId)) queues.set(workspaceId, rest);
      next.admit();
    }
  };

  const dequeue = (workspaceId: string, waiter: Waiter): void => {
    const queue = queues.get(workspaceId);
    if (queue?.delete(waiter)) waitingNow -= 1;
    if (queue?.size === 0) queues.delete(workspaceId);
  };

  const wait = (workspaceId: string, signal: AbortSignal | undefined): Promise<() => void> =>
    new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        dequeue(workspaceId, waiter);
      };
      const waiter: Waiter = {
        admit: () => {
          stop();
          resolve(take(workspaceId));
        },
      };
      const giveUp = (): void => {
        stop();
        reject(cancelled());
      };
      const timer = setTimeout(() => {
        stop();
        reject(refusal(workspaceId));
      }, waitMs);
      signal?.addEventListener('abort', giveUp, { once: true });
      const queue = queues.get(workspaceId) ?? new Set();
      queues.set(workspaceId, queue.add(waiter));
      waitingNow += 1;
    });

  const tryEnter: Gate['tryEnter'] = (workspaceId) =>
    hasRoom(workspaceId) && !queues.has(workspaceId) ? take(workspaceId) : undefined;

  const enter: Gate['enter'] = async (workspaceId, signal) => {
    if (signal?.aborted) throw cancelled();
    const leave = tryEnter(workspaceId);
    if (leave) return leave;
    const waiting = queues.get(workspaceId)?.size ?? 0;
    if (waiting >= waitingPerWorkspace || waitingNow >= waitingInAll) throw refusal(workspaceId);
    return wait(workspaceId, signal);
  };

  return {
    enter,
    tryEnter,
    run: async (workspaceId, signal, work) => {
      const leave = await enter(workspaceId, signal);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}

/** The error for work whose client has gone: nobody reads the answer. */
export function cancelled(): RollcallError {
  return new RollcallError('cancelled', 'The client closed the connection before the answer.');
}
