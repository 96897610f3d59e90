import { z } from 'zod';
import { listDirectory } from '../../core/directory.ts';
import { listOf, listQuery, listReply, pageOf } from '../lists.ts';
import { route } from '../route.ts';
import { READERS } from '../scopes.ts';
import { shownUser, shownUserOf, statusSchema, userDetailSchema, userSchema } from './user-shown.ts';

/** One or more statuses, separated by commas. */
export const statusesSchema = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(statusSchema));

export const userRoutes = [
  route({
    method: 'get',
    path: '/users',
    summary: 'The directory: everybody there is, was, or was invited',
    scopes: READERS,
    query: listQuery(['name', 'email', 'status', 'joined', 'lastAccess'], 'name').extend({
      status: statusesSchema.optional(),
      organization: z.string().optional(),
      product: z.string().optional(),
      project: z.string().optional(),
    }),
    reply: listReply(userSchema),
    statuses: [200],
    handler: async ({ core, caller, query }) => {
      const { status: statuses, organization, product, project } = query;
      const filter = { statuses, organization, product, project };
      return listOf(await listDirectory(core, caller, filter, pageOf(query)), query, shownUser);
    },
  }),
  route({
    method: 'get',
    path: '/users/{id}',
    summary: 'Everything about one user',
    scopes: READERS,
    params: z.object({ id: z.string() }),
    reply: userDetailSchema,
    statuses: [200],
    handler: ({ core, caller, params }) => shownUserOf(core, caller, params.id),
  }),
];
