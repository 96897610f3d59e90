import { expect } from 'chai';
import { routes } from '../../src/api/routes/index.ts';
import { CASES, type Made, prepare } from '../api/cases.ts';
import { startApp, type TestApp } from '../support/app.ts';

/**
 * Half of a character that UTF-16 writes in two. JSON can say it (RFC 8259 section 8.2); UTF-8 has no such text, and
 * PostgreSQL's jsonb takes no `\ud800`.
 */
const HALF = '\ud800';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/** Texts that the cases of the routes do not send. */
const MORE: Readonly<Record<string, object>> = {
  'PATCH /workspace': { signInUrl: 'https://example.com/' },
  'PUT /products/{key}': { licenses: [{ key: 'pro', name: 'Pro' }] },
  'POST /projects': { key: 'odd', name: 'Odd', organization: 'nowhere' },
  'PATCH /users/{id}': {
    fullName: 'Odd',
    givenName: 'Odd',
    familyName: 'Odd',
    title: 'Odd',
    picture: 'https://example.com/odd.png',
    emails: [{ value: 'odd@example.com', display: 'Odd', type: 'work' }],
    phoneNumbers: [{ value: '1', type: 'work' }],
    addresses: [{ formatted: 'Odd', locality: 'Odd', type: 'work' }],
  },
  'PUT /groups/{id}/grants': {
    grants: [
      { project: 'odd', role: 'tester' },
      { product: 'testsigma', license: 'pro' },
    ],
  },
  'PUT /mapping-rules': {
    rules: [{ match: 'odd-{project}', grants: [{ project: '{project}', role: 'tester' }] }],
  },
  'POST /mapping/preview': {
    rules: [{ match: 'odd-{project}', grants: [{ project: '{project}', role: 'tester' }] }],
  },
  'POST /invitations': { emails: '"Odd" <odd@example.com>', products: [{ product: 'testsigma' }] },
  'POST /reviews': {
    name: 'Odd',
    scope: { kind: 'product', key: 'testsigma' },
    dueAt: '2999-01-01T00:00:00Z',
  },
  'POST /reviews/{id}/decisions': {
    decisions: [{ row: 1, decision: 'keep', note: 'Odd' }],
    reviewer: 'Odd',
  },
};

