import { z } from 'zod';
import {
  createWorkspace,
  getWorkspace,
  listWorkspaces,
  patchWorkspace,
  type Workspace,
} from '../../core/workspaces/workspaces.ts';
import { listOf, listQuery, listReply, pageOf } from '../lists.ts';
import { route } from '../route.ts';
import { OPERATORS, READERS, WRITERS } from '../scopes.ts';

const workspace = z
  .object({
    id: z.uuid(),
    key: z.string(),
    name: z.string(),
    signInUrl: z.string().nullable().describe('Where people go on to when they have joined.'),
    integrationEnabled: z.boolean().describe('False: a user may be given only one of the products.'),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Workspace' });

function shown(row: Workspace): z.infer<typeof workspace> {
  return {
    id: row.id,
    key: row.key,
    name: row.name,
    signInUrl: row.sign_in_url,
    integrationEnabled: row.integration_enabled,
    createdAt: row.created_at.toISOString(),
  };
}

export const workspaceRoutes = [
  route({
    method: 'get',
    path: '/workspace',
    summary: 'The workspace',
    scopes: READERS,
    reply: workspace,
    statuses: [200],
    handler: async ({ ctx }) => shown(await getWorkspace(ctx)),
  }),
  route({
    method: 'patch',
    path: '/workspace',
    summary: "Change the workspace's name, sign-in URL or integration switch",
    scopes: WRITERS,
    body: z.strictObject({
      name: z.string().trim().optional(),
      signInUrl: z.string().nullish(),
      integrationEnabled: z.boolean().optional(),
    }),
    reply: workspace,
    statuses: [200],
    handler: async ({ ctx, body }) => shown(await patchWorkspace(ctx, body)),
  }),
  route({
    method: 'get',
    path: '/workspaces',
    summary: 'All workspaces, for operators',
    scopes: OPERATORS,
    acrossWorkspaces: true,
    query: listQuery(['key', 'name'], 'key'),
    reply: listReply(workspace),
    statuses: [200],
    handler: async ({ ctx, query }) => listOf(await listWorkspaces(ctx.core, pageOf(query)), query, shown),
  }),
  route({
    method: 'post',
    path: '/workspaces',
    summary: 'Make a workspace with its products and roles, for operators; it has no tokens yet',
    scopes: OPERATORS,
    acrossWorkspaces: true,
    body: z.strictObject({ key: z.string(), name: z.string().trim() }),
    reply: workspace,
    statuses: [201],
    handler: async ({ ctx, body }) => shown(await createWorkspace(ctx.core, ctx.caller, body)),
  }),
];
