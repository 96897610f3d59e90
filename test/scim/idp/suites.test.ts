import { expect } from 'chai';
import { ROLLCALL_USER } from '../../../src/scim/schema/rollcall.ts';
import { CORE_USER, ENTERPRISE_USER } from '../../../src/scim/schema/urns.ts';
import type { TestApp } from '../../support/app.ts';
import { newWorkspace, type Resource, scimClient, sharedApp, type TestWorkspace } from '../http/client.ts';
import { listed, refused } from '../http/resources.ts';
import { type Dialect, type Fixture, patch, type Step } from './fixture.ts';
import { runFixtures } from './runner.ts';

const source = 'idp.md, what the suites check';

const suite: Dialect = { headers: { 'Content-Type': 'application/scim+json' } };

const EMAILS = [
  { value: 'ann@work.example', type: 'work', primary: true },
  { value: 'ann@home.example', type: 'home' },
];
const ANN = {
  userName: 'ann',
  active: true,
  name: { familyName: 'Bell', givenName: 'Ann' },
  emails: EMAILS,
  [ENTERPRISE_USER]: { department: 'd', manager: { value: 'm' } },
};
const create: Step = { send: 'POST /Users', as: 'ann', body: ANN, shows: ANN };
const finds = (filter: string): Step => ({ send: 'GET /Users', query: { filter }, lists: ['ann'] });
const findsNobody = (filter: string): Step => ({ send: 'GET /Users', query: { filter }, lists: [] });
const malformed = (filter: string): Step => ({
  send: 'GET /Users',
  query: { filter },
  refuses: 'invalidFilter',
});

const withPrimary = (...primary: (boolean | undefined)[]) =>
  ['a', 'b', 'c'].slice(0, primary.length).map((value, index) => ({
    value,
    ...(primary[index] === undefined ? {} : { primary: primary[index] }),
  }));

const fixtures: readonly Fixture[] = [
  {
    name: 'one primary in a multi-valued attribute: of two that are sent the later',
    source,
    steps: [
      {
        ...create,
        body: { userName: 'ann', emails: withPrimary(true, true) },
        shows: { userName: 'ann', active: true, emails: withPrimary(false, true) },
      },
    ],
  },
  {
    name: 'one primary in a multi-valued attribute: the newer wins',
    source,
    steps: [
      {
        ...create,
        body: { userName: 'ann', emails: withPrimary(true, undefined) },
        shows: { userName: 'ann', active: true, emails: withPrimary(true, undefined) },
      },
      {
        send: 'PATCH /Users/{ann}',
        body: patch({ op: 'add', path: 'emails', value: [{ value: 'c', primary: true }] }),
        shows: { userName: 'ann', active: true, emails: withPrimary(false, undefined, true) },
      },
      {
        send: 'PATCH /Users/{ann}',
        body: patch({ op: 'replace', path: 'emails[value eq "a"].primary', value: true }),
        shows: { userName: 'ann', active: true, emails: withPrimary(true, undefined, false) },
      },
    ],
  },
  {
    name: 'replace name {givenName} keeps familyName',
    source,
    steps: [
      create,
      {
        send: 'PATCH /Users/{ann}',
        body: patch({ op: 'replace', path: 'name', value: { givenName: 'Anna' } }),
        shows: { ...ANN, name: { familyName: 'Bell', givenName: 'Anna' } },
      },
    ],
  },
  {
    name: 'a bare word and other fragments as a filter are 400, not 500',
    source,
    steps: [
      ...['bob', 'userName', 'userName eq', 'eq "x"', '"x"', 'userName eq "x', '(userName pr', 'not', '[]'],
      ...['userName eq "x" and', 'emails[type eq "work"', 'shoeSize eq "4"', 'userName is "x"', '%00', '\\'],
    ].map(malformed),
  },
  {
    name: 'URN-qualified names in filters, sortBy, attributes and PATCH paths',
    source,
    steps: [
      create,
      finds(`${CORE_USER}:userName eq "ann"`),
      finds(`${CORE_USER}:name.familyName sw "B"`),
      finds(`${CORE_USER}:emails[type eq "work"].value ew "work.example"`),
      finds(`${ENTERPRISE_USER}:department eq "d"`),
      finds(`${ENTERPRISE_USER}:manager.value eq "m"`),
      finds(`${ENTERPRISE_USER.toLowerCase()}:DEPARTMENT eq "d"`),
      findsNobody(`${ENTERPRISE_USER}:department eq "e"`),
      { send: 'GET /Users', query: { sortBy: `${ENTERPRISE_USER}:department` }, lists: ['ann'] },
      {
        send: 'GET /Users/{ann}',
        query: { attributes: `${CORE_USER}:userName` },
        lacks: ['emails', ENTERPRISE_USER],
      },
      { send: 'GET /Users/{ann}', query: { excludedAttributes: `${CORE_USER}:emails` }, lacks: ['emails'] },
      {
        send: 'PATCH /Users/{ann}',
        body: patch(
          { op: 'replace', path: `${CORE_USER}:name.givenName`, value: 'Anna' },
          { op: 'remove', path: `${CORE_USER}:emails[type eq "home"]` },
          { op: 'replace', path: `${ENTERPRISE_USER}:department`, value: 'e' },
        ),
        shows: {
          ...ANN,
          name: { familyName: 'Bell', givenName: 'Anna' },
          emails: EMAILS.slice(0, 1),
          [ENTERPRISE_USER]: { department: 'e', manager: { value: 'm' } },
        },
      },
    ],
  },
  {
    name: 'escaped quotes, brackets and words of the grammar inside a quoted value',
    source,
    steps: [
      {
        send: 'POST /Users',
        as: 'ann',
        body: { userName: 'a "b" (c) [d] \\ and or not pr', displayName: "O'Brien ) or (" },
      },
      finds('userName eq "a \\"b\\" (c) [d] \\\\ and or not pr"'),
      finds('(displayName eq "O\'Brien ) or (")'),
      finds('userName co "\\"b\\" (c)" and not (displayName eq ")")'),
      finds('userName sw "\\u0061 \\u0022"'),
      findsNobody('userName eq "a (b)"'),
    ],
  },
  {
    name: 'odd ids are 404',
    source,
    steps: ['0', 'null', 'undefined', '-1', '%20', '..%2f..%2f', 'ann%00', "'%20or%201=1--", '%E2%98%83', '%']
      .flatMap((id) => [`/Users/${id}`, `/Groups/${id}`])
      .map((path): Step => ({ send: `GET ${path}`, status: 404, refuses: null })),
  },
];

