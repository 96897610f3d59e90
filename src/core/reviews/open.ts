import { invalid, RollcallError } from '../../lib/errors.ts';
import type { EventId } from '../../lib/ids.ts';
import { newId, type ReviewId } from '../../lib/ids.ts';
import { refusals } from '../../lib/metrics.ts';
import { findProduct } from '../../store/catalog/products.ts';
import { findProject } from '../../store/catalog/projects.ts';
import { insertReview, rowsOpenedSince, setRowCount } from '../../store/reviews/reviews.ts';
import { freezeAccess } from '../../store/reviews/snapshot.ts';
import { change, type Change } from '../change/change.ts';
import type { Context } from '../context/context.ts';
import { assertName } from '../shared/keys.ts';
import { targetOf } from './lock.ts';

/** What a review is of. */
export type ReviewScope =
  | { readonly kind: 'workspace' }
  | { readonly kind: 'product'; readonly key: string }
  | { readonly kind: 'project'; readonly key: string };

/** A review as it is asked for. */
export interface AskedReview {
  readonly name: string;
  readonly scope: ReviewScope;
  readonly dueAt: Date;
}

/**
 * Opens a review: who has what by which way at this moment is written down, and later changes don't alter it. Nobody
 * changes the workspace meanwhile, so that the list is that of one moment exactly. Throws `invalid` (name, scope,
 * dueAt), `rate_limited` (rows of a day).
 */
export function openReview(ctx: Context, asked: AskedReview): Promise<ReviewId> {
  const name = asked.name.trim();
  assertName(name);
  return change(
    ctx,
    async (c) => {
      if (asked.dueAt <= c.at)
        throw invalid('dueAt', 'dueAt lies in the past; give the reviewers some time.');
      await refuseTooManyRows(c);
      const scope = await found(c, asked.scope);
      const review = { id: newId<ReviewId>(), name, dueAt: asked.dueAt, ...scope.ids };
      const eventId = newId<EventId>();
      await insertReview(c.scope, review, eventId, c.at);
      const rows = await freezeAccess(c.scope, review.id, scope.ids);
      await setRowCount(c.scope, review.id, rows);
      const after = { scope: scope.said, dueAt: review.dueAt.toISOString(), rows };
      c.record({ action: 'review.opened', target: targetOf(review), after }, { id: eventId });
      return review.id;
    },
    { mode: 'exclusive' },
  );
}

/**
 * Rows that reviews may write down in a day, for good. The review with which that is reached is opened: one of the
 * largest workspace can be.
 */
const MAX_ROWS_A_DAY = 1_000_000;
const DAY_MS = 24 * 60 * 60 * 1000;

async function refuseTooManyRows(c: Change): Promise<void> {
  const since = new Date(c.at.getTime() - DAY_MS);
  const { rows, first } = await rowsOpenedSince(c.scope, since);
  if (rows < MAX_ROWS_A_DAY || !first) return;
  refusals.inc({ limit: 'review rows', by: 'workspace' });
  throw new RollcallError(
    'rate_limited',
    `Reviews have written down ${rows} rows of access within a day, and ${MAX_ROWS_A_DAY} are taken. Go on with those ` +
      'that are open, or open another tomorrow.',
    { retryAfter: Math.max(1, Math.ceil((first.getTime() - since.getTime()) / 1000)) },
  );
}

async function found(c: Change, scope: ReviewScope) {
  const none = { productId: null, projectId: null };
  if (scope.kind === 'workspace') return { ids: none, said: { kind: scope.kind } };
  const find = scope.kind === 'product' ? findProduct : findProject;
  const one = await find(c.scope, scope.key);
  if (!one) throw invalid('scope.key', `There is no ${scope.kind} "${scope.key}" in this workspace.`);
  return { ids: { ...none, [`${scope.kind}Id`]: one.id }, said: { kind: scope.kind, key: one.key } };
}
