import { type Dialect, type Fixture, patch, type Step } from './fixture.ts';
import { runFixtures } from './runner.ts';

const plugin = 'mitodl/keycloak-scim#184';

const keycloak: Dialect = {
  headers: { Accept: 'application/scim+json', 'Content-Type': 'application/scim+json' },
  space: '+',
};

const USER = {
  userName: 'ann',
  externalId: '5e8d2c1a-2b74-4d6f-9d3d-0a2f1b3c4d5e',
  name: { givenName: 'Ann', familyName: 'Bell' },
  emails: [{ value: 'ann@example.com', primary: true }],
  displayName: 'Ann Bell',
  active: true,
};
const create: Step = { send: 'POST /Users', as: 'ann', body: USER, shows: USER };

const fixtures: readonly Fixture[] = [
  {
    name: 'PUT of the whole user by default',
    source: plugin,
    steps: [
      create,
      {
        send: 'PUT /Users/{ann}',
        body: { ...USER, id: '{ann}', displayName: 'Ann B.', active: false },
        shows: { ...USER, displayName: 'Ann B.', active: false },
      },
      {
        send: 'PUT /Users/{ann}',
        body: { ...USER, id: '{ann}', displayName: 'Ann B.', active: false },
        changesNothing: true,
      },
    ],
  },
  {
    name: 'PATCH of active as "true" and "false"',
    source: plugin,
    steps: [
      create,
      {
        send: 'PATCH /Users/{ann}',
        body: patch({ op: 'replace', path: 'active', value: 'false' }),
        shows: { ...USER, active: false },
      },
      {
        send: 'PATCH /Users/{ann}',
        body: patch({ op: 'replace', path: 'active', value: ['true'] }),
        refuses: 'invalidValue',
      },
      {
        send: 'PATCH /Users/{ann}',
        body: patch({ op: 'replace', value: { active: 'true', displayName: 'Ann Bell' } }),
        shows: USER,
      },
    ],
  },
];

runFixtures('Keycloak', keycloak, fixtures);