describe('text with an unpaired surrogate', function () {
  this.timeout(60_000);
  let app: TestApp;
  let made: Made;

  before(async () => {
    app = await startApp();
    made = await prepare(app);
  });
  after(() => app.stop());

  const scim = (method: string, path: string, body: object) =>
    app.request(method, `/scim/v2${path}`, { token: app.tokens.scim, body });
  const invited = async (email: string) => {
    const { body } = await made.admin('POST', '/invitations', { emails: email });
    return (body.invited as [{ id: string; userId: string }])[0];
  };
  /** The path of a user whom no identity provider manages. */
  const managedHere = async () => `/users/${(await invited('here@example.com')).userId}`;

  describe('over the companion API', () => {
    for (const route of routes) {
      const name = `${route.method.toUpperCase()} ${route.path}`;
      const one = CASES[name];
      if (!route.body || !one?.body) continue;
      it(`is no fault of the server in any text of ${name}`, async () => {
        const path =
          name === 'PATCH /users/{id}' ? await managedHere() : ((await one.path?.(made)) ?? route.path);
        const options = { token: app.tokens.operator, headers: { 'X-Workspace': 'default' } };
        for (const whole of [await one.body!(made), MORE[name] ?? {}])
          for (const body of halved(whole)) {
            const reply = await app.request(route.method.toUpperCase(), `/api/v1${path}`, {
              ...options,
              body,
            });
            expect(reply.status, JSON.stringify(body)).to.be.below(500);
          }
      });
    }

    it('is kept with U+FFFD in its place, and told so', async () => {
      const name = `Half ${HALF}`;
      const { status, body } = await made.admin('POST', '/projects', { key: 'half', name });
      expect([status, body.name]).to.deep.equal([201, 'Half \ufffd']);
      const again = await made.admin('PATCH', '/projects/half', { name });
      expect(again.body).to.deep.equal(body);
      const { body: audit } = await made.admin('GET', '/audit?target=half');
      expect(audit.items).to.have.length(1);
      expect(audit).to.have.nested.property('items[0].after.name', 'Half \ufffd');
    });

    it('skips the one address that has it', async () => {
      const emails = [`a${HALF}@example.com`, 'b@example.com'];
      const { status, body } = await made.admin('POST', '/invitations', { emails });
      expect(status).to.equal(201);
      expect(body).to.have.nested.property('invited[0].email', 'b@example.com');
      expect(body).to.have.nested.property('skipped[0].email', 'a\ufffd@example.com');
    });

    it('is no fault of the server in a cursor', async () => {
      const place = { sort: 'key', value: HALF, id: '01890000-0000-7000-8000-000000000000' };
      const cursor = Buffer.from(JSON.stringify(place)).toString('base64url');
      expect((await made.admin('GET', `/projects?cursor=${cursor}`)).status).to.equal(200);
    });
  });

  it('is kept with U+FFFD in its place in the name of an invitee', async () => {
    const { id, userId } = await invited('ann@example.com');
    const { body } = await made.admin('GET', `/invitations/${id}/link`);
    const reply = await fetch(body.link as string, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: `Ann ${HALF}` }),
    });
    expect(reply.status).to.equal(200);
    expect((await made.admin('GET', `/users/${userId}`)).body.fullName).to.equal('Ann \ufffd');
  });

  describe('over SCIM', () => {
    const USER = {
      userName: 'odd@example.com',
      externalId: 'x',
      displayName: 'Odd',
      title: 'Odd',
      name: { givenName: 'Odd', formatted: 'Odd' },
      emails: [{ value: 'odd@example.com', type: 'work', display: 'Odd' }],
      addresses: [{ locality: 'Odd' }],
      roles: [{ value: 'odd:tester' }],
      entitlements: [{ value: 'testsigma', display: 'Odd' }],
      [ENTERPRISE]: { department: 'Odd', manager: { value: 'x' } },
    };
    const GROUP = { displayName: 'Odd', externalId: 'x', members: [{ value: 'x' }] };
    const patchOf = (value: object) => ({ Operations: [{ op: 'replace', value }] });

    it('is refused in every attribute that is kept, naming it', async () => {
      for (const [path, whole] of [
        ['/Users', USER],
        ['/Groups', GROUP],
      ] as const) {
        const own = `${path}/${path === '/Users' ? made.user : made.group}`;
        for (const body of halved(whole)) {
          const replies = [
            await scim('POST', path, body),
            await scim('PUT', own, { ...whole, ...body }),
            await scim('PATCH', own, patchOf(onlyHalved(body))),
          ];
          for (const reply of replies)
            expect(reply, JSON.stringify(body)).to.nested.include({
              status: 400,
              'body.scimType': 'invalidValue',
            });
        }
      }
    });

    it('is no fault of the server where a path, a filter, a bulkId or what is not kept has it', async () => {
      const bodies: [string, string, object][] = [
        ['POST', '/Users', { userName: 'not-kept', password: HALF, unknown: HALF, [HALF]: HALF }],
        ['POST', '/Users', { userName: 'schemas', schemas: [HALF] }],
        ['PATCH', `/Users/${made.user}`, { Operations: [{ op: 'add', path: `title${HALF}`, value: 'x' }] }],
        ['PATCH', `/Users/${made.user}`, { Operations: [{ op: 'add', path: 'title', value: HALF }] }],
        ['PATCH', `/Users/${made.user}`, { Operations: [{ op: 'add', value: { [HALF]: 'x' } }] }],
        [
          'PATCH',
          `/Groups/${made.group}`,
          { Operations: [{ op: 'replace', path: 'displayName', value: HALF }] },
        ],
        [
          'PATCH',
          `/Groups/${made.group}`,
          { Operations: [{ op: 'remove', path: `members[value eq "${HALF}"]` }] },
        ],
        ['POST', '/Users/.search', { filter: `userName eq "${HALF}"` }],
        ['POST', '/.search', { sortBy: HALF, cursor: HALF }],
        [
          'POST',
          '/Bulk',
          {
            Operations: [
              { method: 'POST', path: '/Users', bulkId: HALF, data: { userName: 'in-bulk', title: HALF } },
              { method: 'POST', path: '/Groups', bulkId: 'g', data: { displayName: HALF } },
              { method: 'DELETE', path: `/Users/${HALF}`, version: HALF },
            ],
          },
        ],
      ];
      for (const [method, path, body] of bodies) {
        const reply = await scim(method, path, body);
        expect(reply.status, JSON.stringify(body)).to.be.below(500);
        for (const { status } of (reply.body.Operations ?? []) as { status: string }[])
          expect(status).to.match(/^[24]/);
      }
      await app.provisioningLog.flush();
      const { body } = await made.admin('GET', `/scim-requests?limit=${bodies.length}`);
      const noted = (body.items as { path: string; method: string }[]).map(({ path }) => path);
      expect(noted.reverse()).to.deep.equal(bodies.map(([, path]) => `/scim/v2${path}`));
    });
  });
});

/** What came, once for each text in it, with that one ending in half a character. */
function halved<T>(whole: T): T[] {
  if (typeof whole === 'string') return [`${whole}${HALF}` as T];
  if (Array.isArray(whole)) {
    return whole.flatMap((one, index) => halved(one as unknown).map((half) => whole.with(index, half) as T));
  }
  if (typeof whole !== 'object' || whole === null) return [];
  return Object.entries(whole).flatMap(([key, one]) =>
    halved(one as unknown).map((half) => ({ ...whole, [key]: half })),
  );
}

/** Only the attribute that holds it. */
function onlyHalved(body: object): object {
  return Object.fromEntries(
    Object.entries(body).filter(([, value]) => JSON.stringify(value).includes('\\ud800')),
  );
}
