import { z } from 'zod';
import { listMachines, type Machine, registerMachine, removeMachine } from '../../core/users/machines.ts';
import { answer } from '../answer.ts';
import { listOf, listQuery, listReply, pageOf } from '../lists.ts';
import { route } from '../route.ts';
import { READERS, WRITERS } from '../scopes.ts';

/** A machine that a user has registered. */
export const machineSchema = z
  .object({
    id: z.uuid(),
    user: z.object({ id: z.uuid(), userName: z.string() }),
    name: z.string(),
    fingerprint: z.string().describe('What the machine is known by; no other in the workspace has it.'),
    product: z.string().nullable().describe('The product that it was registered for.'),
    registeredAt: z.iso.datetime(),
    lastSeenAt: z.iso.datetime().describe('When it was last registered or registered again.'),
  })
  .meta({ id: 'Machine' });

/** A machine as an answer. */
export function shownMachine(row: Machine): z.infer<typeof machineSchema> {
  return {
    id: row.id,
    user: { id: row.user_id, userName: row.user_name },
    name: row.name,
    fingerprint: row.fingerprint,
    product: row.product,
    registeredAt: row.registered_at.toISOString(),
    lastSeenAt: row.last_seen_at.toISOString(),
  };
}

const user = z
  .string()
  .min(1, 'is the id, userName or email of a user')
  .describe('The id, userName or email of the user.');

export const machineRoutes = [
  route({
    method: 'get',
    path: '/machines',
    summary: 'The registered machines of all users, or of one named by id, userName or email',
    scopes: [...READERS, 'product'],
    query: listQuery(['name', 'user', 'registeredAt', 'lastSeenAt'], 'name').extend({
      user: user.optional(),
      product: z.string().optional(),
    }),
    reply: listReply(machineSchema),
    statuses: [200],
    problems: ['not_found', 'refused'],
    handler: async ({ ctx, query }) => {
      const { user, product } = query;
      return listOf(await listMachines(ctx, { user, product }, pageOf(query)), query, shownMachine);
    },
  }),
  route({
    method: 'post',
    path: '/machines',
    summary: 'Register a machine of an active user, or note that it was seen again',
    description:
      'A product calls it whenever it starts on a machine. The same fingerprint of the same user is the same ' +
      'machine: 200, seen again. That of another user is refused until the registration there is removed.',
    scopes: [...WRITERS, 'product'],
    body: z.strictObject({
      user,
      name: z.string().trim(),
      fingerprint: z.string(),
      product: z.string().nullish(),
    }),
    reply: machineSchema,
    statuses: [201, 200],
    handler: async ({ ctx, body }) => {
      const { machine, created } = await registerMachine(ctx, body);
      return answer(shownMachine(machine), { status: created ? 201 : 200 });
    },
  }),
  route({
    method: 'delete',
    path: '/machines/{id}',
    summary: 'Remove a registered machine',
    scopes: [...WRITERS, 'product'],
    params: z.object({ id: z.string() }),
    statuses: [204],
    handler: ({ ctx, params }) => removeMachine(ctx, params.id),
  }),
];
