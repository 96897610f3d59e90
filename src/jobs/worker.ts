import { setTimeout as sleep } from 'node:timers/promises';
import type { Core } from '../core/context/core.ts';
import { log } from '../lib/log.ts';
import { type Job, keepJobs, type QueueName, takeJobs } from '../store/db/job-queue.ts';

export interface WorkerOptions {
  /** How long to wait before the next look at an empty queue. */
  readonly pollMs: number;
  /** How many jobs are worked on at once. */
  readonly atOnce: number;
  /** After this long without a sign of its holder a job is given to another. */
  readonly leaseMs: number;
  /** True once no more jobs are to be begun. */
  readonly isStopping: () => boolean;
}

/** Works on the jobs of a queue until it is stopped. */
export interface Worker {
  /** Begins no more jobs, and resolves when those begun have ended; after `graceMs` they are aborted. */
  readonly stop: (graceMs: number) => Promise<void>;
}

/** When work on a job is to be broken off. */
export interface Attempt {
  /** The lease could not be kept, so that another may have the job by now; or the process can wait no longer. */
  readonly signal: AbortSignal;
  /** The process can wait no longer. */
  readonly ending: AbortSignal;
}

/**
 * Begins to work on a queue, beside other instances. `work` ends its job itself, in the transaction with what it does;
 * what throws is logged, and the job is given out again when its lease ends.
 */
export function startWorker<Name extends QueueName>(
  core: Core,
  queue: Name,
  options: WorkerOptions,
  work: (job: Job<Name>, attempt: Attempt) => Promise<void>,
): Worker {
  const { pollMs, atOnce, leaseMs } = options;
  const stopped = new AbortController();
  const ending = new AbortController();
  const running = new Map<string, Promise<void>>();

  const run = async (job: Job<Name>): Promise<void> => {
    const lease = keepLease(core, job, leaseMs);
    try {
      await work(job, { signal: AbortSignal.any([lease.signal, ending.signal]), ending: ending.signal });
    } catch (error) {
      log.warn('A job failed; it will be tried again.', { queue, job: job.id, error });
    } finally {
      lease.end();
      running.delete(job.id);
    }
  };

  const fill = async (): Promise<number> => {
    const free = atOnce - running.size;
    if (free === 0 || stopped.signal.aborted || options.isStopping()) return 0;
    const jobs = await takeJobs(core.db, queue, free, leaseMs / 1000);
    for (const job of jobs) running.set(job.id, run(job));
    return jobs.length;
  };

  const loop = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const begun = await fill().catch((error: unknown) => {
        log.warn('The job queue could not be read; it will be tried again.', { queue, error });
        return 0;
      });
      if (begun > 0 && running.size === atOnce) await Promise.race(running.values());
      if (begun === 0) await sleep(pollMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  };
  const looping = loop();

  return {
    stop: async (graceMs) => {
      stopped.abort();
      await looping;
      const timer = setTimeout(() => ending.abort(), graceMs);
      await Promise.all(running.values());
      clearTimeout(timer);
    },
  };
}

/** Keeps a job while it is worked on; the signal aborts once the lease may have ended. */
function keepLease<Name extends QueueName>(
  core: Core,
  job: Job<Name>,
  leaseMs: number,
): { signal: AbortSignal; end: () => void } {
  const lost = new AbortController();
  let keptAt = Date.now();
  const keep = async (): Promise<void> => {
    const begun = Date.now();
    const kept = await keepJobs(core.db, job.name, [job.id], leaseMs / 1000).catch(() => undefined);
    if (kept?.length === 1) keptAt = begun;
    if (kept?.length === 0 || Date.now() - keptAt >= leaseMs) lost.abort();
  };
  const timer = setInterval(() => void keep(), leaseMs / 4);
  return { signal: lost.signal, end: () => clearInterval(timer) };
}
