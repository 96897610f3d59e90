import { type Dialect, type Fixture, patch, type Step } from './fixture.ts';
import { runFixtures } from './runner.ts';

const source = 'idp.md, JumpCloud';

const jumpcloud: Dialect = {
  headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
  space: '+',
};

const create = (as: string): Step => {
  const body = {
    userName: `${as}@example.com`,
    externalId: `jc-${as}`,
    name: { givenName: 'Test', familyName: 'User' },
    emails: [{ value: `${as}@example.com`, type: 'work', primary: true }],
    active: true,
  };
  return {
    send: 'POST /Users',
    as,
    body: { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], ...body },
    shows: body,
  };
};

const group: Step = {
  send: 'POST /Groups',
  as: 'group',
  body: {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
    displayName: 'test group',
    members: [],
  },
  shows: { displayName: 'test group' },
};

const connection: readonly Step[] = [
  create('test'),
  group,
  { send: 'DELETE /Groups/{group}', status: 204 },
  { send: 'DELETE /Users/{test}', status: 204 },
  { send: 'GET /Groups/{group}', status: 404, refuses: null },
  { send: 'GET /Users/{test}', status: 404, refuses: null },
  { send: 'GET /Users', query: { filter: 'userName eq "test@example.com"' }, lists: [] },
];

const fixtures: readonly Fixture[] = [
  {
    name: 'Test Connection makes a user and a group, and deletes them; every time it is pressed',
    source,
    steps: [...connection, ...connection],
  },
  {
    name: 'a POST without a lookup: 409 for who is there, who is found then',
    source,
    steps: [
      create('ann'),
      {
        send: 'POST /Users',
        body: { userName: 'ann@example.com', externalId: 'jc-ann', active: true },
        status: 409,
        refuses: 'uniqueness',
      },
      { send: 'GET /Users', query: { filter: 'userName eq "ann@example.com"' }, lists: ['ann'] },
    ],
  },
  {
    name: 'removes members by a list of values, with lower-case operations',
    source: `${source}; ssoready/ssoready#182`,
    steps: [
      create('ann'),
      create('bob'),
      group,
      {
        send: 'PATCH /Groups/{group}',
        body: patch({ op: 'add', path: 'members', value: [{ value: '{ann}' }, { value: '{bob}' }] }),
        shows: { displayName: 'test group', members: ['{ann}', '{bob}'] },
      },
      {
        send: 'PATCH /Groups/{group}',
        body: { operations: [{ op: 'remove', path: 'members', value: [{ value: '{bob}' }] }] },
        shows: { displayName: 'test group', members: ['{ann}'] },
      },
    ],
  },
];

runFixtures('JumpCloud', jumpcloud, fixtures);
