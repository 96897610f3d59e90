import { dropOldJobs, enqueue } from '../../store/db/job-queue.ts';
import { inTransaction } from '../../store/db/transaction.ts';
import { type UnsentInvitation, unsentInvitations } from '../../store/invitations/delivery.ts';
import { type Core, jobQueue } from '../context/core.ts';
import { LONGEST_SENDING_MS } from './delivery.ts';

/**
 * Queues the mails that waited in the tables of pg-boss 10, and removes those tables with the same transaction. What
 * is read is not the old jobs but the invitations, which say what was sent (docs/adr/0009).
 */
export async function moveOldJobs(core: Core): Promise<void> {
  await inTransaction(core.db, async (tx) => {
    if (!(await dropOldJobs(tx))) return;
    const jobs = (await unsentInvitations(tx)).map((invitation) => ({
      data: { workspaceId: invitation.workspace_id, invitationId: invitation.id, send: invitation.send },
      after: startOf(invitation),
    }));
    if (jobs.length > 0) await enqueue(jobQueue(core), tx, 'invitation-mail', jobs);
  });
}

/** An instance of the version before may still be sending it. */
function startOf({ delivery, delivery_next_at }: UnsentInvitation): Date {
  if (delivery === 'sending') return new Date(Date.now() + LONGEST_SENDING_MS);
  return delivery_next_at ?? new Date();
}
