import { z } from 'zod';
import { listAudit, type AuditEvent } from '../../core/audit.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { limitSchema, listReply } from '../lists.ts';
import { route } from '../route.ts';
import { READERS } from '../scopes.ts';

const event = z.object({
  id: z.uuid(),
  at: z.iso.datetime(),
  actor: z.object({
    kind: z.enum(['token', 'invitee', 'system']),
    id: z.string().nullable(),
    name: z.string(),
    scope: z.string().nullable(),
  }),
  requestId: z.string(),
  action: z.string(),
  target: z.object({ kind: z.string(), id: z.string(), name: z.string().nullable() }),
  /** The id of the other one concerned, such as the user of a membership. */
  related: z.string().nullable(),
  before: z.unknown(),
  after: z.unknown(),
});

function shown(row: AuditEvent): z.infer<typeof event> {
  return {
    id: row.id,
    at: row.at.toISOString(),
    actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name, scope: row.actor_scope },
    requestId: row.request_id,
    action: row.action,
    target: { kind: row.target_kind, id: row.target_id, name: row.target_name },
    related: row.related_id,
    before: row.before,
    after: row.after,
  };
}

const time = z.iso.datetime({ offset: true, error: 'must be a time such as 2030-01-31T12:00:00Z' });
const place = z.strictObject({ at: z.iso.datetime(), id: z.uuid() });

export const auditRoutes = [
  route({
    method: 'get',
    path: '/audit',
    summary: 'What was changed, by whom, the newest first',
    scopes: READERS,
    query: z.strictObject({
      limit: limitSchema,
      cursor: z.string().optional(),
      actor: z.string().optional(),
      action: z.string().optional(),
      target: z.string().optional(),
      from: time.optional(),
      to: time.optional(),
    }),
    reply: listReply(event),
    statuses: [200],
    handler: async ({ core, caller, query }) => {
      const { limit, cursor, actor, action, target, from, to } = query;
      const after = cursor === undefined ? undefined : decodeCursor(place, cursor);
      const { items, next } = await listAudit(
        core,
        caller,
        { actor, action, target, from: from ? new Date(from) : undefined, to: to ? new Date(to) : undefined },
        { limit, after: after && { at: new Date(after.at), id: after.id } },
      );
      return {
        items: items.map(shown),
        nextCursor: next && encodeCursor({ at: next.at.toISOString(), id: next.id }),
      };
    },
  }),
];
