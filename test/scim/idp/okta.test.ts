import { expect } from 'chai';
import { ENTERPRISE_USER } from '../../../src/scim/schema/urns.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { newWorkspace, type Resource, scimClient, sharedApp } from '../http/client.ts';
import { listed, refused, written } from '../http/resources.ts';
import { type Dialect, type Fixture, patch } from './fixture.ts';
import { runFixtures } from './runner.ts';

const reference = 'Okta developer docs, SCIM 2.0 reference';
const faq = 'Okta developer docs, SCIM 2.0 reference and FAQ';
const spec = 'Okta SPEC test';

const CORE_USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const CORE_GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';

// As they stand in okta-blog-archive#1956.
const okta: Dialect = {
  headers: {
    Accept: 'application/scim+json',
    'Accept-Charset': 'utf-8',
    'Content-Type': 'application/scim+json; charset=utf-8',
    'User-Agent': 'Okta SCIM Client 1.0.0',
    'Accept-Encoding': 'gzip,deflate',
  },
  space: '%20',
};

const TEST_USER_SHOWN = {
  userName: 'test.user@okta.local',
  name: { givenName: 'Test', familyName: 'User' },
  emails: [{ primary: true, value: 'test.user@okta.local', type: 'work' }],
  displayName: 'Test User',
  locale: 'en-US',
  externalId: '00ujl29u0le5T6Aj10h7',
  active: true,
};
const TEST_USER = { schemas: [CORE_USER], ...TEST_USER_SHOWN, groups: [], password: '1mz050nq' };
const createTestUser = { send: 'POST /Users', body: TEST_USER, as: 'test', shows: TEST_USER_SHOWN } as const;

const createUser = (as: string) =>
  ({ send: 'POST /Users', body: { ...TEST_USER, userName: as, externalId: as }, as }) as const;
const shownUser = (as: string) => ({ ...TEST_USER_SHOWN, userName: as, externalId: as });

/** Three users, two of them in a group. */
const pushed = [
  createUser('ann'),
  createUser('bob'),
  createUser('cat'),
  {
    send: 'POST /Groups',
    as: 'group',
    body: {
      schemas: [CORE_GROUP],
      displayName: 'Test SCIMv2',
      members: [
        { value: '{ann}', display: 'ann' },
        { value: '{bob}', display: 'bob' },
      ],
    },
    shows: { displayName: 'Test SCIMv2', members: ['{ann}', '{bob}'] },
  },
] as const;

const rename = (displayName: string) => patch({ op: 'replace', value: { id: '{group}', displayName } });

