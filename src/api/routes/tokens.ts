import { z } from 'zod';
import { issueToken, listTokens, revokeToken, type Token } from '../../core/workspaces/tokens.ts';
import { listOf, listQuery, listReply, pageOf } from '../lists.ts';
import { route } from '../route.ts';
import { READERS, WRITERS } from '../scopes.ts';
import { timeSchema } from '../times.ts';

const scope = z.enum(['scim', 'admin', 'auditor', 'product', 'operator']);

const token = z
  .object({
    id: z.uuid(),
    name: z.string(),
    scope,
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable(),
    lastUsedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Token' });

function shown({ id, name, scope, created_at, expires_at, last_used_at }: Token): z.infer<typeof token> {
  return {
    id,
    name,
    scope,
    createdAt: created_at.toISOString(),
    expiresAt: expires_at?.toISOString() ?? null,
    lastUsedAt: last_used_at?.toISOString() ?? null,
  };
}

export const tokenRoutes = [
  route({
    method: 'get',
    path: '/tokens',
    summary: 'The tokens of the workspace that were not revoked, without their secrets',
    scopes: READERS,
    query: listQuery(['createdAt', 'name'], 'createdAt'),
    reply: listReply(token),
    statuses: [200],
    handler: async ({ ctx, query }) => listOf(await listTokens(ctx, pageOf(query)), query, shown),
  }),
  route({
    method: 'post',
    path: '/tokens',
    summary: 'Make a token; its secret is shown this once',
    scopes: WRITERS,
    body: z.strictObject({
      name: z.string().trim(),
      scope,
      expiresAt: timeSchema.nullish(),
    }),
    reply: token.extend({ token: z.string() }),
    statuses: [201],
    problems: [],
    handler: async ({ ctx, body }) => {
      const expiresAt = body.expiresAt ? new Date(body.expiresAt) : null;
      const issued = await issueToken(ctx, { ...body, expiresAt });
      return { ...shown(issued), token: issued.token };
    },
  }),
  route({
    method: 'delete',
    path: '/tokens/{id}',
    summary: 'Revoke a token, at once',
    scopes: WRITERS,
    params: z.object({ id: z.string() }),
    statuses: [204],
    problems: [],
    handler: ({ ctx, params }) => revokeToken(ctx, params.id),
  }),
];
