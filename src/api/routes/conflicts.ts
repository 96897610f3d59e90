import { z } from 'zod';
import { type Conflict, listConflicts } from '../../core/access/conflicts.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { limitSchema, listReply } from '../lists.ts';
import { route } from '../route.ts';
import { READERS } from '../scopes.ts';

/** Something that gives nothing. `attribute` says where it was pushed, `group` through which group it would come. */
export const conflictSchema = z
  .object({
    source: z.enum(['pushed', 'admin', 'invitation', 'group']),
    attribute: z.enum(['roles', 'entitlements', 'organization']).optional(),
    group: z.object({ id: z.uuid(), displayName: z.string() }).optional(),
    value: z.string(),
    code: z.enum([
      'unknown_role',
      'unknown_entitlement',
      'unknown_organization',
      'billing_manager',
      'product_off',
    ]),
    reason: z.string().describe('Why, and what to do.'),
  })
  .meta({ id: 'Conflict' });

/** A conflict as it is shown. */
export function shownConflict(conflict: Conflict): z.infer<typeof conflictSchema> {
  const { source, attribute, group_id, group_name, value, code, reason } = conflict;
  return {
    source,
    ...(attribute === null ? {} : { attribute }),
    ...(group_id === null ? {} : { group: { id: group_id, displayName: group_name ?? '' } }),
    value,
    code,
    reason,
  };
}

const listed = conflictSchema
  .extend({ user: z.object({ id: z.uuid(), userName: z.string() }) })
  .meta({ id: 'ListedConflict' });

function shown(conflict: Conflict): z.infer<typeof listed> {
  return { user: { id: conflict.user_id, userName: conflict.user_name }, ...shownConflict(conflict) };
}

const place = z.strictObject({ userName: z.string(), userId: z.uuid(), place: z.string() });

export const conflictRoutes = [
  route({
    method: 'get',
    path: '/conflicts',
    summary: 'What was pushed or mapped but gives nothing, and why, by user name',
    scopes: READERS,
    query: z.strictObject({
      limit: limitSchema,
      cursor: z.string().optional(),
      search: z.string().max(200).optional(),
    }),
    reply: listReply(listed),
    statuses: [200],
    handler: async ({ ctx, query }) => {
      const { limit, cursor, search } = query;
      const after = cursor === undefined ? undefined : decodeCursor(place, cursor);
      const { items, next } = await listConflicts(ctx, { limit, after, search });
      return { items: items.map(shown), nextCursor: next && encodeCursor(next) };
    },
  }),
];