const users: readonly Fixture[] = [
  {
    name: 'looks a user up with startIndex and count; nobody is an empty list',
    source: reference,
    steps: [
      {
        send: 'GET /Users',
        query: { filter: 'userName eq "test.user@okta.local"', startIndex: 1, count: 100 },
        lists: [],
      },
      createTestUser,
      {
        send: 'GET /Users',
        query: { filter: 'userName eq "test.user@okta.local"', startIndex: 1, count: 100 },
        lists: ['test'],
      },
    ],
  },
  {
    name: 'creates with a password and groups: []; the answer has the user, without either',
    source: reference,
    steps: [
      createTestUser,
      { send: 'GET /Users/{test}', lacks: ['password', 'groups'] },
      {
        send: 'PATCH /Users/{test}',
        body: patch({ op: 'replace', value: { password: 'another1mz050nq' } }),
        changesNothing: true,
      },
    ],
  },
  {
    name: 'replace of {active:false} without a path, and back',
    source: reference,
    steps: [
      createTestUser,
      {
        send: 'PATCH /Users/{test}',
        body: patch({ op: 'replace', value: { active: false } }),
        shows: { ...TEST_USER_SHOWN, active: false },
      },
      {
        send: 'PATCH /Users/{test}',
        body: patch({ op: 'replace', value: { active: false } }),
        changesNothing: true,
      },
      {
        send: 'PATCH /Users/{test}',
        body: patch({ op: 'replace', value: { active: true } }),
        shows: TEST_USER_SHOWN,
      },
    ],
  },
  {
    name: 'PUT ignores id, meta, groups and display: null; what it leaves out goes',
    source: faq,
    steps: [
      ...pushed,
      {
        send: 'PUT /Users/{ann}',
        body: {
          schemas: [CORE_USER],
          id: '{bob}',
          externalId: null,
          userName: 'ann',
          name: { givenName: 'Another', middleName: '', familyName: 'User' },
          emails: [{ primary: true, value: 'ann@okta.local', type: 'work', display: null }],
          active: true,
          groups: [],
          meta: { resourceType: 'User', version: 'W/"99"', created: '2010-01-23T04:56:22Z' },
        },
        shows: {
          userName: 'ann',
          name: { givenName: 'Another', familyName: 'User' },
          emails: [{ primary: true, value: 'ann@okta.local', type: 'work' }],
          active: true,
          groups: ['{group}'],
        },
      },
      { send: 'GET /Groups/{group}', shows: { displayName: 'Test SCIMv2', members: ['{ann}', '{bob}'] } },
    ],
  },
  {
    name: 'PUT deactivates, as apps made by the wizard do; without active it stays as it is',
    source: faq,
    steps: [
      createTestUser,
      {
        send: 'PUT /Users/{test}',
        body: { ...TEST_USER, active: false },
        shows: { ...TEST_USER_SHOWN, active: false },
      },
      {
        send: 'PUT /Users/{test}',
        body: { ...TEST_USER, active: undefined, displayName: 'Renamed' },
        shows: { ...TEST_USER_SHOWN, active: false, displayName: 'Renamed' },
      },
      {
        send: 'PUT /Users/{test}',
        body: { ...TEST_USER, active: true, displayName: 'Renamed' },
        shows: { ...TEST_USER_SHOWN, displayName: 'Renamed' },
      },
      {
        send: 'PUT /Users/{test}',
        body: { ...TEST_USER, active: undefined, displayName: 'Renamed' },
        changesNothing: true,
      },
    ],
  },
  {
    name: 're-assigned after deactivation: the lookup shows the record, a POST of it brings it back',
    source: 'better-auth#11111',
    steps: [
      createTestUser,
      { send: 'PATCH /Users/{test}', body: patch({ op: 'replace', value: { active: false } }) },
      { send: 'GET /Users', query: { filter: 'userName eq "test.user@okta.local"' }, lists: ['test'] },
      {
        send: 'POST /Users',
        body: { ...TEST_USER, displayName: 'Again' },
        status: 201,
        as: 'again',
        shows: { ...TEST_USER_SHOWN, displayName: 'Again' },
      },
      { send: 'GET /Users/{test}', shows: { ...TEST_USER_SHOWN, displayName: 'Again' } },
      { send: 'POST /Users', body: TEST_USER, status: 409, refuses: 'uniqueness' },
    ],
  },
  {
    name: 'a POST of an inactive user with another externalId is a clash',
    source: 'better-auth#11111',
    steps: [
      createTestUser,
      { send: 'PATCH /Users/{test}', body: patch({ op: 'replace', value: { active: false } }) },
      {
        send: 'POST /Users',
        body: { ...TEST_USER, externalId: '00uanother' },
        status: 409,
        refuses: 'uniqueness',
      },
    ],
  },
  {
    name: 'custom attributes of the enterprise extension',
    source: reference,
    steps: [
      {
        send: 'POST /Users',
        as: 'test',
        body: {
          ...TEST_USER,
          schemas: [CORE_USER, ENTERPRISE_USER],
          userType: 'Contractor',
          [ENTERPRISE_USER]: { department: 'R&D', manager: { value: '00umanager', displayName: 'Big Boss' } },
        },
        shows: {
          ...TEST_USER_SHOWN,
          userType: 'Contractor',
          [ENTERPRISE_USER]: { department: 'R&D', manager: { value: '00umanager' } },
        },
      },
    ],
  },
];

