import { z } from 'zod';
import type { Context } from '../../core/context/context.ts';
import { decideListed, decideMatching, decideRow } from '../../core/reviews/decide.ts';
import {
  type FrozenRow,
  type PastDecision,
  reviewRow,
  reviewRows,
  reviewTasks,
} from '../../core/reviews/read.ts';
import { taskOf } from '../../core/reviews/task.ts';
import { invalid } from '../../lib/errors.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { limitSchema, listReply } from '../lists.ts';
import { route } from '../route.ts';
import { READERS, WRITERS } from '../scopes.ts';
import { shownVia, viaSchema } from './grant-source.ts';
import { reviewerSchema, verdictSchema } from './reviews.ts';

const KINDS = ['account_role', 'project_role', 'entitlement'] as const;
const OUTCOMES = ['kept', 'revoked', 'task', 'already_ended', 'refused'] as const;

const thing = {
  row: z.int().describe('The number of the row in its review.'),
  user: z.object({
    id: z.uuid(),
    userName: z.string(),
    fullName: z.string(),
    email: z.string().nullable(),
  }),
  kind: z.enum(KINDS).describe('What kind of thing it is.'),
  target: z.string().describe('The key of the project or product; of an account role the workspace’s.'),
  targetName: z.string().describe('Its name as people read it.'),
  level: z.string().describe('The key of the role, license or account role.'),
  via: viaSchema.describe('The way by which it was had.'),
};

/** A row of a review. */
export const reviewRowSchema = z
  .object({
    ...thing,
    since: z.iso.datetime().describe('Since when it was had by this way without a break.'),
    grantedBy: z.string().nullable().describe('Who gave it.'),
    ended: z.boolean().describe('The access by this way is no more, whoever ended it.'),
    decision: verdictSchema.nullable().describe('Null while it is undecided.'),
    note: z.string().nullable(),
    reviewer: z.string().nullable().describe('Who decided, as it was said.'),
    decidedAt: z.iso.datetime().nullable(),
    decidedBy: z.string().nullable().describe('The name of the token.'),
    outcome: z.enum(OUTCOMES).nullable().describe('What came of it when the review was closed.'),
    reason: z.string().nullable().describe('Why it was refused.'),
  })
  .meta({ id: 'ReviewRow' });

const pastDecision = z.object({
  decision: verdictSchema,
  note: z.string().nullable(),
  reviewer: z.string().nullable().describe('Who decided, as it was said.'),
  decidedBy: z.string().describe('The name of the token.'),
  since: z.iso.datetime(),
  until: z.iso.datetime().nullable().describe('Null while it stands.'),
});

const rowDetail = reviewRowSchema.extend({
  history: z
    .array(pastDecision)
    .describe(
      'What was ever decided of it, the first decision first; of more than 500 decisions the newest.',
    ),
  historyTruncated: z.boolean().optional().describe('True when there were earlier decisions.'),
});

/** What is to be done in the identity provider. */
export const reviewTaskSchema = z
  .object({
    ...thing,
    task: z.string().describe('What is to be done, in a sentence.'),
    done: z.boolean().describe('The access by this way has ended.'),
    decidedBy: z.string().nullable().describe('The name of the token.'),
    reviewer: z.string().nullable().describe('Who decided, as it was said.'),
    note: z.string().nullable(),
  })
  .meta({ id: 'ReviewTask' });

function shownThing(row: FrozenRow) {
  return {
    row: row.number,
    user: { id: row.user_id, userName: row.user_name, fullName: row.full_name, email: row.email },
    kind: row.kind,
    target: row.target,
    targetName: row.target_name,
    level: row.level,
    via: shownWay(row),
  };
}

function shownWay(row: FrozenRow): z.infer<typeof viaSchema> {
  if (row.group_id === null) return { type: 'direct', source: row.source ?? 'admin' };
  const group = { id: row.group_id, displayName: row.group_name ?? row.group_id };
  return shownVia({ type: 'group', group, mapping: row.origin ?? 'own', rule: row.rule });
}

function shownRow(row: FrozenRow): z.infer<typeof reviewRowSchema> {
  return {
    ...shownThing(row),
    since: row.granted_at.toISOString(),
    grantedBy: row.granted_by,
    ended: row.ended,
    decision: row.decision,
    note: row.note,
    reviewer: row.reviewer,
    decidedAt: row.decided_at && row.decided_at.toISOString(),
    decidedBy: row.decided_by,
    outcome: row.outcome,
    reason: row.outcome_reason,
  };
}

function shownTask(row: FrozenRow): z.infer<typeof reviewTaskSchema> {
  const { note, reviewer, decided_by: decidedBy, ended: done } = row;
  return { ...shownThing(row), task: taskOf(row), done, decidedBy, reviewer, note };
}

async function shownRowOf(
  ctx: Context,
  { id, row: number }: { id: string; row: string },
): Promise<z.infer<typeof rowDetail>> {
  const { row, history, isWhole } = await reviewRow(ctx, id, number);
  const shown = ({ decision, note, reviewer, since, by, until }: PastDecision) => ({
    ...{ decision, note, reviewer, decidedBy: by },
    ...{ since: since.toISOString(), until: until && until.toISOString() },
  });
  return {
    ...shownRow(row),
    history: history.map(shown),
    ...(isWhole ? {} : { historyTruncated: true }),
  };
}

const byId = z.object({ id: z.string() });
const byRow = z.object({ id: z.string(), row: z.string().describe('The number of the row.') });

