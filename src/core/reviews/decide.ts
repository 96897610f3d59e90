import { invalid, notFound } from '../../lib/errors.ts';
import type { EventId } from '../../lib/ids.ts';
import { newId } from '../../lib/ids.ts';
import {
  type Decided,
  decideFound,
  decideRows,
  type Decision,
  knownNumbers,
  type RowDecision,
  userOfRow,
} from '../../store/reviews/decisions.ts';
import type { Verdict } from '../../store/reviews/reviews.ts';
import { change } from '../change/change.ts';
import type { Context } from '../context/context.ts';
import { assertName } from '../shared/keys.ts';
import { lockOpenReview, targetOf } from './lock.ts';
import { type AskedRows, filterOf, reviewOf, rowNumber } from './read.ts';

/** Bytes that a decision makes the database write for good. */
const DECISION_BYTES = 150;

/** What is decided; null takes a decision back. The reviewer is said by name, since a caller is a token. */
export interface AskedDecision {
  readonly decision: Verdict | null;
  readonly note?: string | null | undefined;
  readonly reviewer?: string | null | undefined;
}

/** How many rows a decision changed, of how many that it was about. */
export interface DecidedRows {
  readonly changed: number;
  readonly unchanged: number;
}

/**
 * Decides one row, also anew; what was decided before stays in its history. Nothing happens when it is decided so already.
 * Throws `not_found` (review, row), `refused` (the review is not open).
 */
export function decideRow(ctx: Context, named: string, row: string, asked: AskedDecision): Promise<void> {
  return change(ctx, async (c) => {
    const review = await lockOpenReview(c, named);
    const number = rowNumber(row);
    const user = number === undefined ? undefined : await userOfRow(c.scope, review.id, number);
    if (number === undefined || !user) throw notFound('row', row);
    const by = { reviewId: review.id, eventId: newId<EventId>(), at: c.at };
    const decided = await decideRows(c.scope, by, [{ number, ...decisionOf(asked) }]);
    if (decided.changed === 0) return;
    // Notes and reviewers, in which people are named, stand in the row's history alone: the audit is sealed.
    const was = decided.was_keep > 0 ? 'keep' : decided.was_revoke > 0 ? 'revoke' : null;
    const event = { action: 'review.row_decided', target: targetOf(review), related: user } as const;
    const told = { before: { row: number, decision: was }, after: { row: number, decision: asked.decision } };
    c.record({ ...event, ...told }, { id: by.eventId });
  });
}

/** Rows and what is decided of each. */
export type AskedRowDecision = Omit<AskedDecision, 'reviewer'> & { readonly row: number };

/**
 * Decides many rows, all or none, as one event; the history of each row tells of it. Throws `not_found` (review),
 * `invalid` (a row that is not there, or named twice), `refused` (the review is not open).
 */
export function decideListed(
  ctx: Context,
  named: string,
  decisions: readonly AskedRowDecision[],
  reviewer: string | null | undefined,
): Promise<DecidedRows> {
  const numbers = decisions.map((one) => one.row);
  return change(ctx, async (c) => {
    const review = await lockOpenReview(c, named);
    refuseTwice(numbers);
    const known = await knownNumbers(c.scope, review.id, numbers);
    const unknown = numbers.flatMap((number, index) =>
      known.has(number) ? [] : [{ field: `decisions[${index}].row`, number }],
    );
    const [first] = unknown;
    if (first) throw invalid(first.field, `The review has no row ${first.number}; nothing was decided.`);
    const by = { reviewId: review.id, eventId: newId<EventId>(), at: c.at };
    const rows = decisions.map(({ row, ...asked }): RowDecision => ({
      number: row,
      ...decisionOf({ ...asked, reviewer }),
    }));
    const decided = await decideRows(c.scope, by, rows);
    c.charge(decided.changed * DECISION_BYTES);
    if (decided.changed > 0) {
      c.record({ ...MANY, target: targetOf(review), ...told(decided) }, { id: by.eventId });
    }
    return answerOf(decided);
  });
}

function refuseTwice(numbers: readonly number[]): void {
  const seen = new Set<number>();
  for (const [index, number] of numbers.entries()) {
    if (seen.has(number)) throw invalid(`decisions[${index}].row`, `Row ${number} is named twice.`);
    seen.add(number);
  }
}

/**
 * Decides every row that a filter finds, as one event. Throws `not_found` (review, user), `refused` (the review is not
 * open, or an address is that of several users).
 */
export async function decideMatching(
  ctx: Context,
  named: string,
  asked: Omit<AskedRows, 'search' | 'outcome'>,
  decision: AskedDecision,
): Promise<DecidedRows> {
  const { opened_at: openedAt } = await reviewOf(ctx, named);
  const filter = await filterOf(ctx, asked, openedAt);
  return change(ctx, async (c) => {
    const review = await lockOpenReview(c, named);
    const by = { reviewId: review.id, eventId: newId<EventId>(), at: c.at };
    const found = { of: { reviewId: review.id, names: openedAt }, filter };
    const decided = await decideFound(c.scope, by, found, decisionOf(decision));
    c.charge(decided.changed * DECISION_BYTES);
    if (decided.changed > 0) {
      // By the user's id, never by a name.
      const { before, after } = told(decided);
      const event = { ...MANY, target: targetOf(review), before, after: { ...after, filter } };
      c.record({ ...event, ...(filter.userId ? { related: filter.userId } : {}) }, { id: by.eventId });
    }
    return answerOf(decided);
  });
}

const MANY = { action: 'review.rows_decided' } as const;

/** How many changed from what to what. */
function told(decided: Decided) {
  return {
    before: { none: decided.was_none, keep: decided.was_keep, revoke: decided.was_revoke },
    after: { none: decided.now_none, keep: decided.now_keep, revoke: decided.now_revoke },
  };
}

function answerOf({ meant, changed }: Decided): DecidedRows {
  return { changed, unchanged: meant - changed };
}

function decisionOf({ decision, note, reviewer }: AskedDecision): Decision {
  if (decision === null) return { decision, note: null, reviewer: null };
  return { decision, note: textOf(note), reviewer: reviewerOf(reviewer) };
}

/** The name of a reviewer, undefined or empty for none. Throws `invalid` (reviewer). */
export function reviewerOf(text: string | null | undefined): string | null {
  const name = textOf(text);
  if (name !== null) assertName(name, 'reviewer');
  return name;
}

/** A text without what surrounds it; an empty one is none. */
function textOf(text: string | null | undefined): string | null {
  const trimmed = text?.trim() ?? '';
  return trimmed === '' ? null : trimmed;
}
