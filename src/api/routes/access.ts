import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Access, accessOfUser, ACCOUNT_ROLES, type Via } from '../../core/access/effective.ts';
import { answer } from '../answer.ts';
import { route } from '../route.ts';
import { READERS } from '../scopes.ts';
import { momentSchema } from '../times.ts';
import { grantedViaSchema, shownVia } from './grant-source.ts';

const ways = z.array(grantedViaSchema);

export const accountRoleSchema = z.enum(ACCOUNT_ROLES).meta({ id: 'AccountRole' });

/** Effective access with the ways by which each thing is had. */
export const accessSchema = z
  .object({
    accountRole: z.object({ role: accountRoleSchema, via: ways }),
    projects: z.array(z.object({ project: z.string(), name: z.string(), role: z.string(), via: ways })),
    products: z.array(z.object({ product: z.string(), name: z.string(), license: z.string(), via: ways })),
  })
  .meta({ id: 'Access' });

/** Access as it is shown. */
export function shownAccess({ accountRole, projects, products }: Access): z.infer<typeof accessSchema> {
  const shown = <T extends { readonly via: readonly Via[] }>(thing: T) => ({
    ...thing,
    via: thing.via.map(shownGranted),
  });
  return { accountRole: shown(accountRole), projects: projects.map(shown), products: products.map(shown) };
}

function shownGranted(way: Via): z.infer<typeof grantedViaSchema> {
  return { ...shownVia(way), since: way.since.toISOString(), by: way.by };
}

const reply = accessSchema.extend({
  user: z.object({
    id: z.uuid(),
    userName: z.string(),
    email: z.string().nullable(),
    status: z.enum(['pending', 'active', 'inactive']),
  }),
  truncated: z
    .boolean()
    .optional()
    .describe(
      'True when there are more than 5,000 ways: everything that the user has is here, not each way to it.',
    ),
});

export const accessRoutes = [
  route({
    method: 'get',
    path: '/access',
    summary: 'The effective access of one user, named by id, userName or email, now or as of a time',
    scopes: [...READERS, 'product'],
    query: z.strictObject({
      user: z.string().min(1, 'is the id, userName or email of a user'),
      asOf: momentSchema.optional(),
    }),
    reply,
    statuses: [200],
    tagged: true,
    // An address may be that of several users.
    problems: ['refused'],
    handler: async ({ ctx, query }) => {
      const { user, access, isWhole } = await accessOfUser(ctx, query.user, query.asOf);
      const { id, user_name: userName, email, status } = user;
      const body = {
        user: { id, userName, email, status },
        ...shownAccess(access),
        ...(isWhole ? {} : { truncated: true }),
      };
      return answer(body, {
        // Products ask often, and may keep the answer as long as they ask whether it still holds.
        headers: { ETag: etagOf(body), 'Cache-Control': 'private, no-cache' },
      });
    },
  }),
];

function etagOf(body: object): string {
  return `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url')}"`;
}
