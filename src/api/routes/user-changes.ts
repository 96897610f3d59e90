import { z } from 'zod';
import { reinvite } from '../../core/invitations/resend.ts';
import { deactivateUser } from '../../core/users/deactivate.ts';
import { eraseUser } from '../../core/users/erase.ts';
import { patchUser } from '../../core/users/update.ts';
import { route } from '../route.ts';
import { WRITERS } from '../scopes.ts';
import { accountRoleSchema } from './access.ts';
import { invitationSchema, shownInvitation } from './invitations.ts';
import { shownUserOf, userDetailSchema } from './user-view.ts';

const params = z.object({ id: z.string() });

const element = {
  type: z.string().optional(),
  primary: z.boolean().optional(),
};

const contacts = z
  .array(z.strictObject({ value: z.string(), display: z.string().optional(), ...element }))
  .max(20, 'are at most 20');

const addresses = z
  .array(
    z.strictObject({
      formatted: z.string().optional(),
      streetAddress: z.string().optional(),
      locality: z.string().optional(),
      region: z.string().optional(),
      postalCode: z.string().optional(),
      country: z.string().optional(),
      ...element,
    }),
  )
  .max(20, 'are at most 20');

const patch = z
  .strictObject({
    accountRole: accountRoleSchema.optional(),
    organization: z.string().nullish().describe('A key; null for none.'),
    fullName: z.string().nullish().describe('Follows its parts when only those are sent.'),
    givenName: z.string().nullish(),
    familyName: z.string().nullish(),
    title: z.string().nullish(),
    picture: z.string().nullish().describe('The URL of a picture.'),
    startDate: z.iso.date('must be a date such as 2030-01-31').nullish(),
    emails: contacts.optional(),
    phoneNumbers: contacts.optional(),
    addresses: addresses.optional(),
  })
  .meta({
    examples: [
      {
        accountRole: 'admin',
        organization: 'sales',
        title: 'Test engineer',
        phoneNumbers: [{ value: '+1 555 0100', type: 'work', primary: true }],
      },
    ],
  });

export const userChangeRoutes = [
  route({
    method: 'patch',
    path: '/users/{id}',
    summary: "Change a user's account role, organization or profile",
    description:
      'What is not sent stays; null takes away. The profile of a user whom an identity provider manages is read-only ' +
      'here (409, `immutable`); sending it back as it was read changes nothing. The account role becomes what is ' +
      'sent; where a group or the identity provider gives a higher one, that is refused, and the answer says ' +
      'where to change it. An organization that is set here stands until the identity provider pushes another ' +
      'than it pushed last.',
    scopes: WRITERS,
    params,
    body: patch,
    reply: userDetailSchema,
    statuses: [200],
    handler: async ({ ctx, params, body }) => {
      await patchUser(ctx, params.id, body);
      return shownUserOf(ctx, params.id);
    },
  }),
  route({
    method: 'post',
    path: '/users/{id}/deactivate',
    summary: 'Deactivate a user: access ends, seats are free, and what was given is kept',
    description:
      'Also a user whom an identity provider manages; one that pushes the user as active again ends it, so take ' +
      'the assignment away there too. The invitation of a pending user is revoked.',
    scopes: WRITERS,
    params,
    reply: userDetailSchema,
    statuses: [200],
    handler: async ({ ctx, params }) => {
      await deactivateUser(ctx, params.id);
      return shownUserOf(ctx, params.id);
    },
  }),
  route({
    method: 'post',
    path: '/users/{id}/reinvite',
    summary: 'Invite an inactive user anew; on acceptance the user is active with what there was before',
    description:
      'Seats are held from now on. Memberships of a removed user are left to the identity provider.',
    scopes: WRITERS,
    params,
    reply: invitationSchema,
    statuses: [201],
    handler: async ({ ctx, params }) => shownInvitation(await reinvite(ctx, params.id)),
  }),
  route({
    method: 'post',
    path: '/users/{id}/erase',
    summary: 'Erase a person for good: names, addresses and everything else that tells who it was',
    description:
      'Of the record, its history, invitations, machines, the provisioning log and the audit, whose seals still ' +
      'verify. The record stays, removed, as `erased-…`, so that counts, exports and what was so on a past date stay ' +
      'true. Only of a user who is inactive: an identity provider would push an active one again. One who is ' +
      'inactive but not removed is removed with it. Erasing again changes nothing. What is outside the database ' +
      'stays: files that were exported, mail, backups.',
    scopes: WRITERS,
    params,
    reply: userDetailSchema,
    statuses: [200],
    handler: async ({ ctx, params }) => {
      await eraseUser(ctx, params.id);
      return shownUserOf(ctx, params.id);
    },
  }),
];
