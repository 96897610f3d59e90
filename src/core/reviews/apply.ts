import { RollcallError } from '../../lib/errors.ts';
import type { ReviewId, TokenId, WorkspaceId } from '../../lib/ids.ts';
import { log } from '../../lib/log.ts';
import { scopeOf } from '../../store/db/scope.ts';
import { type PendingRow, pendingRows, stillPending, writeOutcomes } from '../../store/reviews/outcomes.ts';
import {
  type Closer,
  type ClosingReview,
  closingReviews,
  findCloser,
  type LockedReview,
  lockReview,
  markEnded,
} from '../../store/reviews/reviews.ts';
import { countOutcomes } from '../../store/reviews/rows.ts';
import { change, type Change } from '../change/change.ts';
import type { Caller, Scope } from '../context/caller.ts';
import type { Context } from '../context/context.ts';
import { contextOf } from '../context/context.ts';
import type { Core } from '../context/core.ts';
import { targetOf } from './lock.ts';
import { takeAway } from './revoke.ts';

/** How many rows are applied in one transaction. */
const BATCH = 200;
/** After how many batches a request leaves the rest to the job. */
const IN_REQUEST = 5;

/**
 * Applies the revocations of reviews that are being closed, in all workspaces, each on behalf of who closed it. Several
 * instances share it: rows are taken under the review's lock, and one with an outcome is not taken again, so that what
 * a process leaves undone another goes on with.
 */
export async function applyClosingReviews(core: Core, isStopping: () => boolean): Promise<void> {
  for (const review of await closingReviews(core.db)) {
    if (isStopping()) return;
    await applyClosing(core, review, isStopping).catch((error: unknown) =>
      log.warn('A review could not be closed yet; it will be tried again.', { review: review.id, error }),
    );
  }
}

async function applyClosing(
  core: Core,
  { workspace_id: workspaceId, id }: ClosingReview,
  isStopping: () => boolean,
): Promise<void> {
  const closer = await findCloser(scopeOf(core.db, workspaceId), id);
  if (closer) await apply(contextOf(core, callerOf(workspaceId, closer)), id, isStopping);
}

/** Applies what a request has time for; what fails or is too much is left to the job. */
export async function applyInRequest(ctx: Context, id: ReviewId): Promise<void> {
  let batches = 0;
  await apply(ctx, id, () => ++batches > IN_REQUEST).catch((error: unknown) =>
    log.warn('A review could not be closed in its request; it will be closed later.', {
      requestId: ctx.caller.requestId,
      review: id,
      error,
    }),
  );
}

async function apply(ctx: Context, id: ReviewId, isEnough: () => boolean): Promise<void> {
  for (let after = 0; !isEnough();) {
    const rows = await change(ctx, async (c) => {
      const review = await lockClosing(c, id);
      if (!review) return [];
      const pending = (from: number) => pendingRows(c.scope, id, from, BATCH);
      const next = await pending(after);
      // At the end once more from the beginning: nothing may be left.
      const rest = next.length > 0 || after === 0 ? next : await pending(0);
      if (rest.length === 0) await end(c, review);
      return rest;
    });
    const last = rows.at(-1);
    if (!last) return;
    await applyRows(ctx, id, rows);
    after = last.number;
  }
}

/**
 * Applies some rows, all at once; where a rule refuses that, in halves, until the rows that are refused stand alone with
 * the reason.
 */
async function applyRows(ctx: Context, id: ReviewId, rows: readonly PendingRow[]): Promise<void> {
  try {
    await change(ctx, async (c) => {
      const review = await lockClosing(c, id);
      if (!review) return;
      const pending = await pendingOf(c, id, rows);
      const outcomes = await takeAway(c, review, pending);
      await writeOutcomes(c.scope, id, outcomes, c.at);
    });
  } catch (error) {
    if (!(error instanceof RollcallError) || error.kind !== 'refused') throw error;
    const half = Math.ceil(rows.length / 2);
    if (rows.length === 1) {
      await refuse(ctx, id, rows, error.message);
    } else {
      await applyRows(ctx, id, rows.slice(0, half));
      await applyRows(ctx, id, rows.slice(half));
    }
  }
}

async function refuse(
  ctx: Context,
  id: ReviewId,
  rows: readonly PendingRow[],
  reason: string,
): Promise<void> {
  await change(ctx, async (c) => {
    if (!(await lockClosing(c, id))) return;
    const outcomes = (await pendingOf(c, id, rows)).map(
      ({ number }) => ({ number, outcome: 'refused', reason, eventId: null }) as const,
    );
    await writeOutcomes(c.scope, id, outcomes, c.at);
  });
}

function pendingOf(c: Change, id: ReviewId, rows: readonly PendingRow[]): Promise<PendingRow[]> {
  const numbers = rows.map((row) => row.number);
  return stillPending(c.scope, id, numbers);
}

async function lockClosing(c: Change, id: ReviewId): Promise<LockedReview | undefined> {
  const review = await lockReview(c.scope, id);
  if (review?.status !== 'closing') return undefined;
  c.advanceClock(review.now);
  return review;
}

async function end(c: Change, review: LockedReview): Promise<void> {
  const { revoked, already_ended, refused, task } = await countOutcomes(c.scope, review.id);
  const kept = review.row_count - revoked - already_ended - refused - task;
  const eventId = c.record({
    action: 'review.closed',
    target: targetOf(review),
    before: { status: 'closing' },
    after: { status: 'closed', kept, revoked, tasks: task, alreadyEnded: already_ended, refused },
  });
  await markEnded(c.scope, review.id, 'closed', eventId, c.at);
}

/** Who closed a review: what is taken away is that one's deed. */
function callerOf(workspaceId: WorkspaceId, closer: Closer): Caller {
  const { request_id: requestId, actor_name: name } = closer;
  if (closer.actor_kind === 'system') return { workspaceId, requestId, actor: { kind: 'system', name } };
  const [id, scope] = [closer.actor_id as TokenId, closer.actor_scope as Scope];
  return { workspaceId, requestId, actor: { kind: 'token', id, name, scope } };
}
