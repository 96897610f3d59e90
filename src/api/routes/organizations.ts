import { z } from 'zod';
import {
  createOrganization,
  deleteOrganization,
  listOrganizations,
  type Organization,
  patchOrganization,
} from '../../core/catalog/organizations.ts';
import { listOf, listQuery, listReply, pageOf } from '../lists.ts';
import { route } from '../route.ts';
import { READERS, WRITERS } from '../scopes.ts';

const params = z.object({ key: z.string() });

const organization = z.object({ key: z.string(), name: z.string() }).meta({ id: 'Organization' });

const query = listQuery(['key', 'name'], 'key');

function shown({ key, name }: Organization): z.infer<typeof organization> {
  return { key, name };
}

export const organizationRoutes = [
  route({
    method: 'get',
    path: '/organizations',
    summary: 'The organizations of the workspace',
    scopes: READERS,
    query,
    reply: listReply(organization),
    statuses: [200],
    handler: async ({ ctx, query }) => listOf(await listOrganizations(ctx, pageOf(query)), query, shown),
  }),
  route({
    method: 'post',
    path: '/organizations',
    summary: 'Make an organization',
    scopes: WRITERS,
    body: z.strictObject({ key: z.string(), name: z.string().trim() }),
    reply: organization,
    statuses: [201],
    handler: async ({ ctx, body }) => shown(await createOrganization(ctx, body)),
  }),
  route({
    method: 'patch',
    path: '/organizations/{key}',
    summary: "Change an organization's key or name",
    scopes: WRITERS,
    params,
    body: z.strictObject({ key: z.string().optional(), name: z.string().trim().optional() }),
    reply: organization,
    statuses: [200],
    handler: async ({ ctx, params, body }) => shown(await patchOrganization(ctx, params.key, body)),
  }),
  route({
    method: 'delete',
    path: '/organizations/{key}',
    summary: 'Delete an organization to which nobody and nothing belongs',
    scopes: WRITERS,
    params,
    statuses: [204],
    handler: ({ ctx, params }) => deleteOrganization(ctx, params.key),
  }),
];
