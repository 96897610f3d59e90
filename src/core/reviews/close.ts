import { RollcallError } from '../../lib/errors.ts';
import type { EventId, ReviewId } from '../../lib/ids.ts';
import { newId } from '../../lib/ids.ts';
import { countUndecided, decideFound } from '../../store/reviews/decisions.ts';
import { settleElsewhere } from '../../store/reviews/outcomes.ts';
import { markClosing, markEnded, type Verdict } from '../../store/reviews/reviews.ts';
import { change } from '../change/change.ts';
import type { Context } from '../context/context.ts';
import { reviewerOf } from './decide.ts';
import { lockOpenReview, targetOf } from './lock.ts';

/** How a review is closed. */
export interface AskedClosing {
  /** What becomes of rows that nobody decided; undefined refuses to close while there are any. */
  readonly undecided?: Verdict | undefined;
  /** Who signs, by name. */
  readonly reviewer?: string | null | undefined;
}

/**
 * Begins to close a review: from here on its decisions stand, and what is not ours to take away has become a task. What is
 * ours is taken away by `applyReview`. Throws `not_found`, and `refused` for one that is not open or has undecided
 * rows.
 */
export function closeReview(ctx: Context, named: string, asked: AskedClosing): Promise<ReviewId> {
  return change(ctx, async (c) => {
    const review = await lockOpenReview(c, named);
    const undecided = await countUndecided(c.scope, review);
    if (undecided > 0 && !asked.undecided) throw new RollcallError('refused', saidUndecided(undecided));
    const eventId = newId<EventId>();
    const signedBy = reviewerOf(asked.reviewer);
    if (undecided > 0 && asked.undecided) {
      const by = { reviewId: review.id, eventId, at: c.at };
      const found = { of: { reviewId: review.id, names: 'now' }, filter: { decision: 'none' } } as const;
      const decision = { decision: asked.undecided, note: null, reviewer: signedBy };
      await decideFound(c.scope, by, found, decision);
    }
    const said = { undecided: undecided > 0 ? (asked.undecided ?? null) : null, signedBy };
    await markClosing(c.scope, review.id, said, eventId, c.at);
    await settleElsewhere(c.scope, review.id, c.at);
    const after = {
      status: 'closing',
      ...(said.undecided ? { undecided: { [said.undecided]: undecided } } : {}),
    };
    const event = {
      action: 'review.closing',
      target: targetOf(review),
      before: { status: 'open' },
      after,
    } as const;
    c.record(event, { id: eventId });
    return review.id;
  });
}

function saidUndecided(count: number): string {
  const [rows, them] = count === 1 ? ['1 row is', 'it'] : [`${count} rows are`, 'them'];
  return `${rows} undecided. Decide ${them}, or say what to do with ${them}: "undecided": "keep" or "revoke".`;
}

/** Ends a review without applying anything; it stays to be read. Throws `not_found`, `refused`. */
export function cancelReview(ctx: Context, named: string): Promise<ReviewId> {
  return change(ctx, async (c) => {
    const review = await lockOpenReview(c, named);
    const [before, after] = [{ status: 'open' }, { status: 'cancelled' }];
    const eventId = c.record({ action: 'review.cancelled', target: targetOf(review), before, after });
    await markEnded(c.scope, review.id, 'cancelled', eventId, c.at);
    return review.id;
  });
}
