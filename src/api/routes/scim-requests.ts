import { z } from 'zod';
import { listProvisioningLog, type ProvisioningRequestRow } from '../../core/audit/scim-requests.ts';
import { listReply } from '../lists.ts';
import { route } from '../route.ts';
import { READERS } from '../scopes.ts';
import { between, listByTime, newestFirstQuery, pageByTime } from '../time-page.ts';

const entry = z
  .object({
    id: z.uuid(),
    at: z.iso.datetime(),
    token: z.string().describe('The name of the token.'),
    requestId: z.string(),
    method: z.string(),
    path: z.string(),
    query: z.string().nullable(),
    body: z.string().nullable().describe('As JSON text, cut off where it was long; secrets are masked.'),
    status: z.int().describe('499 when the client hung up before it was answered.'),
    scimType: z.string().nullable(),
    detail: z.string().nullable().describe('Why, where it was refused.'),
    durationMs: z.number(),
    userAgent: z.string().nullable(),
  })
  .meta({ id: 'ProvisioningRequest' });

function shown(row: ProvisioningRequestRow): z.infer<typeof entry> {
  return {
    id: row.id,
    at: row.at.toISOString(),
    token: row.token_name,
    requestId: row.request_id,
    method: row.method,
    path: row.path,
    query: row.query,
    body: row.body,
    status: row.status,
    scimType: row.scim_type,
    detail: row.detail,
    durationMs: row.duration_ms,
    userAgent: row.user_agent,
  };
}

const status = z
  .string()
  .regex(/^[1-5](?:\d\d|xx)$/i, 'must be a status such as 409, or a class of them such as 4xx')
  .transform((text) => ({
    from: Number(text.replace(/xx/i, '00')),
    to: Number(text.replace(/xx/i, '99')),
  }));

export const scimRequestRoutes = [
  route({
    method: 'get',
    path: '/scim-requests',
    summary: 'What an identity provider sent and was answered in the last 30 days, the newest first',
    scopes: READERS,
    query: z.strictObject({
      ...newestFirstQuery,
      status: status.optional(),
      user: z.string().optional(),
      group: z.string().optional(),
    }),
    reply: listReply(entry),
    statuses: [200],
    handler: async ({ ctx, query }) => {
      const { status, user, group } = query;
      const wanted = { status, user, group, ...between(query) };
      return listByTime(await listProvisioningLog(ctx, wanted, pageByTime(query)), shown);
    },
  }),
];
