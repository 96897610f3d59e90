import type { InvitationId, WorkspaceId } from '../../lib/ids.ts';
import { endJob, enqueue, type Job } from '../../store/db/job-queue.ts';
import type { Tx } from '../../store/db/pool.ts';
import { scopeOf } from '../../store/db/scope.ts';
import { inTransaction } from '../../store/db/transaction.ts';
import { type Delivery, lockDelivery, writeDelivery } from '../../store/invitations/delivery.ts';
import type { InvitationRow } from '../../store/invitations/invitations.ts';
import { findWorkspace } from '../../store/workspaces/workspaces.ts';
import { type Core, invitationSettings, jobQueue } from '../context/core.ts';
import { getNamedGrants, type NamedGrants } from './grants.ts';
import { linkOf } from './links.ts';

/** An attempt at a send, which this instance holds. */
export type MailJob = Job<'invitation-mail'>;

/** What the mail of an invitation says. */
export interface InvitationMail {
  /** The same for every attempt of one send, so that a message that arrives twice can be known for one. */
  readonly sendId: string;
  readonly to: string;
  readonly workspace: string;
  readonly offer: NamedGrants;
  readonly expiresAt: Date;
  readonly link: string;
}

/**
 * Begins an attempt to send an invitation, and answers what to say. Undefined when there is nothing to be sent any
 * more: it has ended, was sent, or is superseded by a later send; the job has ended then. So it has when an attempt
 * broke off after `handOver`: nobody knows whether that one arrived, and no send is made twice.
 */
export async function beginDelivery(core: Core, job: MailJob): Promise<InvitationMail | undefined> {
  const { workspaceId } = read(job);
  const invitation = await inTransaction(core.db, async (tx) => {
    const wanted = await lockWanted(core, tx, job);
    if (!wanted) return undefined;
    if (wanted.delivery === 'sending') {
      await write(tx, wanted, { delivery: 'failed', reason: UNKNOWN });
      return ended(core, tx, job);
    }
    await write(tx, wanted, { delivery: 'queued', attempts: wanted.delivery_attempts + 1 });
    return wanted;
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
 * Notes that the message goes out with the next word to the mail server. False when it must not: it is not wanted any
 * more, or another attempt has come so far.
 */
export function handOver(core: Core, job: MailJob): Promise<boolean> {
  return inTransaction(core.db, async (tx) => {
    const wanted = await lockWanted(core, tx, job);
    if (!wanted) return false;
    if (wanted.delivery === 'sending') {
      // The other one writes down how it went, unless its process dies.
      const after = new Date(wanted.now.getTime() + LONGEST_SENDING_MS);
      const isHeld = await endJob(jobQueue(core), tx, job);
      if (isHeld) await enqueue(jobQueue(core), tx, job.name, [{ data: job.data, after }]);
      return false;
    }
    await write(tx, wanted, { delivery: 'sending' });
    return true;
  });
}

/** No mail server is waited for longer once it has the whole message. */
export const LONGEST_SENDING_MS = 10 * 60 * 1000;

/** Locks the invitation of a job if its mail is to be sent still; else says why, and ends the job. */
async function lockWanted(core: Core, tx: Tx, job: MailJob): Promise<LockedInvitation | undefined> {
  const locked = await lock(tx, job);
  if (!locked || locked.delivery === 'sent' || locked.delivery === 'failed') return ended(core, tx, job);
  if (locked.status === 'pending' || locked.delivery === 'sending') return locked;
  await write(tx, locked, {
    delivery: 'failed',
    reason: `It was ${locked.status} before it could be sent.`,
  });
  return ended(core, tx, job);
}

/** Notes that a send has left the house, and ends its job. */
export function deliverySucceeded(core: Core, job: MailJob): Promise<void> {
  return inTransaction(core.db, async (tx) => {
    const locked = await lock(tx, job);
    if (locked) await write(tx, locked, { delivery: 'sent', deliveredAt: locked.now });
    await endJob(jobQueue(core), tx, job);
  });
}

/** Why an attempt failed. */
export interface DeliveryFailure {
  /** For the admin: a sentence, without a secret. */
  readonly reason: string;
  /** True when another attempt would fail alike. */
  readonly isFinal: boolean;
}

/**
 * Notes that an attempt failed: it is tried again after `retryMs` doubled for each attempt before, ten minutes at most,
 * for as long as the invitation is pending.
 */
export function deliveryFailed(
  core: Core,
  job: MailJob,
  { reason, isFinal }: DeliveryFailure,
  retryMs: number,
): Promise<void> {
  return inTransaction(core.db, async (tx) => {
    const locked = await lock(tx, job);
    const isHeld = await endJob(jobQueue(core), tx, job);
    if (!locked || locked.delivery === 'sent') return;
    // Given to another because the lease had ended: theirs to tell, unless this one came further.
    if (!isHeld && locked.delivery !== 'sending') return;
    if (isFinal) {
      await write(tx, locked, { delivery: 'failed', reason });
      return;
    }
    const nextAt = new Date(locked.now.getTime() + backOff(locked.delivery_attempts, retryMs));
    await write(tx, locked, { delivery: 'queued', reason, nextAt });
    if (isHeld) await enqueue(jobQueue(core), tx, job.name, [{ data: job.data, after: nextAt }]);
  });
}

const LONGEST_MS = 10 * 60 * 1000;

/** Milliseconds until the next attempt; not the same for all, so that a server that is back is not run over. */
function backOff(attempts: number, retryMs: number): number {
  const wait = Math.min(retryMs * 2 ** Math.min(attempts - 1, 20), LONGEST_MS);
  return wait * (0.75 + Math.random() / 2);
}

/** `now` is when the lock was had. */
type LockedInvitation = InvitationRow & { readonly now: Date };

function read({ data }: MailJob): { workspaceId: WorkspaceId; invitationId: InvitationId } {
  return { workspaceId: data.workspaceId as WorkspaceId, invitationId: data.invitationId as InvitationId };
}

/** Locks the invitation of a job; undefined when the job's send is not its newest any more. */
async function lock(tx: Tx, job: MailJob): Promise<LockedInvitation | undefined> {
  const { workspaceId, invitationId } = read(job);
  const locked = await lockDelivery(scopeOf(tx, workspaceId), invitationId);
  return locked?.send === job.data.send ? locked : undefined;
}

async function ended(core: Core, tx: Tx, job: MailJob): Promise<undefined> {
  await endJob(jobQueue(core), tx, job);
}

function write(tx: Tx, invitation: InvitationRow, changed: Partial<Delivery>): Promise<void> {
  const { workspace_id, id, delivery_attempts: attempts } = invitation;
  const unsaid = { delivery: 'queued', attempts, reason: null, nextAt: null, deliveredAt: null } as const;
  return writeDelivery(scopeOf(tx, workspace_id), id, { ...unsaid, ...changed });
}
