import { z } from 'zod';
import { listRoles, putRole, type Role } from '../../core/catalog/roles.ts';
import { answer } from '../answer.ts';
import { listOf, listQuery, listReply, pageOf } from '../lists.ts';
import { route } from '../route.ts';
import { READERS, WRITERS } from '../scopes.ts';

const role = z
  .object({
    key: z.string(),
    name: z.string(),
    rank: z.int().describe('In one project the highest counts.'),
  })
  .meta({ id: 'Role' });

function shown({ key, name, rank }: Role): z.infer<typeof role> {
  return { key, name, rank };
}

export const roleRoutes = [
  route({
    method: 'get',
    path: '/roles',
    summary: 'The project roles, the highest rank first',
    scopes: READERS,
    query: listQuery(['rank', 'key', 'name'], '-rank'),
    reply: listReply(role),
    statuses: [200],
    handler: async ({ ctx, query }) => listOf(await listRoles(ctx, pageOf(query)), query, shown),
  }),
  route({
    method: 'put',
    path: '/roles/{key}',
    summary: 'Change a project role, or make it; a new one needs a rank',
    scopes: WRITERS,
    params: z.object({ key: z.string() }),
    body: z.strictObject({
      key: z.string().optional(),
      name: z.string().trim().optional(),
      rank: z.int().optional(),
    }),
    reply: role,
    statuses: [200, 201],
    handler: async ({ ctx, params, body }) => {
      const put = await putRole(ctx, params.key, body);
      return answer(shown(put.role), { status: put.created ? 201 : 200 });
    },
  }),
];