const groups: readonly Fixture[] = [
  {
    name: 'an empty group is pushed with members: []',
    source: reference,
    steps: [
      {
        send: 'POST /Groups',
        as: 'group',
        body: { schemas: [CORE_GROUP], displayName: 'Test SCIMv2', members: [] },
        shows: { displayName: 'Test SCIMv2' },
      },
      { send: 'GET /Groups', query: { startIndex: 1, count: 100 }, lists: ['group'] },
    ],
  },
  {
    name: 'replace of {id, displayName}, repeated before each change: no new version',
    source: reference,
    steps: [
      ...pushed,
      {
        send: 'PATCH /Groups/{group}',
        body: rename('Test SCIMv20'),
        shows: { displayName: 'Test SCIMv20', members: ['{ann}', '{bob}'] },
      },
      { send: 'PATCH /Groups/{group}', body: rename('Test SCIMv20'), changesNothing: true },
      {
        send: 'PATCH /Groups/{group}',
        body: patch({
          op: 'replace',
          value: { id: '01a20085-324e-71be-8929-806e43cdaf92', displayName: 'Test SCIMv20' },
        }),
        changesNothing: true,
      },
    ],
  },
  {
    name: 'removes one member and adds another in one PATCH',
    source: reference,
    steps: [
      ...pushed,
      {
        send: 'PATCH /Groups/{group}',
        body: patch(
          { op: 'remove', path: 'members[value eq "{ann}"]' },
          { op: 'add', path: 'members', value: [{ value: '{cat}', display: 'cat' }] },
        ),
        shows: { displayName: 'Test SCIMv2', members: ['{bob}', '{cat}'] },
      },
      {
        send: 'PATCH /Groups/{group}',
        body: patch(
          { op: 'remove', path: 'members[value eq "{ann}"]' },
          { op: 'add', path: 'members', value: [{ value: '{cat}', display: 'cat' }] },
        ),
        changesNothing: true,
      },
    ],
  },
  {
    name: 'a full replace of the members',
    source: `${reference}; Captain-P-Goldfish/SCIM-SDK#757`,
    steps: [
      ...pushed,
      {
        send: 'PATCH /Groups/{group}',
        body: patch({
          op: 'replace',
          path: 'members',
          value: [
            { value: '{cat}', display: 'cat' },
            { value: '{bob}', display: 'bob' },
          ],
        }),
        shows: { displayName: 'Test SCIMv2', members: ['{bob}', '{cat}'] },
      },
    ],
  },
  {
    name: 'Push now of an empty group replaces the members by []',
    source: 'Captain-P-Goldfish/SCIM-SDK#757',
    steps: [
      ...pushed,
      {
        send: 'PATCH /Groups/{group}',
        body: patch({ op: 'replace', path: 'members', value: [] }),
        shows: { displayName: 'Test SCIMv2' },
      },
      {
        send: 'PATCH /Groups/{group}',
        body: patch({ op: 'replace', path: 'members', value: [] }),
        changesNothing: true,
      },
    ],
  },
  {
    name: 'a replace without a path replaces the members, also by none',
    source: 'jelhub/scimgateway#95, #113',
    steps: [
      ...pushed,
      {
        send: 'PATCH /Groups/{group}',
        body: patch({
          op: 'replace',
          value: { id: '{group}', displayName: 'Test SCIMv2', members: [{ value: '{cat}' }] },
        }),
        shows: { displayName: 'Test SCIMv2', members: ['{cat}'] },
      },
      {
        send: 'PATCH /Groups/{group}',
        body: {
          Operations: [{ op: 'replace', value: { members: [], id: '{group}', displayName: 'Renamed' } }],
        },
        shows: { displayName: 'Renamed' },
      },
    ],
  },
  {
    name: 'PUT with display: null sets exactly those members',
    source: `${reference}; Captain-P-Goldfish/SCIM-SDK#757`,
    steps: [
      ...pushed,
      {
        send: 'PUT /Groups/{group}',
        body: {
          schemas: [CORE_GROUP],
          id: '{group}',
          displayName: 'Test SCIMv2',
          members: [
            { value: '{bob}', display: null },
            { value: '{cat}', display: null, $ref: null, type: null },
          ],
        },
        shows: { displayName: 'Test SCIMv2', members: ['{bob}', '{cat}'] },
      },
      {
        send: 'PUT /Groups/{group}',
        body: { schemas: [CORE_GROUP], id: '{group}', displayName: 'Test SCIMv2', members: [] },
        shows: { displayName: 'Test SCIMv2' },
      },
    ],
  },
  {
    name: 'a deactivated user stays in the group that Okta manages',
    source: faq,
    steps: [
      ...pushed,
      {
        send: 'PATCH /Users/{ann}',
        body: patch({ op: 'replace', value: { active: false } }),
        shows: { ...shownUser('ann'), active: false, groups: ['{group}'] },
      },
      { send: 'GET /Groups/{group}', shows: { displayName: 'Test SCIMv2', members: ['{ann}', '{bob}'] } },
      { send: 'DELETE /Groups/{group}' },
      { send: 'GET /Users/{ann}', shows: { ...shownUser('ann'), active: false } },
    ],
  },
];

