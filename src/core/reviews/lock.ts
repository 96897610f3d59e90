import { notFound, RollcallError } from '../../lib/errors.ts';
import { asId, type ReviewId } from '../../lib/ids.ts';
import { type LockedReview, lockReview, type ReviewStatus } from '../../store/reviews/reviews.ts';
import type { Change } from '../change/change.ts';

/**
 * Locks a review that is open still, before anything else that the change locks. Throws `not_found`, and `refused` for
 * one that has ended or is being closed.
 */
export async function lockOpenReview(c: Change, named: string): Promise<LockedReview> {
  const id = asId<ReviewId>(named);
  const review = id && (await lockReview(c.scope, id));
  if (!review) throw notFound('review', named);
  if (review.status !== 'open') throw new RollcallError('refused', SAID[review.status]);
  c.advanceClock(review.now);
  return review;
}

const SAID: Readonly<Record<Exclude<ReviewStatus, 'open'>, string>> = {
  closing: 'The review is being closed; its decisions stand.',
  closed: 'The review is closed; its decisions stand. Open another one to decide anew.',
  cancelled: 'The review was cancelled. Open another one to decide anew.',
};

/** The review as the audit names it. */
export function targetOf({ id, name }: Pick<LockedReview, 'id' | 'name'>) {
  return { kind: 'review', id, name } as const;
}
