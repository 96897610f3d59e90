import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { ROLLCALL_USER } from '../../../src/scim/schema/rollcall.ts';
import { CORE_USER, ENTERPRISE_USER } from '../../../src/scim/schema/urns.ts';
import type { TestApp } from '../../support/app.ts';
import { newWorkspace, type Resource, sharedApp, type TestWorkspace } from './client.ts';
import { listed, patchOf, refused, written } from './resources.ts';

/** Every writable attribute that a user can have. */
const EVERYTHING = {
  externalId: 'e-1',
  userName: 'Ann@Example.org',
  name: {
    formatted: 'Dr. Ann B. Bell III',
    familyName: 'Bell',
    givenName: 'Ann',
    middleName: 'B.',
    honorificPrefix: 'Dr.',
    honorificSuffix: 'III',
  },
  displayName: 'Ann „Änn" Bell \\ 100 % _ \'',
  nickName: 'annie',
  profileUrl: 'https://example.org/ann',
  title: 'Tour Guide',
  userType: 'Employee',
  preferredLanguage: 'en-US',
  locale: 'en-US',
  timezone: 'America/Los_Angeles',
  active: true,
  emails: [
    { value: 'ann@work.example', display: 'Ann', type: 'work', primary: true },
    { value: 'ann@home.example', type: 'home', primary: false },
  ],
  phoneNumbers: [{ value: '55555555555', type: 'work' }],
  ims: [{ value: 'annaim', type: 'aim' }],
  photos: [{ value: 'https://photos.example/1.jpg', type: 'photo' }],
  addresses: [
    {
      formatted: '100 Universal City Plaza\nHollywood, CA 91608 USA',
      streetAddress: '100 Universal City Plaza',
      locality: 'Hollywood',
      region: 'CA',
      postalCode: '91608',
      country: 'US',
      type: 'work',
    },
  ],
  entitlements: [{ value: 'no-such-product', display: 'x', type: 't', primary: true }],
  roles: [{ value: 'no-such-role', display: 'x', type: 't', primary: false }],
  x509Certificates: [{ value: 'MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMC' }],
  [ENTERPRISE_USER]: {
    employeeNumber: '701984',
    costCenter: '4130',
    organization: 'Universal Studios',
    division: 'Theme Park',
    department: 'Tour Operations',
    manager: { value: '26118915-6090-4610-87e4-49d8ca9f808d', $ref: '../Users/26118915' },
  },
  [ROLLCALL_USER]: { organization: 'no-such-organization', startDate: '2026-02-28' },
};

