import { notFound } from '../../lib/errors.ts';
import { asId, type ReviewId } from '../../lib/ids.ts';
import { decisionsOfRow, type PastDecision } from '../../store/reviews/decisions.ts';
import {
  findReview,
  listReviews as listStored,
  type ReviewRow,
  type ReviewSort,
  type ReviewStatus,
} from '../../store/reviews/reviews.ts';
import {
  countOutcomes,
  findRow,
  type FrozenRow,
  listRows,
  type OutcomeCounts,
  type RowFilter,
} from '../../store/reviews/rows.ts';
import { withNext } from '../../store/sql/keyset-page.ts';
import { userNamed } from '../access/effective.ts';
import type { Context } from '../context/context.ts';
import type { KeysetPage, Page } from '../shared/keyset.ts';

export type { PastDecision, Reviewer } from '../../store/reviews/decisions.ts';
export type { ReviewRow, ReviewStatus, Verdict } from '../../store/reviews/reviews.ts';
export type { FrozenRow, Outcome } from '../../store/reviews/rows.ts';

/** A page of the reviews of some statuses, or of all. */
export function listReviews(
  ctx: Context,
  statuses: readonly ReviewStatus[] | undefined,
  page: KeysetPage<ReviewSort>,
): Promise<Page<ReviewRow>> {
  return listStored(ctx.scope, statuses, page);
}

/** One review. Throws `not_found`. */
export async function reviewOf(ctx: Context, named: string): Promise<ReviewRow> {
  const id = asId<ReviewId>(named);
  const review = id && (await findReview(ctx.scope, id));
  if (!review) throw notFound('review', named);
  return review;
}

/** One review with what closing did. Throws `not_found`. */
export async function reviewWithOutcomes(
  ctx: Context,
  named: string,
): Promise<{ review: ReviewRow; outcomes: OutcomeCounts }> {
  const review = await reviewOf(ctx, named);
  return { review, outcomes: await countOutcomes(ctx.scope, review.id) };
}

/** Which rows are asked for; the user by id, userName or address, as they were when the review was opened. */
export interface AskedRows extends Omit<RowFilter, 'userId' | 'ended'> {
  readonly user?: string | undefined;
}

/** A page of rows by their numbers. */
interface RowPage {
  readonly limit: number;
  readonly after: number | undefined;
}

/** Rows of a page; `next` is the number after which to go on, null on the last one. */
interface RowsRead {
  readonly items: readonly FrozenRow[];
  readonly next: number | null;
}

/** A page of the rows of a review. Throws `not_found` (review, user), `refused` (an address of several users). */
export async function reviewRows(
  ctx: Context,
  named: string,
  asked: AskedRows,
  page: RowPage,
): Promise<RowsRead> {
  const review = await reviewOf(ctx, named);
  const of = { reviewId: review.id, names: review.opened_at };
  const filter = await filterOf(ctx, asked, review.opened_at);
  return withNext(await listRows(ctx.scope, of, filter, page), ({ number }) => number);
}

/** The filter that was asked for, with the id of the user. Throws `not_found`, `refused`. */
export async function filterOf(
  ctx: Context,
  { user, ...filter }: AskedRows,
  openedAt: Date,
): Promise<RowFilter> {
  return user === undefined ? filter : { ...filter, userId: (await userNamed(ctx, user, openedAt)).id };
}

/** Decisions of one row that are told, the newest. */
const MOST_DECISIONS = 500;

/** One row of a review with what was decided of it, the newest 500 times. Throws `not_found`. */
export async function reviewRow(
  ctx: Context,
  named: string,
  number: string,
): Promise<{ row: FrozenRow; history: readonly PastDecision[]; isWhole: boolean }> {
  const review = await reviewOf(ctx, named);
  const of = { reviewId: review.id, names: review.opened_at };
  const asked = rowNumber(number);
  const row = asked === undefined ? undefined : await findRow(ctx.scope, of, asked);
  if (!row) throw notFound('row', number);
  const newest = await decisionsOfRow(ctx.scope, review.id, row.number, MOST_DECISIONS + 1);
  const isWhole = newest.length <= MOST_DECISIONS;
  return { row, history: isWhole ? newest : newest.slice(-MOST_DECISIONS), isWhole };
}

/** The number of a row, if the text is one. */
export function rowNumber(text: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

/**
 * A page of what is to be done elsewhere: rows that were to be taken away and are given by the identity provider. Names are
 * those of today, by which it is found there. Throws `not_found`.
 */
export async function reviewTasks(
  ctx: Context,
  named: string,
  done: boolean | undefined,
  page: RowPage,
): Promise<RowsRead> {
  const review = await reviewOf(ctx, named);
  const of = { reviewId: review.id, names: 'now' } as const;
  const filter: RowFilter = { outcome: 'task', ended: done };
  return withNext(await listRows(ctx.scope, of, filter, page), ({ number }) => number);
}
