import { log } from '../lib/log.ts';
import { type Job, type JobQueue, type QueueName, startWorking, stopWorking } from '../store/db/job-queue.ts';

export interface WorkerOptions {
  /** How long to wait before the next look at an empty queue. At least 0.5. */
  readonly pollSeconds: number;
  /** How many jobs are worked on at once. */
  readonly atOnce: number;
}

/** Works on the jobs of a queue until it is stopped. */
export interface Worker {
  /** Begins no more jobs. */
  readonly takeNoMore: () => void;
  /** Begins no more jobs, and resolves when those begun have ended; after `graceMs` they are aborted. */
  readonly stop: (graceMs: number) => Promise<void>;
}

/** When work on a job is to be broken off. */
export interface Attempt {
  /** The job was given to another, or the process can wait no longer. */
  readonly signal: AbortSignal;
  /** The process can wait no longer. */
  readonly ending: AbortSignal;
}

/** Begins to work on a queue, beside other instances. What `work` throws is logged, and the job is tried again. */
export async function startWorker<Name extends QueueName>(
  queue: JobQueue,
  name: Name,
  { pollSeconds, atOnce }: WorkerOptions,
  work: (job: Job<Name>, attempt: Attempt) => Promise<void>,
): Promise<Worker> {
  const ending = new AbortController();
  const run = async (job: Job<Name>, signal: AbortSignal): Promise<void> => {
    const attempt = { signal: AbortSignal.any([signal, ending.signal]), ending: ending.signal };
    const isDone = await work(job, attempt).then(
      () => true,
      (error: unknown) => {
        log.warn('A job failed; it will be tried again.', { queue: name, job: job.id, error });
        return false;
      },
    );
    // Kept with the job, which holds ids only: the error itself may name people.
    if (!isDone) throw new Error('The job failed; the log of its process says why.');
  };
  for (let i = 0; i < atOnce; i++) await startWorking(queue, name, pollSeconds, run);

  let ended: Promise<void> | undefined;
  const takeNoMore = (): Promise<void> => (ended ??= stopWorking(queue, name));
  return {
    takeNoMore: () => void takeNoMore(),
    stop: async (graceMs) => {
      const timer = setTimeout(() => ending.abort(), graceMs);
      await takeNoMore();
      clearTimeout(timer);
    },
  };
}
