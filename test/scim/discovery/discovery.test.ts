import { expect } from 'chai';
import type { TestApp } from '../../support/app.ts';
import { type Answer, ENTERPRISE, ROLLCALL, type Scim } from '../bulk/answers.ts';
import { newWorkspace, sharedApp } from '../http/client.ts';
import { listed, refused } from '../http/resources.ts';

const SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Schema';
const CONFIG = 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig';
const RESOURCE_TYPE = 'urn:ietf:params:scim:schemas:core:2.0:ResourceType';
const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';

describe('discovery (RFC 7644 section 4)', () => {
  let app: TestApp;
  let scim: Scim;
  let root: string;

  before(async () => {
    app = await sharedApp();
    ({ scim } = await newWorkspace<Answer>(app));
    root = `${app.url}/scim/v2`;
  });

  it('ServiceProviderConfig says what is supported, and how much of it', async () => {
    const { status, body } = await scim('GET', '/ServiceProviderConfig');
    expect(status).to.equal(200);
    expect(body).to.deep.include({
      schemas: [CONFIG],
      patch: { supported: true },
      bulk: { supported: true, maxOperations: 1000, maxPayloadSize: 1_048_576 },
      filter: { supported: true, maxResults: 500 },
      changePassword: { supported: false },
      sort: { supported: true },
      etag: { supported: true },
      pagination: {
        cursor: true,
        index: true,
        defaultPaginationMethod: 'index',
        defaultPageSize: 100,
        maxPageSize: 500,
        cursorTimeout: 3600,
      },
      meta: { resourceType: 'ServiceProviderConfig', location: `${root}/ServiceProviderConfig` },
    });
    expect(body.authenticationSchemes).to.have.lengthOf(1);
    expect(body.authenticationSchemes[0]).to.include({ type: 'oauthbearertoken' });
  });

  it('ResourceTypes lists users and groups with their schemas', async () => {
    const reply = await scim('GET', '/ResourceTypes');
    const resources = listed(reply);
    expect(reply.body).to.include({ totalResults: 2, itemsPerPage: 2, startIndex: 1 });
    expect(resources).to.deep.equal([
      {
        schemas: [RESOURCE_TYPE],
        id: 'User',
        name: 'User',
        description: 'User Account',
        endpoint: '/Users',
        schema: USER,
        schemaExtensions: [
          { schema: ENTERPRISE, required: false },
          { schema: ROLLCALL, required: false },
        ],
        meta: { resourceType: 'ResourceType', location: `${root}/ResourceTypes/User` },
      },
      {
        schemas: [RESOURCE_TYPE],
        id: 'Group',
        name: 'Group',
        description: 'Group',
        endpoint: '/Groups',
        schema: GROUP,
        meta: { resourceType: 'ResourceType', location: `${root}/ResourceTypes/Group` },
      },
    ]);
  });

  it('Schemas lists every schema that an answer names', async () => {
    const reply = await scim('GET', '/Schemas');
    const ids = listed(reply).map((schema) => schema.id);
    expect(ids).to.have.members([USER, GROUP, ENTERPRISE, ROLLCALL, CONFIG, RESOURCE_TYPE, SCHEMA]);
    expect(reply.body).to.include({ totalResults: 7, itemsPerPage: 7, startIndex: 1 });
  });

  it('each resource is found at its location, as the list shows it', async () => {
    for (const path of ['/Schemas', '/ResourceTypes']) {
      for (const resource of listed(await scim('GET', path))) {
        const { location } = resource.meta as { location: string };
        expect(location).to.equal(`${root}${path}/${resource.id}`);
        const found = await scim('GET', location.slice(root.length));
        expect(found.status).to.equal(200);
        expect(found.body).to.deep.equal(resource);
      }
    }
  });

  it('what a user or group shows is in the schemas that it names', async () => {
    const described = new Map<string, Set<string>>(
      (await scim('GET', '/Schemas')).body.Resources.map((schema) => [
        schema.id,
        new Set(schema.attributes.map(({ name }) => name)),
      ]),
    );
    const user = await scim('POST', '/Users', {
      body: {
        userName: 'discovered@x.io',
        name: { familyName: 'D' },
        emails: [{ value: 'discovered@x.io', primary: true }],
        [ENTERPRISE]: { department: 'D' },
      },
    });
    const group = await scim('POST', '/Groups', {
      body: { displayName: 'Discovered', members: [{ value: user.body.id }] },
    });
    for (const { body } of [user, group]) {
      const { schemas, id, externalId, meta, ...shown } = body;
      expect([id, externalId, meta]).to.have.lengthOf(3);
      for (const urn of schemas) expect(described.has(urn), urn).to.equal(true);
      for (const [name, value] of Object.entries(shown)) {
        const own = name.startsWith('urn:') ? described.get(name) : described.get(schemas[0]!);
        const names = name.startsWith('urn:') ? Object.keys(value as object) : [name];
        for (const one of names) expect(own?.has(one), one).to.equal(true);
      }
    }
  });

  it('characteristics are those that are obeyed', async () => {
    const { body } = await scim('GET', `/Schemas/${USER}`);
    const attribute = (name: string) => body.attributes.find((one) => one.name === name);
    expect(attribute('userName')).to.include({ required: true, uniqueness: 'server', caseExact: false });
    expect(attribute('password')).to.include({ mutability: 'writeOnly', returned: 'never' });
    expect(attribute('groups')).to.include({ mutability: 'readOnly', multiValued: true });
    const rollcall = await scim('GET', `/Schemas/${ROLLCALL}`);
    const access = rollcall.body.attributes.find((one) => one.name === 'access');
    expect(access).to.include({ mutability: 'readOnly', returned: 'request' });
    const group = await scim('GET', `/Schemas/${GROUP}`);
    const members = group.body.attributes.find((one) => one.name === 'members');
    expect(members?.subAttributes.find((sub) => sub.name === 'value')).to.include({
      mutability: 'immutable',
    });
    const config = await scim('GET', `/Schemas/${CONFIG}`);
    const pagination = config.body.attributes.find((one) => one.name === 'pagination');
    expect(pagination?.subAttributes.map((sub) => sub.name)).to.deep.equal([
      'cursor',
      'index',
      'defaultPaginationMethod',
      'defaultPageSize',
      'maxPageSize',
      'cursorTimeout',
    ]);
  });

  it('a filter is forbidden; paging and sorting are ignored', async () => {
    for (const path of ['/Schemas', '/ResourceTypes', '/ServiceProviderConfig', `/Schemas/${USER}`]) {
      refused(await scim('GET', path, { query: { filter: 'name eq "User"' } }), 403);
    }
    const query = { startIndex: 2, count: 1, sortBy: 'name', cursor: '' };
    expect((await scim('GET', '/ResourceTypes', { query })).body).to.include({
      totalResults: 2,
      itemsPerPage: 2,
      startIndex: 1,
    });
  });

  it('unknown ids are 404', async () => {
    for (const path of [
      '/Schemas/urn:x',
      '/ResourceTypes/Device',
      '/ServiceProviderConfig/x',
      '/Schemas/%',
    ]) {
      refused(await scim('GET', path), 404);
    }
  });

  it('another method of a path that there is, is 405 and says which it takes', async () => {
    const wrong: readonly [string, string, string][] = [
      ['POST', '/Schemas', 'GET, HEAD'],
      ['DELETE', `/Schemas/${USER}`, 'GET, HEAD'],
      ['PUT', '/ServiceProviderConfig', 'GET, HEAD'],
      ['PATCH', '/ResourceTypes/User', 'GET, HEAD'],
      ['DELETE', '/Users', 'GET, HEAD, POST'],
      ['PUT', '/Groups', 'GET, HEAD, POST'],
      ['POST', '/Users/x', 'GET, HEAD, PUT, PATCH, DELETE'],
      ['GET', '/Bulk', 'POST'],
      ['GET', '/.search', 'POST'],
      ['GET', '/Users/.search', 'POST'],
    ];
    for (const [method, path, allowed] of wrong) {
      const body = method === 'POST' || method === 'PUT' ? {} : undefined;
      const reply = await scim(method, path, { body });
      refused(reply, 405);
      expect(reply.headers.allow, `${method} ${path}`).to.equal(allowed);
    }
    refused(await scim('GET', '/Nothing'), 404);
    refused(await scim('GET', '/Me'), 501);
  });
});
