import { z } from 'zod';
import {
  createProject,
  deleteProject,
  listProjects,
  patchProject,
  type Project,
} from '../../core/catalog/projects.ts';
import { listOf, listQuery, listReply, pageOf } from '../lists.ts';
import { route } from '../route.ts';
import { READERS, WRITERS } from '../scopes.ts';

const params = z.object({ key: z.string() });

/** `organization` is a key. */
const project = z
  .object({ key: z.string(), name: z.string(), organization: z.string().nullable() })
  .meta({ id: 'Project' });

const query = listQuery(['key', 'name'], 'key');

function shown({ key, name, organization }: Project): z.infer<typeof project> {
  return { key, name, organization };
}

export const projectRoutes = [
  route({
    method: 'get',
    path: '/projects',
    summary: 'The projects of the workspace',
    scopes: READERS,
    query,
    reply: listReply(project),
    statuses: [200],
    handler: async ({ ctx, query }) => listOf(await listProjects(ctx, pageOf(query)), query, shown),
  }),
  route({
    method: 'post',
    path: '/projects',
    summary: 'Make a project',
    scopes: WRITERS,
    body: z.strictObject({ key: z.string(), name: z.string().trim(), organization: z.string().nullish() }),
    reply: project,
    statuses: [201],
    handler: async ({ ctx, body }) => shown(await createProject(ctx, body)),
  }),
  route({
    method: 'patch',
    path: '/projects/{key}',
    summary: "Change a project's key, name or organization (null for none)",
    scopes: WRITERS,
    params,
    body: z.strictObject({
      key: z.string().optional(),
      name: z.string().trim().optional(),
      organization: z.string().nullish(),
    }),
    reply: project,
    statuses: [200],
    handler: async ({ ctx, params, body }) => shown(await patchProject(ctx, params.key, body)),
  }),
  route({
    method: 'delete',
    path: '/projects/{key}',
    summary: 'Delete a project in which nobody has a role',
    scopes: WRITERS,
    params,
    statuses: [204],
    handler: ({ ctx, params }) => deleteProject(ctx, params.key),
  }),
];