const specTest: readonly Fixture[] = [
  {
    name: 'ids that are nobody are 404',
    source: spec,
    steps: [
      { send: 'GET /Users/010101001010101011001010101011', status: 404, refuses: null },
      { send: 'PUT /Users/010101001010101011001010101011', body: TEST_USER, status: 404, refuses: null },
      {
        send: 'PATCH /Users/010101001010101011001010101011',
        body: patch({ op: 'replace', value: { active: false } }),
        status: 404,
        refuses: null,
      },
      { send: 'DELETE /Users/010101001010101011001010101011', status: 404, refuses: null },
      { send: 'GET /Groups/010101001010101011001010101011', status: 404, refuses: null },
      {
        send: 'PATCH /Groups/010101001010101011001010101011',
        body: rename('x'),
        status: 404,
        refuses: null,
      },
    ],
  },
  {
    name: 'the whole run: an unknown address, a new user, the same again, and in capitals',
    source: spec,
    steps: [
      createTestUser,
      { send: 'GET /Users', query: { count: 1, startIndex: 1 }, lists: ['test'] },
      { send: 'GET /Users', query: { filter: 'userName eq "abcdefgh@example.com"' }, lists: [] },
      {
        send: 'POST /Users',
        as: 'random',
        body: {
          schemas: [CORE_USER],
          userName: 'Runscope300Hfluaklab151@example.com',
          name: { givenName: 'Runscope300', familyName: 'Hfluaklab151' },
          emails: [{ primary: true, value: 'Runscope300Hfluaklab151@example.com', type: 'work' }],
          displayName: 'Runscope300 Hfluaklab151',
          active: true,
        },
        shows: {
          userName: 'Runscope300Hfluaklab151@example.com',
          name: { givenName: 'Runscope300', familyName: 'Hfluaklab151' },
          emails: [{ primary: true, value: 'Runscope300Hfluaklab151@example.com', type: 'work' }],
          displayName: 'Runscope300 Hfluaklab151',
          active: true,
        },
      },
      {
        send: 'POST /Users',
        body: { schemas: [CORE_USER], userName: 'Runscope300Hfluaklab151@example.com', active: true },
        status: 409,
        refuses: 'uniqueness',
      },
      {
        send: 'POST /Users',
        body: { schemas: [CORE_USER], userName: 'RUNSCOPE300HFLUAKLAB151@example.com', active: true },
        status: 409,
        refuses: 'uniqueness',
      },
      {
        send: 'GET /Users',
        query: { filter: 'userName eq "RUNSCOPE300HFLUAKLAB151@example.com"' },
        lists: ['random'],
      },
    ],
  },
];

