import { type Dialect, type Fixture, type Step } from './fixture.ts';
import { runFixtures } from './runner.ts';

const source = 'idp.md, Google Workspace';

const google: Dialect = {
  headers: { Accept: 'application/scim+json', 'Content-Type': 'application/scim+json' },
  space: '%20',
};

const USER = {
  userName: 'lee@example.com',
  externalId: '110000000000000000001',
  name: { givenName: 'Lee', familyName: 'Park' },
  emails: [{ value: 'lee@example.com', type: 'work', primary: true }],
  active: true,
};
const create: Step = { send: 'POST /Users', as: 'lee', body: USER, shows: USER };

const fixtures: readonly Fixture[] = [
  {
    name: 'DELETE of an active user, days later; a POST brings the same record back',
    source,
    steps: [
      create,
      {
        send: 'POST /Groups',
        as: 'group',
        body: { displayName: 'g', members: [{ value: '{lee}' }] },
        shows: { displayName: 'g', members: ['{lee}'] },
      },
      { send: 'DELETE /Users/{lee}', status: 204 },
      { send: 'GET /Users/{lee}', status: 404, refuses: null },
      { send: 'DELETE /Users/{lee}', status: 404, refuses: null },
      { send: 'GET /Users', query: { filter: 'userName eq "lee@example.com"' }, lists: [] },
      { send: 'GET /Groups/{group}', shows: { displayName: 'g' } },
      { ...create, as: 'again' },
      { send: 'GET /Users/{lee}', shows: USER },
    ],
  },
];

runFixtures('Google Workspace', google, fixtures);
