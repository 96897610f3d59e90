import { z } from 'zod';
import type { Context } from '../../core/context/context.ts';
import { applyInRequest } from '../../core/reviews/apply.ts';
import { cancelReview, closeReview } from '../../core/reviews/close.ts';
import { openReview } from '../../core/reviews/open.ts';
import { listReviews, type ReviewRow, reviewWithOutcomes } from '../../core/reviews/read.ts';
import type { ReviewId } from '../../lib/ids.ts';
import { answer } from '../answer.ts';
import { listOf, listQuery, listReply, pageOf } from '../lists.ts';
import { route } from '../route.ts';
import { READERS, WRITERS } from '../scopes.ts';
import { timeSchema } from '../times.ts';

const STATUSES = ['open', 'closing', 'closed', 'cancelled'] as const;

/** What is decided of a row. */
export const verdictSchema = z.enum(['keep', 'revoke']);

/** Who reviews, as a person is named: the caller is a token. */
export const reviewerSchema = z
  .string()
  .max(200, 'has at most 200 characters')
  .nullish()
  .describe('Who it was, by name; the token is kept beside it.');

/** An access review in a list. */
export const reviewSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    scope: z.object({ kind: z.enum(['workspace', 'product', 'project']), key: z.string(), name: z.string() }),
    status: z.enum(STATUSES).describe('`closing` while revocations are applied.'),
    dueAt: z.iso.datetime().describe('Until when it is to be decided.'),
    overdue: z.boolean().describe('Open, and `dueAt` has passed. Nothing happens by itself.'),
    openedAt: z.iso.datetime().describe('The moment whose access is listed.'),
    openedBy: z.string().describe('The name of the token.'),
    rows: z.int().describe('How many rows are listed.'),
    decided: z.int().describe('How many of them are decided.'),
    keep: z.int().describe('How many are to be kept.'),
    revoke: z.int().describe('How many are to be taken away.'),
    left: z.int().describe('How many are undecided.'),
    closedAt: z.iso.datetime().nullable().describe('When everything was applied.'),
    closedBy: z.string().nullable().describe('The name of the token that closed it.'),
    signedBy: z.string().nullable().describe('The `reviewer` with whose name it was closed.'),
    undecided: verdictSchema.nullable().describe('What closing said of rows that nobody had decided.'),
    cancelledAt: z.iso.datetime().nullable(),
    cancelledBy: z.string().nullable().describe('The name of the token.'),
  })
  .meta({ id: 'Review' });

/** An access review with what closing did. */
const reviewDetailSchema = reviewSchema.extend({
  outcomes: z
    .object({ kept: z.int(), revoked: z.int(), task: z.int(), already_ended: z.int(), refused: z.int() })
    .describe('How many rows came to what, when the review was closed.'),
  tasks: z.object({ open: z.int(), done: z.int() }).describe('What is to be done in the identity provider.'),
});

const time = (at: Date | null) => at && at.toISOString();

function shown(review: ReviewRow): z.infer<typeof reviewSchema> {
  const { id, name, status, overdue, rows, keep, revoke } = review;
  const closed = status !== 'cancelled';
  return {
    id,
    name,
    scope: { kind: review.scope, key: review.scope_key, name: review.scope_name },
    status,
    dueAt: review.due_at.toISOString(),
    overdue,
    openedAt: review.opened_at.toISOString(),
    openedBy: review.opened_by,
    rows,
    decided: keep + revoke,
    keep,
    revoke,
    left: rows - keep - revoke,
    closedAt: closed ? time(review.ended_at) : null,
    closedBy: review.closing_by,
    signedBy: review.signed_by,
    undecided: review.undecided,
    cancelledAt: closed ? null : time(review.ended_at),
    cancelledBy: closed ? null : review.ended_by,
  };
}

