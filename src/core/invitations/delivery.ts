import type { InvitationId, WorkspaceId } from '../../lib/ids.ts';
import { endJob, enqueue, type Job } from '../../store/db/job-queue.ts';
import type { Tx } from '../../store/db/pool.ts';
import { scopeOf } from '../../store/db/scope.ts';
import { inTransaction } from '../../store/db/transaction.ts';
import { type Delivery, lockDelivery, writeDelivery } from '../../store/invitations/delivery.ts';
import type { InvitationRow } from '../../store/invitations/invitations.ts';
import { findWorkspace } from '../../store/workspaces/workspaces.ts';
import { type Core, invitationSettings } from '../context/core.ts';
import { getNamedGrants, type NamedGrants } from './grants.ts';
import { linkOf } from './links.ts';

/** A send that this instance has leased. */
export type MailJob = Job<'invitation-mail'>;

/** The contents of an invitation mail. */
export interface InvitationMail {
  /** The same for every attempt of one send, so that duplicates can be recognized. */
  readonly sendId: string;
  readonly to: string;
  readonly workspace: string;
  readonly offer: NamedGrants;
  readonly expiresAt: Date;
  readonly link: string;
}

/**
 * Begins an attempt to send an invitation and returns the mail. Undefined, with the job ended, when nothing is left to
 * send: the invitation has ended, was sent, or has a later send; or an earlier attempt was interrupted after `handOver`,
 * which may have arrived and is not repeated.
 */
export async function beginDelivery(core: Core, job: MailJob): Promise<InvitationMail | undefined> {
  const { workspaceId } = idsOf(job);
  const invitation = await inTransaction(core.db, async (tx) => {
    const unsent = await lockUnsent(tx, job);
    if (!unsent) return undefined;
    if (unsent.delivery === 'sending') {
      await updateDelivery(tx, unsent, { delivery: 'failed', reason: UNKNOWN });
      return endWithoutSending(tx, job);
    }
    await updateDelivery(tx, unsent, { delivery: 'queued', attempts: unsent.delivery_attempts + 1 });
    return unsent;
  });
  if (!invitation) return undefined;
  const workspace = await findWorkspace(scopeOf(core.db, workspaceId));
  return {
    sendId: `${invitation.id}.${invitation.send}`,
    to: invitation.email,
    workspace: workspace?.name ?? '',
    offer: await getNamedGrants(core, workspaceId, invitation.user_id),
    expiresAt: invitation.expires_at,
    link: linkOf(invitationSettings(core), invitation),
  };
}

const UNKNOWN =
  'The process that sent it ended before the mail server had answered, so the message may have arrived or not. ' +
  'Resend the invitation to be sure.';

/**
 * Records that the message is about to be handed to the mail server. False when it must not be: the invitation has
 * ended, or another attempt has got this far.
 */
export function handOver(core: Core, job: MailJob): Promise<boolean> {
  return inTransaction(core.db, async (tx) => {
    const unsent = await lockUnsent(tx, job);
    // The other attempt records its outcome, or the next lease of this job finds it interrupted.
    if (!unsent || unsent.delivery === 'sending') return false;
    await updateDelivery(tx, unsent, { delivery: 'sending' });
    return true;
  });
}

/** Locks the invitation of a job if its mail is still to be sent; otherwise records why not and ends the job. */
async function lockUnsent(tx: Tx, job: MailJob): Promise<InvitationRow | undefined> {
  const locked = await lockNewestSend(tx, job);
  if (!locked || locked.delivery === 'sent' || locked.delivery === 'failed')
    return endWithoutSending(tx, job);
  if (locked.status === 'pending' || locked.delivery === 'sending') return locked;
  await updateDelivery(tx, locked, {
    delivery: 'failed',
    reason: `It was ${locked.status} before it could be sent.`,
  });
  return endWithoutSending(tx, job);
}

/** Records that the mail server accepted a send, and ends its job. */
export function deliverySucceeded(core: Core, job: MailJob): Promise<void> {
  return inTransaction(core.db, async (tx) => {
    const locked = await lockNewestSend(tx, job);
    if (locked) await updateDelivery(tx, locked, { delivery: 'sent', deliveredAt: locked.now });
    await endJob(tx, job.name, job.id);
  });
}

/** Why an attempt failed. */
export interface DeliveryFailure {
  /** A sentence for the admin, without secrets. */
  readonly reason: string;
  /** True when another attempt would fail the same way. */
  readonly isFinal: boolean;
}

/**
 * Records a failed attempt. It is retried after `retryMs`, doubled for each earlier attempt up to ten minutes, for as
 * long as the invitation is pending.
 */
export function deliveryFailed(
  core: Core,
  job: MailJob,
  { reason, isFinal }: DeliveryFailure,
  retryMs: number,
): Promise<void> {
  return inTransaction(core.db, async (tx) => {
    const locked = await lockNewestSend(tx, job);
    const isOurs = await endJob(tx, job.name, job.id);
    if (!locked || locked.delivery === 'sent') return;
    // The lease expired and another instance took over; it records the outcome, unless this attempt got further.
    if (!isOurs && locked.delivery !== 'sending') return;
    if (isFinal) {
      await updateDelivery(tx, locked, { delivery: 'failed', reason });
      return;
    }
    const nextAt = new Date(locked.now.getTime() + backOff(locked.delivery_attempts, retryMs));
    await updateDelivery(tx, locked, { delivery: 'queued', reason, nextAt });
    if (isOurs) await enqueue(tx, job.name, [{ data: job.data, after: nextAt }]);
  });
}

const MAX_BACKOFF_MS = 10 * 60 * 1000;

/** Milliseconds until the next attempt, with jitter so that a recovered server is not flooded. */
function backOff(attempts: number, retryMs: number): number {
  const wait = Math.min(retryMs * 2 ** Math.min(attempts - 1, 20), MAX_BACKOFF_MS);
  return wait * (0.75 + Math.random() / 2);
}

function idsOf({ data }: MailJob): { workspaceId: WorkspaceId; invitationId: InvitationId } {
  return { workspaceId: data.workspaceId as WorkspaceId, invitationId: data.invitationId as InvitationId };
}

/** Locks the invitation of a job; undefined when it has a newer send. */
async function lockNewestSend(
  tx: Tx,
  job: MailJob,
): Promise<(InvitationRow & { readonly now: Date }) | undefined> {
  const { workspaceId, invitationId } = idsOf(job);
  const locked = await lockDelivery(scopeOf(tx, workspaceId), invitationId);
  return locked?.send === job.data.send ? locked : undefined;
}

async function endWithoutSending(tx: Tx, job: MailJob): Promise<undefined> {
  await endJob(tx, job.name, job.id);
}

function updateDelivery(tx: Tx, invitation: InvitationRow, changed: Partial<Delivery>): Promise<void> {
  const { workspace_id, id, delivery_attempts: attempts } = invitation;
  const defaults = { delivery: 'queued', attempts, reason: null, nextAt: null, deliveredAt: null } as const;
  return writeDelivery(scopeOf(tx, workspace_id), id, { ...defaults, ...changed });
}
