import { type Dialect, type Fixture, patch } from './fixture.ts';
import { runFixtures } from './runner.ts';

const docs = 'OneLogin developer docs, implement-scim-api';

const onelogin: Dialect = {
  headers: { Accept: 'application/json', 'Content-Type': 'application/json', 'User-Agent': '' },
  space: '%20',
};

const SHOWN = {
  userName: 'a.smith@example.com',
  externalId: '38790825',
  name: { givenName: 'Alice', familyName: 'Smith', formatted: 'Alice Smith' },
  emails: [{ value: 'a.smith@example.com', type: 'work', primary: true }],
  displayName: 'Alice Smith',
  active: true,
};
const USER = { schemas: ['urn:scim:schemas:core:1.0'], ...SHOWN };
const create = { send: 'POST /Users', as: 'alice', body: USER, shows: SHOWN } as const;

const fixtures: readonly Fixture[] = [
  {
    name: 'connects with a lookup of nobody',
    source: docs,
    steps: [{ send: 'GET /Users', query: { filter: 'userName eq "nobody-38790825"' }, lists: [] }],
  },
  {
    name: "creates with SCIM 1.0's schema",
    source: docs,
    steps: [
      create,
      { send: 'GET /Users', query: { filter: 'userName eq "a.smith@example.com"' }, lists: ['alice'] },
      {
        send: 'PUT /Users/{alice}',
        body: { ...USER, active: false },
        shows: { ...SHOWN, active: false },
      },
    ],
  },
  {
    name: "SCIM 1.0's and 2.0's schemas together",
    source: docs,
    steps: [
      {
        ...create,
        body: { ...USER, schemas: [...USER.schemas, 'urn:ietf:params:scim:schemas:core:2.0:User'] },
      },
    ],
  },
  {
    name: 'sends JSON without a User-Agent, and a type with a charset',
    source: 'idp.md',
    steps: [
      { ...create, headers: { 'User-Agent': undefined, 'Content-Type': 'application/json; charset=utf-8' } },
      {
        send: 'POST /Groups',
        as: 'group',
        body: { schemas: ['urn:scim:schemas:core:1.0'], displayName: 'Testers' },
        shows: { displayName: 'Testers' },
      },
      {
        send: 'PATCH /Groups/{group}',
        body: patch({ op: 'add', path: 'members', value: [{ value: '{alice}' }] }),
        shows: { displayName: 'Testers', members: ['{alice}'] },
      },
    ],
  },
];

runFixtures('OneLogin', onelogin, fixtures);