const fixtures = [...users, ...groups, ...specTest];
runFixtures('Okta', okta, fixtures);
runFixtures(
  'Okta, with application/json',
  { ...okta, headers: { ...okta.headers, Accept: 'application/json', 'Content-Type': 'application/json' } },
  specTest,
);

describe('identity providers: Okta, in plain code', () => {
  let app: TestApp;
  before(async () => {
    app = await sharedApp();
  });

  it(`imports by 100: integers, a stable order, each user once (${reference})`, async () => {
    const { id, scim } = await newWorkspace<Resource>(app, okta);
    await app.core.db.raw(
      `insert into users (workspace_id, id, user_name, status, source, managed_by, active_since, created_at, updated_at)
        select ?, gen_random_uuid(), 'user ' || n, 'active', 'scim', 'idp', now(), now(), now()
        from generate_series(1, 205) n`,
      [id],
    );
    const seen: string[] = [];
    for (let startIndex = 1; startIndex <= 205; startIndex += 100) {
      const page = await scim('GET', '/Users', { query: { startIndex, count: 100 } });
      const resources = listed(page);
      expect(page.body).to.include({ totalResults: 205, startIndex, itemsPerPage: resources.length });
      seen.push(...resources.map((one) => one.userName));
    }
    expect(seen).to.have.lengthOf(205);
    expect(new Set(seen)).to.have.property('size', 205);
    const again = listed(await scim('GET', '/Users', { query: { startIndex: 101, count: 100 } }));
    expect(again.map((one) => one.userName)).to.deep.equal(seen.slice(100, 200));
  });

  it(`PUT of what a GET answered, all of it: one change or none (${faq})`, async () => {
    const { scim } = await newWorkspace<Resource>(app, okta);
    const user = await scim('POST', '/Users', { body: TEST_USER });
    const path = `/Users/${user.body.id}`;
    const members = [{ value: user.body.id }];
    const group = await scim('POST', '/Groups', { body: { displayName: 'g', members } });
    const read = await scim('GET', path);

    const same = await scim('PUT', path, { body: read.body });
    expect(same.status).to.equal(200);
    expect(same.body).to.deep.equal(read.body);

    const body = { ...read.body, nickName: 'T', display: null };
    const changed = await scim('PUT', path, { body });
    expect(written(changed.body, app.url)).to.deep.equal({
      ...TEST_USER_SHOWN,
      nickName: 'T',
      groups: [group.body.id],
    });
    expect(changed.headers.etag).not.to.equal(read.headers.etag);
  });

  it(`errors are JSON, whatever is wrong (${spec})`, async () => {
    const { scim } = await newWorkspace<Resource>(app, okta);
    refused(await scimClient<Resource>(app.url, { ...okta, token: 'wrong' })('GET', '/Users'), 401);
    refused(await scim('POST', '/Users', { body: '{"userName":' }), 400, 'invalidSyntax');
    refused(await scim('GET', '/Nothing'), 404);
  });

  it(`429 comes with Retry-After in whole seconds (${spec})`, async () => {
    const limited = await startApp({ rateLimitPerSecond: 1 });
    try {
      const { scim } = await newWorkspace<Resource>(limited, okta);
      const replies = await Promise.all(Array.from({ length: 20 }, () => scim('GET', '/Users?count=0')));
      const refusals = replies.filter(({ status }) => status !== 200);
      expect(refusals).to.have.length.within(10, 18);
      for (const reply of refusals) {
        refused(reply, 429);
        expect(reply.headers['retry-after']).to.match(/^[1-9]\d*$/);
      }
    } finally {
      await limited.stop();
    }
  });
});
