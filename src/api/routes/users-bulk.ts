import { z } from 'zod';
import { type BulkResult, removeUsers, setAccountRoleOfUsers } from '../../core/users/bulk.ts';
import { route } from '../route.ts';
import { WRITERS } from '../scopes.ts';
import { accountRoleSchema } from './access.ts';

const ids = z.array(z.string()).min(1, 'name at least one').max(500, 'are at most 500 at once');

const many = z.object({
  changed: z.array(z.uuid()),
  unchanged: z.array(z.uuid()).describe('Who was so already.'),
});

function shownMany({ changed, unchanged }: BulkResult): z.infer<typeof many> {
  return { changed: [...changed], unchanged: [...unchanged] };
}

export const usersManyRoutes = [
  route({
    method: 'post',
    path: '/users/remove',
    summary: 'Remove users, at most 500, all of them or none: their access, groups and machines end',
    description:
      'The records stay, inactive, and can be reinvited. `errors` names each user who cannot be removed.',
    scopes: WRITERS,
    body: z.strictObject({ ids }),
    reply: many,
    statuses: [200],
    handler: async ({ ctx, body }) => shownMany(await removeUsers(ctx, body.ids)),
  }),
  route({
    method: 'post',
    path: '/users/account-role',
    summary: 'Give users an account role, at most 500, all of them or none',
    description: '`errors` names each user who cannot have it, and why.',
    scopes: WRITERS,
    body: z.strictObject({ ids, accountRole: accountRoleSchema }),
    reply: many,
    statuses: [200],
    handler: async ({ ctx, body }) => shownMany(await setAccountRoleOfUsers(ctx, body.ids, body.accountRole)),
  }),
];
