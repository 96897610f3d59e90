import { z } from 'zod';
import type { Action } from '../../core/audit/events/catalog.ts';
import { ACTIONS } from '../../core/audit/events/catalog.ts';
import { type AuditEvent, listAudit } from '../../core/audit/list.ts';
import { listReply } from '../lists.ts';
import { route } from '../route.ts';
import { READERS } from '../scopes.ts';
import { between, listByTime, newestFirstQuery, pageByTime } from '../time-page.ts';

const LEFT_OUT =
  'Of a list that was there before and after, only the elements that differ. What is left out is said by objects whose ' +
  'fields begin with `$`: at the end of a list, `{"$unchanged": n}` for elements that are in both, and `{"$omitted": n}` ' +
  'for others that have no place; `{"$text": {"length", "sha256"}}` for a long text; `{"$omitted": n}` for any other ' +
  'value, and `$omitted` beside fields for fields. `before` and `after` have 8 KiB together at most.';

const event = z
  .object({
    id: z.uuid(),
    at: z.iso.datetime(),
    actor: z.object({
      kind: z.enum(['token', 'invitee', 'system']),
      id: z.string().nullable(),
      name: z.string(),
      scope: z.string().nullable(),
    }),
    requestId: z.string(),
    action: z.enum(ACTIONS).describe('What was done, such as `user.created` or `group.member_added`.'),
    target: z.object({ kind: z.string(), id: z.string(), name: z.string().nullable() }),
    related: z
      .string()
      .nullable()
      .describe('The id of the other one concerned, such as the user of a membership.'),
    before: z.unknown().describe(`What changed, as it was. ${LEFT_OUT}`),
    after: z.unknown().describe(`What changed, as it is. ${LEFT_OUT}`),
  })
  .meta({ id: 'AuditEvent' });

function shown(row: AuditEvent): z.infer<typeof event> {
  return {
    id: row.id,
    at: row.at.toISOString(),
    actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name, scope: row.actor_scope },
    requestId: row.request_id,
    action: row.action as Action,
    target: { kind: row.target_kind, id: row.target_id, name: row.target_name },
    related: row.related_id,
    before: row.before,
    after: row.after,
  };
}

export const auditRoutes = [
  route({
    method: 'get',
    path: '/audit',
    summary: 'What was changed, by whom, the newest first',
    scopes: READERS,
    query: z.strictObject({
      ...newestFirstQuery,
      actor: z.string().optional(),
      action: z.string().optional(),
      target: z.string().optional(),
    }),
    reply: listReply(event),
    statuses: [200],
    handler: async ({ ctx, query }) => {
      const { actor, action, target } = query;
      const filter = { actor, action, target, ...between(query) };
      return listByTime(await listAudit(ctx, filter, pageByTime(query)), shown);
    },
  }),
];