async function shownReviewOf(ctx: Context, id: string): Promise<z.infer<typeof reviewDetailSchema>> {
  const { review, outcomes } = await reviewWithOutcomes(ctx, id);
  const { revoked, task, already_ended, refused, tasks_done: done } = outcomes;
  const kept = review.status === 'closed' ? review.keep : 0;
  return {
    ...shown(review),
    outcomes: { kept, revoked, task, already_ended, refused },
    tasks: { open: task - done, done },
  };
}

/** Small reviews are closed when the request is answered; the rest of a large one follows. */
async function closedReviewOf(ctx: Context, id: ReviewId) {
  await applyInRequest(ctx, id);
  const review = await shownReviewOf(ctx, id);
  return answer(review, { status: review.status === 'closing' ? 202 : 200 });
}

const byId = z.object({ id: z.string() });

export const reviewRoutes = [
  route({
    method: 'get',
    path: '/reviews',
    summary: 'The access reviews, the newest first',
    scopes: READERS,
    query: listQuery(['openedAt', 'dueAt', 'name'], '-openedAt').extend({
      status: z
        .string()
        .transform((text) => text.split(',').map((part) => part.trim()))
        .pipe(z.array(z.enum(STATUSES)))
        .optional(),
    }),
    reply: listReply(reviewSchema),
    statuses: [200],
    handler: async ({ ctx, query }) =>
      listOf(await listReviews(ctx, query.status, pageOf(query)), query, shown),
  }),
  route({
    method: 'post',
    path: '/reviews',
    summary: 'Open an access review: who has what at this moment is written down',
    description:
      'The rows are those of `exports/access.csv` at this moment, of the workspace, a product or a project. What ' +
      'changes later changes no row; it is shown beside it.',
    scopes: WRITERS,
    body: z.strictObject({
      name: z.string().max(200, 'has at most 200 characters'),
      scope: z
        .discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('workspace') }),
          z.strictObject({ kind: z.literal('product'), key: z.string() }),
          z.strictObject({ kind: z.literal('project'), key: z.string() }),
        ])
        .default({ kind: 'workspace' })
        .describe('What is reviewed; the whole workspace unless it is said.'),
      dueAt: timeSchema.describe('Until when it is to be decided; in the future.'),
    }),
    reply: reviewDetailSchema,
    statuses: [201],
    handler: async ({ ctx, body }) => {
      const id = await openReview(ctx, { ...body, dueAt: new Date(body.dueAt) });
      return shownReviewOf(ctx, id);
    },
  }),
  route({
    method: 'get',
    path: '/reviews/{id}',
    summary: 'An access review, how far it is decided, and what closing did',
    scopes: READERS,
    params: byId,
    reply: reviewDetailSchema,
    statuses: [200],
    handler: ({ ctx, params }) => shownReviewOf(ctx, params.id),
  }),
  route({
    method: 'post',
    path: '/reviews/{id}/close',
    summary: 'Close an access review: its decisions stand, and revocations are applied',
    description:
      'What was given here is taken away. What comes through a group, or was pushed, is not changed: it becomes a task ' +
      'for the admin of the identity provider. A row that a rule of the workspace forbids to take away is `refused`, with ' +
      'the reason, and stops no other. While rows are undecided it is refused unless `undecided` says what to do with them. ' +
      '202: the rest of a large review is applied in the background, and `status` is `closing` until then.',
    scopes: WRITERS,
    params: byId,
    body: z
      .strictObject({
        undecided: verdictSchema.optional().describe('What becomes of rows that nobody decided.'),
        reviewer: reviewerSchema,
      })
      .optional(),
    reply: reviewDetailSchema,
    statuses: [200, 202],
    handler: async ({ ctx, params, body }) =>
      closedReviewOf(ctx, await closeReview(ctx, params.id, body ?? {})),
  }),
  route({
    method: 'post',
    path: '/reviews/{id}/cancel',
    summary: 'End an access review without applying anything; it stays to be read',
    scopes: WRITERS,
    params: byId,
    reply: reviewDetailSchema,
    statuses: [200],
    handler: async ({ ctx, params }) => shownReviewOf(ctx, await cancelReview(ctx, params.id)),
  }),
];