runFixtures('what their suites check', suite, fixtures);

describe('identity providers: what their suites check, in plain code', () => {
  let app: TestApp;
  let workspace: TestWorkspace<Resource>;
  before(async () => {
    app = await sharedApp();
    workspace = await newWorkspace<Resource>(app, suite);
    await workspace.scim('POST', '/Users', { body: ANN });
    await workspace.scim('POST', '/Users', { body: { userName: 'bob' } });
  });

  // scimClient checks the media type of every answer; here it is said once more.
  it(`application/scim+json exactly, also for errors and discovery (${source})`, async () => {
    for (const path of ['/Users', '/Groups', '/Schemas', '/ServiceProviderConfig', '/Me', '/Users/x', '/x']) {
      const { headers } = await workspace.scim('GET', path, { headers: { Accept: 'text/html, */*' } });
      expect(headers['content-type'], path).to.equal('application/scim+json');
    }
  });

  it(`Location on 201 leads to the resource (${source})`, async () => {
    for (const [path, body] of [
      ['/Users', { userName: 'located' }],
      ['/Groups', { displayName: 'located' }],
    ] as const) {
      const created = await workspace.scim('POST', path, { body });
      expect(created.status).to.equal(201);
      expect(created.headers.location).to.equal(`${app.url}/scim/v2${path}/${created.body.id}`);
      const read = await workspace.scim('GET', `${path}/${created.body.id}`);
      expect(read.body).to.deep.equal(created.body);
      expect(read.headers).not.to.have.property('location');
    }
  });

  it(`WWW-Authenticate on 401 (${source})`, async () => {
    for (const token of [undefined, 'wrong', app.tokens.admin]) {
      const reply = await scimClient<Resource>(app.url, { token })('GET', '/Users');
      refused(reply, token === app.tokens.admin ? 403 : 401);
      if (reply.status === 401) expect(reply.headers['www-authenticate']).to.match(/^Bearer(?: |$)/);
    }
  });

  it(`schemas stays under attributes= and excludedAttributes= (${source})`, async () => {
    const schemas = [CORE_USER, ENTERPRISE_USER, ROLLCALL_USER];
    for (const query of [{ attributes: 'userName' }, { excludedAttributes: 'schemas,id,userName' }]) {
      const ann = listed(await workspace.scim('GET', '/Users', { query: { ...query, count: 1 } }))[0]!;
      expect(ann.schemas).to.deep.equal(schemas);
      expect(ann.id).to.be.a('string');
    }
  });

  it(`meta.version is the ETag, and a new one after a change (${source})`, async () => {
    const user = listed(
      await workspace.scim('GET', '/Users', { query: { filter: 'userName eq "bob"' } }),
    )[0]!;
    const path = `/Users/${user.id}`;
    const read = await workspace.scim('GET', path);
    expect(read.headers.etag).to.equal(read.body.meta.version);
    const changed = await workspace.scim('PATCH', path, {
      body: patch({ op: 'add', path: 'title', value: 't' }),
    });
    expect(changed.headers.etag).to.equal(changed.body.meta.version);
    expect(changed.headers.etag).not.to.equal(read.headers.etag);
  });

  it(`startIndex=0 is 1, count=-1 is 0 (${source})`, async () => {
    const zero = await workspace.scim('GET', '/Users', { query: { startIndex: 0, count: 1 } });
    expect(zero.body).to.include({ startIndex: 1, itemsPerPage: 1 });
    expect(listed(zero)[0]!.userName).to.equal('ann');
    const none = await workspace.scim('GET', '/Users', { query: { count: -1 } });
    expect(listed(none)).to.deep.equal([]);
    expect(none.body.totalResults).to.be.at.least(2);
  });
});
