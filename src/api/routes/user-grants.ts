import { z } from 'zod';
import {
  giveLicense,
  giveProjectRole,
  takeLicense,
  takeProjectRole,
} from '../../core/access/direct-grants.ts';
import { route } from '../route.ts';
import { WRITERS } from '../scopes.ts';
import { shownUserOf, userDetailSchema } from './user-view.ts';

const ofProject = z.object({ id: z.string(), project: z.string() });
const ofProduct = z.object({ id: z.string(), product: z.string() });

export const userGrantRoutes = [
  route({
    method: 'put',
    path: '/users/{id}/projects/{project}',
    summary: 'Give a user a role in a project, in place of the one that was given here',
    description:
      'What was pushed or comes through groups stands beside it; the highest role counts. The answer shows all of it.',
    scopes: WRITERS,
    params: ofProject,
    body: z.strictObject({ role: z.string() }),
    reply: userDetailSchema,
    statuses: [200],
    handler: async ({ ctx, params, body }) => {
      await giveProjectRole(ctx, params.id, params.project, body.role);
      return shownUserOf(ctx, params.id);
    },
  }),
  route({
    method: 'delete',
    path: '/users/{id}/projects/{project}',
    summary: 'Take the role in a project away that was given to a user here',
    description:
      'Refused when it was pushed or comes through a group: the answer says which, and what to do.',
    scopes: WRITERS,
    params: ofProject,
    statuses: [204],
    handler: ({ ctx, params }) => takeProjectRole(ctx, params.id, params.project),
  }),
  route({
    method: 'put',
    path: '/users/{id}/products/{product}',
    summary: 'Give a user a license of a product, in place of the one that was given here',
    description: 'The license is `standard` unless it is said. Past the last seat it is refused.',
    scopes: WRITERS,
    params: ofProduct,
    body: z.strictObject({ license: z.string().optional() }),
    reply: userDetailSchema,
    statuses: [200],
    handler: async ({ ctx, params, body }) => {
      await giveLicense(ctx, params.id, params.product, body.license);
      return shownUserOf(ctx, params.id);
    },
  }),
  route({
    method: 'delete',
    path: '/users/{id}/products/{product}',
    summary: 'Take the license of a product away that was given to a user here',
    description:
      'Refused when it was pushed or comes through a group: the answer says which, and what to do.',
    scopes: WRITERS,
    params: ofProduct,
    statuses: [204],
    handler: ({ ctx, params }) => takeLicense(ctx, params.id, params.product),
  }),
];
