import { type Reviewer, reviewersOf } from '../../store/reviews/decisions.ts';
import type { ReviewRow } from '../../store/reviews/reviews.ts';
import {
  countOutcomes,
  type FrozenRow,
  type OutcomeCounts,
  streamRows,
  streamRowsByOutcome,
} from '../../store/reviews/rows.ts';
import type { Context } from '../context/context.ts';
import { type Columns, exported, type ExportFile, time } from '../exports/file.ts';
import { reviewOf } from './read.ts';

const COLUMNS: Columns<FrozenRow> = {
  row: (row) => String(row.number),
  user_id: (row) => row.user_id,
  user_name: (row) => row.user_name,
  full_name: (row) => row.full_name,
  email: (row) => row.email,
  kind: (row) => row.kind,
  target: (row) => row.target,
  level: (row) => row.level,
  via: (row) => (row.group_id === null ? 'direct' : `group:${row.group_name ?? row.group_id}`),
  granted_at: (row) => time(row.granted_at),
  granted_by: (row) => row.granted_by,
  decision: (row) => row.decision,
  note: (row) => row.note,
  reviewer: (row) => row.reviewer,
  decided_at: (row) => time(row.decided_at),
  decided_by: (row) => row.decided_by,
  outcome: (row) => row.outcome,
  reason: (row) => row.outcome_reason,
  applied_at: (row) => time(row.outcome_at),
  task: (row) => (row.outcome === 'task' ? (row.ended ? 'done' : 'open') : null),
};

/** All rows of a review with what was decided and what came of it, as an export. Throws `not_found`. */
export async function exportReview(
  ctx: Context,
  named: string,
): Promise<{ file: ExportFile; review: ReviewRow }> {
  const review = await reviewOf(ctx, named);
  const rows = streamRows(ctx.scope, { reviewId: review.id, names: review.opened_at });
  const asked = { name: 'review-report.csv', filter: { review: review.id, status: review.status } };
  return { file: exported(ctx, asked, COLUMNS, rows), review };
}

/** What a printed report tells. */
export interface ReviewReport {
  readonly review: ReviewRow;
  readonly outcomes: OutcomeCounts;
  readonly reviewers: readonly Reviewer[];
  /** The rows by what came of them; at most `mostRows`, of which the page says so. */
  readonly file: ExportFile<FrozenRow>;
  readonly mostRows: number;
}

/** More than that nobody prints; the whole list is the CSV. */
const MOST_ROWS = 5_000;
const MOST_REVIEWERS = 50;

/** A report to be read and printed; sending it is an export, too. Throws `not_found`. */
export async function reportOf(ctx: Context, named: string): Promise<ReviewReport> {
  const review = await reviewOf(ctx, named);
  const rows = streamRowsByOutcome(ctx.scope, { reviewId: review.id, names: review.opened_at }, MOST_ROWS);
  const asked = { name: 'review-report.html', filter: { review: review.id, status: review.status } };
  return {
    review,
    outcomes: await countOutcomes(ctx.scope, review.id),
    reviewers: await reviewersOf(ctx.scope, review.id, MOST_REVIEWERS),
    file: exported(ctx, asked, { row: (row: FrozenRow) => row }, rows),
    mostRows: MOST_ROWS,
  };
}
