import { z } from 'zod';
import { invite } from '../../core/invitations/invite.ts';
import { type Invitation, invitationLink, listInvitations } from '../../core/invitations/list.ts';
import { resendInvitation } from '../../core/invitations/resend.ts';
import { revokeInvitations } from '../../core/invitations/revoke.ts';
import { listOf, listQuery, listReply, pageOf } from '../lists.ts';
import { route } from '../route.ts';
import { READERS, WRITERS } from '../scopes.ts';
import { accountRoleSchema } from './access.ts';

const status = z.enum(['pending', 'accepted', 'revoked', 'expired', 'superseded']);

/** One or more statuses, separated by commas. */
const statuses = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(status));

const delivery = z
  .object({
    status: z
      .enum(['queued', 'sent', 'failed'])
      .describe('`sent`: the mail server took it over. `failed`: it will not be tried again.'),
    attempts: z.int(),
    reason: z
      .string()
      .nullable()
      .describe('Why the last attempt failed, or why there will be no other; null when nothing failed.'),
    nextAttemptAt: z.iso
      .datetime()
      .nullable()
      .describe('When it is tried (again); null when it will not be, and while it is being tried.'),
    sentAt: z.iso.datetime().nullable(),
  })
  .describe('How the newest mail of the invitation fares.');

/** An invitation as the API shows it; never its link. */
export const invitationSchema = z
  .object({
    id: z.uuid(),
    email: z.string().describe('Where it was sent.'),
    userId: z.uuid().describe('The user who is pending until it is accepted.'),
    status: status.describe(
      '`superseded`: an identity provider has made the user active, so there is nothing left to accept.',
    ),
    expiresAt: z.iso.datetime(),
    invitedBy: z.string().describe('The name of the token that made it.'),
    createdAt: z.iso.datetime(),
    closedAt: z.iso
      .datetime()
      .nullable()
      .describe('When it was accepted, revoked, superseded, or found expired.'),
    delivery,
  })
  .meta({ id: 'Invitation' });

/** An invitation as an answer. */
export function shownInvitation(row: Invitation): z.infer<typeof invitationSchema> {
  return {
    id: row.id,
    email: row.email,
    userId: row.user_id,
    status: row.status,
    expiresAt: row.expires_at.toISOString(),
    invitedBy: row.invited_by,
    createdAt: row.created_at.toISOString(),
    closedAt: row.closed_at?.toISOString() ?? null,
    delivery: {
      status: row.delivery === 'sending' ? 'queued' : row.delivery,
      attempts: row.delivery_attempts,
      reason: row.delivery_reason,
      nextAttemptAt: row.delivery_next_at?.toISOString() ?? null,
      sentAt: row.delivered_at?.toISOString() ?? null,
    },
  };
}

const byId = z.object({ id: z.string() });

export const invitationRoutes = [
  route({
    method: 'get',
    path: '/invitations',
    summary: 'The invitations of the workspace, the newest first',
    scopes: READERS,
    query: listQuery(['createdAt', 'email'], '-createdAt').extend({ status: statuses.optional() }),
    reply: listReply(invitationSchema),
    statuses: [200],
    handler: async ({ ctx, query }) =>
      listOf(await listInvitations(ctx, query.status, pageOf(query)), query, shownInvitation),
  }),
  route({
    method: 'post',
    path: '/invitations',
    summary: 'Invite people to products, projects and a role in the workspace, at most 500 at once',
    description:
      'Each becomes a pending user, whose seats are held from now on, and is sent a mail with a link of their own. One ' +
      'wrong address refuses none of the others. Somebody who was here before is invited with what there was, of which ' +
      'what is asked for takes the place.',
    scopes: WRITERS,
    body: z.strictObject({
      emails: z
        .union([z.string(), z.array(z.string())], 'must be a text or a list of texts')
        .describe(
          'A text as it was pasted: split on commas, semicolons, spaces, tabs and new lines; names may stand before ' +
            'addresses in `<…>`. Or a list of them, one in each element.',
        ),
      organization: z.string().nullish().describe('The key of the organization to which they will belong.'),
      accountRole: accountRoleSchema
        .optional()
        .describe('What they may do in the workspace as a whole; `member` unless it is given.'),
      products: z
        .array(
          z.strictObject({
            product: z.string(),
            license: z
              .string()
              .optional()
              .describe('The key of a license of the product; `standard` unless it is given.'),
          }),
        )
        .max(100, 'are at most 100')
        .optional(),
      projects: z
        .array(z.strictObject({ project: z.string(), role: z.string() }))
        .max(100, 'are at most 100')
        .optional(),
    }),
    reply: z.object({
      invited: z.array(invitationSchema).describe('In the order of their addresses.'),
      skipped: z
        .array(
          z.object({
            email: z.string(),
            reason: z.string().describe('Why nobody was invited by it, and what to do.'),
          }),
        )
        .describe('Addresses that are wrong, or of people who are here or invited already.'),
    }),
    statuses: [201],
    handler: async ({ ctx, body }) => {
      const { invited, skipped } = await invite(ctx, body);
      return { invited: invited.map(shownInvitation), skipped: [...skipped] };
    },
  }),
  route({
    method: 'post',
    path: '/invitations/revoke',
    summary: 'Revoke invitations: their links stop at once; what is not pending any more is skipped',
    scopes: WRITERS,
    body: z.strictObject({
      ids: z.array(z.string()).min(1, 'name at least one').max(500, 'are at most 500 at once'),
    }),
    reply: z.object({
      revoked: z.array(invitationSchema),
      skipped: z
        .array(z.object({ id: z.uuid(), reason: z.string().describe('Why it stays as it is.') }))
        .describe('Those that were not pending any more.'),
    }),
    statuses: [200],
    handler: async ({ ctx, body }) => {
      const { revoked, skipped } = await revokeInvitations(ctx, body.ids);
      return { revoked: revoked.map(shownInvitation), skipped: [...skipped] };
    },
  }),
  route({
    method: 'post',
    path: '/invitations/{id}/resend',
    summary: 'Send an invitation again, also an expired one, with a new link; the old one ends',
    scopes: WRITERS,
    params: byId,
    reply: invitationSchema,
    statuses: [200],
    handler: async ({ ctx, params }) => shownInvitation(await resendInvitation(ctx, params.id)),
  }),
  route({
    method: 'get',
    path: '/invitations/{id}/link',
    summary: 'The live link of a pending invitation, to be handed over by other ways',
    // Who has it can join: no read of an auditor's.
    scopes: WRITERS,
    params: byId,
    reply: z.object({
      link: z.url().describe('Who has it can join, once: hand it only to the invitee.'),
      expiresAt: z.iso.datetime(),
    }),
    statuses: [200],
    problems: ['gone'],
    handler: async ({ ctx, params }) => {
      const { link, expiresAt } = await invitationLink(ctx, params.id);
      return { link, expiresAt: expiresAt.toISOString() };
    },
  }),
];
