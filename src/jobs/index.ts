import { setTimeout as sleep } from 'node:timers/promises';
import { sealAudit } from '../core/audit/chain/seal.ts';
import { type Core, jobQueue } from '../core/context/core.ts';
import { expireAllInvitations } from '../core/invitations/expire-all.ts';
import { moveOldJobs } from '../core/invitations/old-jobs.ts';
import { applyClosingReviews } from '../core/reviews/apply.ts';
import { log } from '../lib/log.ts';
import type { Mailer } from '../mail/mailer.ts';
import { sendInvitation } from './invitation-mail.ts';
import { startWorker } from './worker.ts';

/** How fast jobs go; in tests faster than in life. */
export interface JobsOptions {
  readonly mailer: Mailer;
  readonly isStopping?: () => boolean;
  /** How often the queue is looked at. At least 0.5. */
  readonly pollSeconds?: number;
  /** How long after a first failed attempt the next is made; doubled from then on. */
  readonly retryMs?: number;
  /** How often invitations past their time are settled. */
  readonly settleEveryMs?: number;
  /** How often audit events that wait are sealed. */
  readonly sealEveryMs?: number;
  /** How often it is looked for reviews that are being closed. */
  readonly reviewEveryMs?: number;
}

export interface Jobs {
  /** Takes no more jobs from the queue, so that those begun have ended sooner. */
  readonly takeNoMore: () => void;
  /** Begins nothing more, and waits for what was begun; cuts it off after some seconds. */
  readonly stop: () => Promise<void>;
}

/** How many mails are on their way at once, and for how long a stop waits for them. */
const MAILS_AT_ONCE = 5;
const GRACE_MS = 4_000;

/** Starts what happens after COMMIT and when time has passed. Any number of instances share the work. */
export async function startJobs(core: Core, options: JobsOptions): Promise<Jobs> {
  const { mailer, isStopping = () => false, pollSeconds = 1, retryMs = 5_000 } = options;
  const { settleEveryMs = 60_000, sealEveryMs = 1_000, reviewEveryMs = 2_000 } = options;
  await moveOldJobs(core);
  const worker = await startWorker(
    jobQueue(core),
    'invitation-mail',
    { pollSeconds, atOnce: MAILS_AT_ONCE },
    (job, attempt) => sendInvitation(core, mailer, job, retryMs, attempt),
  );
  const every = [
    repeat(settleEveryMs, () => expireAllInvitations(core, isStopping)),
    repeat(reviewEveryMs, () => applyClosingReviews(core, isStopping)),
    ...(core.signing ? [repeat(sealEveryMs, () => sealAudit(core, isStopping))] : []),
  ];
  return {
    takeNoMore: worker.takeNoMore,
    stop: async () => {
      await Promise.all([worker.stop(GRACE_MS), ...every.map((one) => one.stop())]);
    },
  };
}

/** Does something again and again, one after the other; what fails is logged and tried the next time. */
function repeat(everyMs: number, act: () => Promise<unknown>): { stop: () => Promise<void> } {
  const stopped = new AbortController();
  const loop = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await act().catch((error: unknown) =>
        log.warn('A periodic job failed; it will be tried again.', { error }),
      );
      await sleep(everyMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  };
  const looping = loop();
  return {
    stop: () => {
      stopped.abort();
      return looping;
    },
  };
}