const rowNumber = z.int().min(1, 'is a number from 1').max(2_147_483_647, 'is no number of a row');
const place = z.strictObject({ row: rowNumber });
const paged = { limit: limitSchema, cursor: z.string().optional() };

function pageOf({ limit, cursor }: { limit: number; cursor?: string | undefined }) {
  return { limit, after: cursor === undefined ? undefined : decodeCursor(place, cursor).row };
}

function listOf<Shown>(
  { items, next }: { readonly items: readonly FrozenRow[]; readonly next: number | null },
  shown: (row: FrozenRow) => Shown,
) {
  return { items: items.map(shown), nextCursor: next === null ? null : encodeCursor({ row: next }) };
}

const finding = {
  decision: z
    .enum(['none', 'keep', 'revoke'])
    .optional()
    .describe('What is decided of it so far; `none`: the undecided.'),
  user: z.string().min(1).optional().describe('The id, userName or email of a user.'),
  kind: z.enum(KINDS).optional().describe('What kind of thing it is.'),
  target: z.string().optional().describe('The key of a project or product.'),
  level: z.string().optional().describe('The key of a role, license or account role.'),
  via: z.enum(['direct', 'group']).optional().describe('Given directly, or through a group.'),
  group: z.string().optional().describe('The id or name of the group through which it is had.'),
};

const note = z
  .string()
  .max(2000, 'has at most 2000 characters')
  .nullish()
  .describe('Why, for those who read it later.');
const decision = verdictSchema.nullable().describe('Null takes a decision back.');

export const reviewRowRoutes = [
  route({
    method: 'get',
    path: '/reviews/{id}/rows',
    summary: 'The rows of an access review: who had what when it was opened, and what is decided of it',
    description: 'In the order of users. Names are those of the time when the review was opened.',
    scopes: READERS,
    params: byId,
    query: z.strictObject({
      ...paged,
      ...finding,
      outcome: z.enum(OUTCOMES).optional().describe('What came of it when the review was closed.'),
      search: z.string().max(200).optional(),
    }),
    reply: listReply(reviewRowSchema),
    statuses: [200],
    // An address may be that of several users.
    problems: ['refused'],
    handler: async ({ ctx, params, query }) => {
      const { limit, cursor, ...asked } = query;
      return listOf(await reviewRows(ctx, params.id, asked, pageOf({ limit, cursor })), shownRow);
    },
  }),
  route({
    method: 'get',
    path: '/reviews/{id}/rows/{row}',
    summary: 'One row of an access review, with everything that was ever decided of it',
    scopes: READERS,
    params: byRow,
    reply: rowDetail,
    statuses: [200],
    handler: ({ ctx, params }) => shownRowOf(ctx, params),
  }),
  route({
    method: 'put',
    path: '/reviews/{id}/rows/{row}',
    summary: 'Decide one row of an open access review, also anew',
    description:
      'What is not said of note and reviewer is none. What was decided before stays in the row’s history.',
    scopes: WRITERS,
    params: byRow,
    body: z.strictObject({ decision, note, reviewer: reviewerSchema }),
    reply: rowDetail,
    statuses: [200],
    handler: async ({ ctx, params, body }) => {
      await decideRow(ctx, params.id, params.row, body);
      return shownRowOf(ctx, params);
    },
  }),
  route({
    method: 'post',
    path: '/reviews/{id}/decisions',
    summary: 'Decide many rows at once: some by their numbers, or all that a filter finds',
    description:
      'Either `decisions`, at most 1,000, all of them or none; or `filter` with `decision`, for any number of rows. An empty ' +
      'filter finds every row.',
    scopes: WRITERS,
    params: byId,
    body: z.strictObject({
      decisions: z
        .array(z.strictObject({ row: rowNumber, decision, note }))
        .min(1, 'name at least one')
        .max(1000, 'are at most 1000 at once')
        .optional()
        .describe('What is decided of which row.'),
      filter: z.strictObject(finding).optional().describe('Which rows `decision` is about.'),
      decision: decision.optional(),
      note,
      reviewer: reviewerSchema,
    }),
    reply: z.object({
      changed: z.int().describe('How many rows are decided otherwise than before.'),
      unchanged: z.int().describe('How many were decided so already.'),
    }),
    statuses: [200],
    handler: async ({ ctx, params, body }) => {
      const { decisions, filter, decision: wanted, note: why, reviewer } = body;
      if (decisions && !filter && wanted === undefined && why === undefined) {
        return decideListed(ctx, params.id, decisions, reviewer);
      }
      if (decisions || !filter) {
        throw invalid(
          'decisions',
          'Send either decisions, or a filter with a decision for all that it finds.',
        );
      }
      if (wanted === undefined)
        throw invalid('decision', 'Say what is decided of the rows: keep, revoke or null.');
      return decideMatching(ctx, params.id, filter, { decision: wanted, note: why, reviewer });
    },
  }),
  route({
    method: 'get',
    path: '/reviews/{id}/tasks',
    summary: 'What a closed access review leaves to the admin of the identity provider',
    description:
      'A task is done when the access by its way has ended; that is looked up, not noted. Names are those of today.',
    scopes: READERS,
    params: byId,
    query: z.strictObject({
      ...paged,
      done: z
        .enum(['true', 'false'])
        .transform((text) => text === 'true')
        .optional()
        .describe('`false`: only what is still to be done.'),
    }),
    reply: listReply(reviewTaskSchema),
    statuses: [200],
    handler: async ({ ctx, params, query }) =>
      listOf(await reviewTasks(ctx, params.id, query.done, pageOf(query)), shownTask),
  }),
];
