import { z } from 'zod';
import { listDirectory } from '../../core/users/directory.ts';
import { listOf, listQuery, listReply, pageAsOf } from '../lists.ts';
import { route } from '../route.ts';
import { READERS } from '../scopes.ts';
import { momentSchema } from '../times.ts';
import { shownUser, shownUserOf, statusSchema, userDetailSchema, userSchema } from './user-view.ts';

/** One or more statuses, separated by commas. */
export const statusesSchema = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(statusSchema));

const AS_OF_A_PAST_DAY =
  '`lastAccessAt` of a past time is exact to the day: on its own day it is the first access rather than a later one.';

export const userRoutes = [
  route({
    method: 'get',
    path: '/users',
    summary: 'The directory: everybody there is, was, or was invited, now or as of a time',
    description:
      'With `asOf` filters, search and order go by what was true then, too, and so do the pages that follow by cursor. ' +
      AS_OF_A_PAST_DAY,
    scopes: READERS,
    query: listQuery(['name', 'email', 'status', 'joined', 'lastAccess'], 'name').extend({
      status: statusesSchema.optional(),
      organization: z.string().optional(),
      product: z.string().optional(),
      project: z.string().optional(),
      asOf: momentSchema.optional(),
    }),
    reply: listReply(userSchema),
    statuses: [200],
    handler: async ({ ctx, query }) => {
      const { status: statuses, organization, product, project } = query;
      const filter = { statuses, organization, product, project };
      const { page, asOf } = pageAsOf(query);
      const found = await listDirectory(ctx, filter, page, asOf);
      return listOf(found, { sort: query.sort, asOf }, shownUser);
    },
  }),
  route({
    method: 'get',
    path: '/users/{id}',
    summary: 'Everything about one user, now or as of a time',
    description:
      'As of a time before the user was there it is 404. ' +
      AS_OF_A_PAST_DAY +
      ' The same holds for `lastSeenAt` of machines. What was there before versions of invitations and machines were ' +
      'kept is told by its beginning, its end, and what was known of it last.',
    scopes: READERS,
    params: z.object({ id: z.string() }),
    query: z.strictObject({ asOf: momentSchema.optional() }),
    reply: userDetailSchema,
    statuses: [200],
    handler: ({ ctx, params, query }) => shownUserOf(ctx, params.id, query.asOf),
  }),
];
