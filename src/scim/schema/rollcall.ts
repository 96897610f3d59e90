import SCIMMY from 'scimmy';

const { Attribute, SchemaDefinition } = SCIMMY.Types;

export const ROLLCALL_USER = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User';

const readOnly = { mutable: false, direction: 'out' } as const;

/** Our own extension of the User: where they belong, how they stand, and what they may use. */
export const rollcallUser = new SchemaDefinition('RollcallUser', ROLLCALL_USER, 'Rollcall User', [
  new Attribute('string', 'organization', {
    description: 'The key of the organization of the workspace that the User is affiliated with.',
  }),
  new Attribute('string', 'startDate', {
    description: "The day on which the User starts, as 'YYYY-MM-DD'.",
  }),
  new Attribute('string', 'status', {
    ...readOnly,
    canonicalValues: ['pending', 'active', 'inactive'],
    description: "Whether the User is invited ('pending'), in ('active') or out ('inactive').",
  }),
  new Attribute('dateTime', 'joinedAt', { ...readOnly, description: 'When the User became active first.' }),
  new Attribute('dateTime', 'lastAccessAt', {
    ...readOnly,
    description: 'When the User last used one of the products, as the products report it.',
  }),
  new Attribute(
    'complex',
    'access',
    {
      ...readOnly,
      multiValued: true,
      returned: 'request',
      description: 'What the User may use now, and why. Returned when asked for by name.',
    },
    [
      new Attribute('string', 'kind', {
        ...readOnly,
        canonicalValues: ['account_role', 'project_role', 'entitlement'],
        description: 'What sort of access it is.',
      }),
      new Attribute('string', 'target', { ...readOnly, description: 'The key of the project or product.' }),
      new Attribute('string', 'level', { ...readOnly, description: 'The role or license held there.' }),
      new Attribute('string', 'via', {
        ...readOnly,
        description: "Where it comes from: 'direct', or the group that gives it.",
      }),
      new Attribute('dateTime', 'since', { ...readOnly, description: 'Since when it is held.' }),
    ],
  ),
]);
