import { expect } from 'chai';
import type { TestApp } from '../../support/app.ts';
import { newWorkspace, sharedApp } from '../http/client.ts';
import { type Dialect, type Fixture, patch, type Step } from './fixture.ts';
import { runFixtures } from './runner.ts';

interface Config {
  readonly schemas: readonly string[];
  readonly bulk: Readonly<Record<string, unknown>>;
  readonly filter: object;
  readonly patch: object;
}

const source = 'idp.md, authentik';

const authentik: Dialect = {
  headers: {
    Accept: 'application/scim+json',
    'Content-Type': 'application/scim+json',
    'User-Agent': 'goauthentik.io/2026.8.0',
  },
  space: '+',
};

const USER = {
  userName: 'akadmin',
  externalId: 'c0ffee00c0ffee00c0ffee00c0ffee00',
  name: { formatted: 'authentik Default Admin', givenName: 'authentik', familyName: 'Default Admin' },
  displayName: 'authentik Default Admin',
  emails: [{ value: 'root@example.com', type: 'other', primary: true }],
  active: true,
};
const create: Step = { send: 'POST /Users', as: 'admin', body: USER, shows: USER };

const fixtures: readonly Fixture[] = [
  {
    name: 'values of filters without quotes',
    source,
    steps: [
      create,
      { send: 'GET /Users', query: { filter: 'userName eq akadmin' }, lists: ['admin'] },
      { send: 'GET /Users', query: { filter: 'userName eq nobody' }, lists: [] },
      { send: 'POST /Groups', as: 'group', body: { displayName: 'admins', externalId: '1' } },
      { send: 'GET /Groups', query: { filter: 'displayName eq admins' }, lists: ['group'] },
    ],
  },
  {
    name: 'a PUT of who is gone is 404',
    source,
    steps: [
      create,
      { send: 'DELETE /Users/{admin}' },
      { send: 'PUT /Users/{admin}', body: { ...USER, id: '{admin}' }, status: 404, refuses: null },
      {
        send: 'PUT /Groups/01a20085-324e-71be-8929-806e43cdaf92',
        body: { displayName: 'g' },
        status: 404,
        refuses: null,
      },
    ],
  },
  {
    name: 'a PATCH of a group with its read-only id',
    source: 'goauthentik/authentik#23950',
    steps: [
      create,
      { send: 'POST /Groups', as: 'group', body: { displayName: 'admins' } },
      {
        send: 'PATCH /Groups/{group}',
        body: patch(
          { op: 'replace', path: null, value: { id: '{group}', displayName: 'the admins' } },
          { op: 'add', path: 'members', value: [{ value: '{admin}' }] },
        ),
        shows: { displayName: 'the admins', members: ['{admin}'] },
      },
    ],
  },
];

runFixtures('authentik', authentik, fixtures);

describe('identity providers: authentik, discovery', () => {
  let app: TestApp;
  before(async () => {
    app = await sharedApp();
  });

  it(`finds bulk.maxOperations in /ServiceProviderConfig (${source}; goauthentik/authentik#25056)`, async () => {
    const { scim } = await newWorkspace<Config>(app, authentik);
    const { status, body } = await scim('GET', '/ServiceProviderConfig');
    expect(status).to.equal(200);
    expect(body.schemas).to.deep.equal(['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig']);
    expect(body.bulk['maxOperations']).to.satisfy(Number.isInteger);
    expect(body.bulk['maxPayloadSize']).to.satisfy(Number.isInteger);
    expect(body.bulk['supported']).to.be.a('boolean');
    expect(body.filter).to.deep.equal({ supported: true, maxResults: 500 });
    expect(body.patch).to.deep.equal({ supported: true });
  });
});
