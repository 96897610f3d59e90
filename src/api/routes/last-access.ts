import { z } from 'zod';
import { reportLastAccess } from '../../core/users/last-access.ts';
import { route } from '../route.ts';
import { WRITERS } from '../scopes.ts';
import { anyTimeSchema } from '../times.ts';

export const lastAccessRoutes = [
  route({
    method: 'post',
    path: '/last-access',
    summary: 'Tell when users were last seen in a product, at most 1,000 at once',
    description:
      'Users are named by id, userName or email. What is known only moves forward, so reports may come late, twice ' +
      'or in any order. One that cannot be used is skipped with the reason and refuses none of the others: an ' +
      'unknown user, an address of several, a time in the future. A clock may be five minutes ahead. Reports are ' +
      'no audit events; the last access as of a past date is in the export of users.',
    scopes: [...WRITERS, 'product'],
    body: z.strictObject({
      users: z
        .array(z.strictObject({ user: z.string().min(1, 'is required'), at: anyTimeSchema }))
        .min(1, 'name at least one')
        .max(1000, 'are at most 1,000 at once'),
    }),
    reply: z.object({
      updated: z.int().describe('Reports of users whose last access moved forward.'),
      unchanged: z.int().describe('Reports that told nothing new.'),
      skipped: z.array(z.object({ user: z.string(), reason: z.string() })),
    }),
    statuses: [200],
    problems: [],
    handler: async ({ ctx, body }) => {
      const reports = body.users.map(({ user, at }) => ({ user, at: new Date(at) }));
      const { updated, unchanged, skipped } = await reportLastAccess(ctx, reports);
      return { updated, unchanged, skipped: [...skipped] };
    },
  }),
];