describe('SCIM over HTTP: users', () => {
  let app: TestApp;
  let workspace: TestWorkspace<Resource>;
  before(async () => {
    app = await sharedApp();
  });
  beforeEach(async () => {
    workspace = await newWorkspace<Resource>(app);
  });

  const create = async (body: object): Promise<Resource> => {
    const reply = await workspace.scim('POST', '/Users', { body });
    expect(reply.status, JSON.stringify(reply.body)).to.equal(201);
    return reply.body;
  };

  /** A user that no identity provider has touched, as an invitation or an admin makes one. */
  const insert = async (userName: string, status: 'pending' | 'active' | 'inactive'): Promise<string> => {
    const id = randomUUID();
    await app.core.db.raw(
      `insert into users (workspace_id, id, user_name, status, source, managed_by, joined_at, active_since, removed_at,
          created_at, updated_at)
        values (:workspace, :id, :userName, :status, 'invitation', 'workspace',
          case when :status = 'active' then now() end, case when :status = 'active' then now() end,
          case when :status = 'inactive' then now() end, now(), now())`,
      { workspace: workspace.id, id, userName, status },
    );
    return id;
  };

  const rowOf = async (id: string): Promise<Record<string, unknown>> => {
    const found: { rows: Record<string, unknown>[] } = await app.core.db.raw(
      'select * from users where workspace_id = ? and id = ?',
      [workspace.id, id],
    );
    return found.rows[0]!;
  };

  it('every attribute is kept as it was sent, and read back so', async () => {
    const created = await create({ schemas: [], ...EVERYTHING });
    expect(written(created, app.url)).to.deep.equal(EVERYTHING);
    const read = await workspace.scim('GET', `/Users/${created.id}`);
    expect(read.body).to.deep.equal(created);
    const replaced = await workspace.scim('PUT', `/Users/${created.id}`, { body: EVERYTHING });
    expect(replaced.body).to.deep.equal(created);
  });

  it('PUT takes away what it does not have', async () => {
    const created = await create(EVERYTHING);
    const reply = await workspace.scim('PUT', `/Users/${created.id}`, { body: { userName: 'a' } });
    expect(reply.status).to.equal(200);
    expect(written(reply.body, app.url)).to.deep.equal({ userName: 'a', active: true });
  });

  it('DELETE answers 204 once, then 404; the record stays, inactive', async () => {
    const { id } = await create({ userName: 'ann' });
    const deleted = await workspace.scim('DELETE', `/Users/${id}`);
    expect(deleted.status).to.equal(204);
    for (const method of ['GET', 'DELETE']) refused(await workspace.scim(method, `/Users/${id}`), 404);
    for (const method of ['PUT', 'PATCH']) {
      const body = method === 'PUT' ? { userName: 'ann' } : patchOf({ op: 'add', path: 'title', value: 't' });
      refused(await workspace.scim(method, `/Users/${id}`, { body }), 404);
    }
    expect(await rowOf(id)).to.include({ status: 'inactive', user_name: 'ann' });
  });

  it('userName is unique without regard to case, on POST, PUT and PATCH', async () => {
    await create({ userName: 'Ännchen' });
    const other = await create({ userName: 'other' });
    const path = `/Users/${other.id}`;
    const body = { userName: 'äNNCHEN' };
    refused(await workspace.scim('POST', '/Users', { body }), 409, 'uniqueness');
    refused(await workspace.scim('PUT', path, { body }), 409, 'uniqueness');
    const patch = patchOf({ op: 'replace', path: 'userName', value: 'ÄNNCHEN' });
    refused(await workspace.scim('PATCH', path, { body: patch }), 409, 'uniqueness');
    expect((await workspace.scim('GET', path)).body).to.deep.equal(other);
    const same = patchOf({ op: 'replace', path: 'userName', value: 'OTHER' });
    expect((await workspace.scim('PATCH', path, { body: same })).body.userName).to.equal('OTHER');
  });

  it('userName is required and not blank', async () => {
    for (const body of [{}, { userName: '' }, { userName: '  ' }, { userName: null }, { userName: 5 }, []]) {
      const reply = await workspace.scim('POST', '/Users', { body });
      expect(reply.status).to.equal(400);
    }
    const { id } = await create({ userName: 'ann' });
    const patch = patchOf({ op: 'remove', path: 'userName' });
    refused(await workspace.scim('PATCH', `/Users/${id}`, { body: patch }), 400, 'mutability');
  });

  describe('adoption and restoration (contract 4)', () => {
    for (const status of ['pending', 'active', 'inactive'] as const) {
      it(`a POST takes over a user made by hand who is ${status}: 201, the same id, from then on the provider's`, async () => {
        const id = await insert('ann', status);
        const reply = await workspace.scim('POST', '/Users', {
          body: { userName: 'Ann', externalId: 'x', title: 't' },
        });
        expect(reply.status).to.equal(201);
        expect(reply.body.id).to.equal(id);
        expect(reply.headers.location).to.equal(`${app.url}/scim/v2/Users/${id}`);
        expect(written(reply.body, app.url)).to.deep.equal({
          userName: 'Ann',
          externalId: 'x',
          title: 't',
          active: true,
        });
        expect(await rowOf(id)).to.include({ status: 'active', managed_by: 'idp', source: 'invitation' });
        refused(await workspace.scim('POST', '/Users', { body: { userName: 'ann' } }), 409, 'uniqueness');
      });
    }

    it('a pending user reads as inactive, and is made active by PATCH', async () => {
      const id = await insert('ann', 'pending');
      const read = await workspace.scim('GET', `/Users/${id}`);
      expect(read.body.active).to.equal(false);
      expect(read.body[ROLLCALL_USER]).to.deep.equal({ status: 'pending' });
      const patch = patchOf({ op: 'replace', path: 'active', value: true });
      const reply = await workspace.scim('PATCH', `/Users/${id}`, { body: patch });
      expect(reply.body.active).to.equal(true);
      expect(reply.body[ROLLCALL_USER]).to.include({ status: 'active' });
    });

    it('a pending user for whom active: false is pushed goes on waiting', async () => {
      const id = await insert('ann', 'pending');
      const reply = await workspace.scim('POST', '/Users', { body: { userName: 'ann', active: false } });
      expect(reply.status).to.equal(201);
      expect(reply.body[ROLLCALL_USER]!.status).to.equal('pending');
      expect(reply.body.id).to.equal(id);
    });

    it('a deleted user comes back under the same id, without its groups, with a new version', async () => {
      const first = await create({ userName: 'ann', title: 'old', externalId: 'x' });
      const id = first.id;
      await workspace.scim('POST', '/Groups', { body: { displayName: 'g', members: [{ value: id }] } });
      await workspace.scim('DELETE', `/Users/${id}`);
      const reply = await workspace.scim('POST', '/Users', { body: { userName: 'ANN', nickName: 'new' } });
      expect(reply.status).to.equal(201);
      expect(reply.body.id).to.equal(id);
      expect(written(reply.body, app.url)).to.deep.equal({ userName: 'ANN', nickName: 'new', active: true });
      expect(reply.headers.etag).to.equal(reply.body.meta.version);
      expect(reply.headers.etag).not.to.equal(first.meta.version);
      expect(reply.body.meta.created).to.equal(first.meta.created);
    });

    it('a deleted user that is pushed as inactive comes back inactive', async () => {
      const { id } = await create({ userName: 'ann' });
      await workspace.scim('DELETE', `/Users/${id}`);
      const reply = await workspace.scim('POST', '/Users', { body: { userName: 'ann', active: false } });
      expect(reply.status).to.equal(201);
      expect(written(reply.body, app.url)).to.deep.equal({ userName: 'ann', active: false });
    });

    it('an inactive user with the same externalId comes back active; with another, or none, it is a clash', async () => {
      const { id } = await create({ userName: 'ann', externalId: 'x', active: false });
      for (const externalId of ['y', 'X', undefined]) {
        const reply = await workspace.scim('POST', '/Users', { body: { userName: 'ann', externalId } });
        refused(reply, 409, 'uniqueness');
      }
      const body = { userName: 'ann', externalId: 'x' };
      const reply = await workspace.scim('POST', '/Users', { body });
      expect(reply.status).to.equal(201);
      expect(reply.body.id).to.equal(id);
      expect(written(reply.body, app.url)).to.deep.equal({ ...body, active: true });
      refused(await workspace.scim('POST', '/Users', { body }), 409, 'uniqueness');
    });

    it('an inactive user without an externalId is not brought back by a POST without one', async () => {
      await create({ userName: 'ann', active: false });
      refused(await workspace.scim('POST', '/Users', { body: { userName: 'ann' } }), 409, 'uniqueness');
    });
  });

  it('a password is never kept and never returned: not in the database, the audit or the log', async () => {
    // The log looks for ids in what came.
    const secret = randomUUID();
    const user = await create({ userName: 'ann', password: secret });
    const path = `/Users/${user.id}`;
    const ext = { [ROLLCALL_USER]: { password: secret } };
    const replies = [
      await workspace.scim('PUT', path, { body: { userName: 'ann', Password: secret, ...ext } }),
      await workspace.scim('PATCH', path, {
        body: patchOf(
          { op: 'add', path: 'password', value: secret },
          { op: 'Add', path: `${CORE_USER}:password`, Value: secret },
          { op: 'replace', value: { password: secret } },
          { op: 'add', path: 'title', value: 't' },
        ),
      }),
      await workspace.scim('GET', path, { query: { attributes: 'password,userName' } }),
      await workspace.scim('GET', '/Users', { query: { attributes: 'password' } }),
    ];
    for (const reply of replies) {
      expect(reply.status).to.equal(200);
      expect(JSON.stringify(reply.body))
        .not.to.match(/password/i)
        .and.not.to.include(secret);
    }
    for (const value of [`"${secret}"`, secret, `'${secret}'`]) {
      const filter = `userName pr and (${CORE_USER}:password eq ${value})`;
      const asked = [
        await workspace.scim('GET', '/Users', { query: { filter, count: 5 } }),
        await workspace.scim('POST', '/Users/.search', { body: { filter, count: 5 } }),
      ];
      for (const reply of asked) refused(reply, 403, 'sensitive');
    }
    // Not properly encoded, and read all the same.
    const broken = `?filter=%70assword%20eq%20${secret}%E0%A4%A&password=${secret}`;
    refused(await workspace.scim('GET', `/Users${broken}`), 403, 'sensitive');
    await app.provisioningLog.flush();
    expect(await tablesHolding(secret)).to.deep.equal([]);
    const searched = ['users', 'audit_events', 'provisioning_requests'];
    expect(await tablesHolding('ann'), 'the search itself works').to.include.members(searched);
  });

  async function tablesHolding(part: string): Promise<string[]> {
    const tables: { rows: { name: string }[] } = await app.core.db.raw(
      `select table_name as name from information_schema.tables
        where table_schema = 'public' and table_type = 'BASE TABLE'`,
    );
    const holding: string[] = [];
    for (const { name } of tables.rows) {
      const found: { rows: unknown[] } = await app.core.db.raw(
        'select from ?? as one where one::text like ? limit 1',
        [name, `%${part}%`],
      );
      if (found.rows.length > 0) holding.push(name);
    }
    return holding;
  }

  it('pushed roles and entitlements are read back as they were pushed, known or not', async () => {
    const body = {
      userName: 'ann',
      active: true,
      roles: [{ value: 'admin', primary: true }, { value: 'nowhere:tester' }, { value: 'x' }],
      entitlements: [{ value: 'testsigma:pro' }, { value: 'nothing' }],
    };
    expect(written(await create(body), app.url)).to.deep.equal(body);
  });

  it('the groups of a user are shown, with references, and cannot be written', async () => {
    const { id } = await create({ userName: 'ann' });
    const path = `/Users/${id}`;
    const groups: string[] = [];
    for (const displayName of ['b', 'A']) {
      const body = { displayName, members: [{ value: id }] };
      groups.push((await workspace.scim('POST', '/Groups', { body })).body.id);
    }
    const read = await workspace.scim('GET', path);
    expect(written(read.body, app.url)['groups']).to.deep.equal(groups.toReversed());
    const patch = patchOf({ op: 'remove', path: 'groups' });
    refused(await workspace.scim('PATCH', path, { body: patch }), 400, 'mutability');
    const put = await workspace.scim('PUT', path, { body: { userName: 'ann', groups: [] } });
    expect(put.body.groups).to.have.lengthOf(2);
  });

  it('reads the effective access when it is asked for', async () => {
    const { id } = await create({ userName: 'ann', entitlements: [{ value: 'testsigma:pro' }] });
    const plain = await workspace.scim('GET', `/Users/${id}`);
    expect(plain.body[ROLLCALL_USER]).not.to.have.property('access');
    const query = { attributes: `${ROLLCALL_USER}:access` };
    const one = await workspace.scim('GET', `/Users/${id}`, { query });
    const user = listed(await workspace.scim('GET', '/Users', { query }))[0]!;
    for (const body of [one.body, user]) {
      const access = body[ROLLCALL_USER]!.access;
      const pro = access.find(({ kind }) => kind === 'entitlement');
      expect(pro).to.include({ target: 'testsigma', level: 'pro', via: 'direct' });
    }
  });
});
