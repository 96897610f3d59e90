import { setTimeout as sleep } from 'node:timers/promises';
import type { Core } from '../core/context/core.ts';
import {
  beginDelivery,
  deliveryFailed,
  deliverySucceeded,
  handOver,
  type MailJob,
} from '../core/invitations/delivery.ts';
import { log } from '../lib/log.ts';
import { mailsSent } from '../lib/metrics.ts';
import { MailFailure } from '../mail/failure.ts';
import type { Mailer } from '../mail/mailer.ts';
import { invitationMessage } from '../mail/message.ts';
import type { Attempt } from './worker.ts';

/**
 * Sends one invitation, once: that it goes out is noted before the last word to the mail server, and how it went after.
 * A process that dies between the two leaves a send of which nobody knows; it is not made again but told of
 * (docs/adr/0009).
 */
export async function sendInvitation(
  core: Core,
  mailer: Mailer,
  job: MailJob,
  retryMs: number,
  attempt: Attempt,
): Promise<void> {
  const mail = await beginDelivery(core, job);
  if (!mail) return;
  try {
    const wanted = () => handOver(core, job);
    if (!(await mailer.send(invitationMessage(mail), { ...attempt, handOver: wanted }))) return;
  } catch (error) {
    if (!(error instanceof MailFailure)) throw error;
    const invitation = job.data.invitationId;
    log.warn('An invitation could not be sent.', { invitation, reason: error.reason, final: error.isFinal });
    mailsSent.inc({ result: error.isFinal ? 'refused' : 'failed' });
    await deliveryFailed(core, job, error, retryMs);
    return;
  }
  mailsSent.inc({ result: 'sent' });
  await insist(() => deliverySucceeded(core, job), attempt.ending);
}

const AGAIN_AFTER_MS = 250;

/** The mail is out: a database that is away just now must not have it told of as lost. */
async function insist(act: () => Promise<void>, ending: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await act();
      return;
    } catch (error) {
      if (ending.aborted) throw error;
      await sleep(AGAIN_AFTER_MS, undefined, { signal: ending }).catch(() => undefined);
    }
  }
}
