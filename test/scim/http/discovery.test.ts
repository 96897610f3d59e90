import { expect } from 'chai';
import { ROLLCALL_USER } from '../../../src/scim/schema/rollcall.ts';
import { CORE_GROUP, CORE_USER, ENTERPRISE_USER } from '../../../src/scim/schema/urns.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { newWorkspace, type Body, type TestWorkspace } from './client.ts';
import { listed, patchOf, refused } from './resources.ts';

const CONFIG = 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig';

describe('SCIM over HTTP: discovery', () => {
  let app: TestApp;
  let workspace: TestWorkspace;
  before(async () => {
    app = await startApp();
    workspace = await newWorkspace(app);
  });
  after(() => app.stop());

  it('ServiceProviderConfig tells what is supported, and it is', async () => {
    const { body } = await workspace.scim('GET', '/ServiceProviderConfig');
    expect(body.schemas).to.deep.equal([CONFIG]);
    expect(body.meta).to.deep.include({
      resourceType: 'ServiceProviderConfig',
      location: `${app.url}/scim/v2/ServiceProviderConfig`,
    });
    expect(body.changePassword).to.deep.equal({ supported: false });
    expect(body.authenticationSchemes).to.have.lengthOf(1);
    expect(body.authenticationSchemes[0]).to.include({ type: 'oauthbearertoken' });

    const created = await workspace.scim('POST', '/Users', { body: { userName: 'ann' } });
    const path = `/Users/${created.body.id as string}`;
    const works = {
      patch: (await workspace.scim('PATCH', path, { body: patchOf() })).status === 200,
      filter: (await workspace.scim('GET', '/Users', { query: { filter: 'userName pr' } })).status === 200,
      sort: (await workspace.scim('GET', '/Users', { query: { sortBy: 'userName' } })).status === 200,
      etag: (await workspace.scim('GET', path)).headers.etag !== undefined,
      bulk: (await workspace.scim('POST', '/Bulk', { body: {} })).status !== 501,
    };
    const said = Object.fromEntries(
      Object.keys(works).map((name) => [name, body[name].supported as boolean]),
    );
    expect(said).to.deep.equal(works);
    const { maxResults } = body.filter as { maxResults: number };
    expect(maxResults).to.equal(500);
  });

  it('ResourceTypes lists both types, which are where they say', async () => {
    const types = listed(await workspace.scim('GET', '/ResourceTypes'));
    expect(types.map(({ id, name, endpoint, schema }) => ({ id, name, endpoint, schema }))).to.deep.equal([
      { id: 'User', name: 'User', endpoint: '/Users', schema: CORE_USER },
      { id: 'Group', name: 'Group', endpoint: '/Groups', schema: CORE_GROUP },
    ]);
    expect(types[0].schemaExtensions).to.deep.equal([
      { schema: ENTERPRISE_USER, required: false },
      { schema: ROLLCALL_USER, required: false },
    ]);
    for (const type of types) {
      const path = new URL(type.meta.location as string).pathname.replace('/scim/v2', '');
      expect((await workspace.scim('GET', path)).body).to.deep.equal(type);
      expect((await workspace.scim('GET', type.endpoint as string)).status).to.equal(200);
    }
    refused(await workspace.scim('GET', '/ResourceTypes/Device'), 404);
  });

  it('Schemas lists every schema that resources carry, each where it says', async () => {
    const schemas = listed(await workspace.scim('GET', '/Schemas'));
    const ids = schemas.map((one) => one.id as string);
    expect(ids).to.include.members([CORE_USER, CORE_GROUP, ENTERPRISE_USER, ROLLCALL_USER]);
    for (const schema of schemas) {
      expect(schema.meta.resourceType).to.equal('Schema');
      expect(schema.meta.location).to.equal(`${app.url}/scim/v2/Schemas/${schema.id as string}`);
      const one = await workspace.scim('GET', `/Schemas/${schema.id as string}`);
      expect(one.body).to.deep.equal(schema);
      checkAttributes(schema.attributes as Body[]);
    }
    refused(await workspace.scim('GET', '/Schemas/urn:nothing'), 404);
  });

  it('the characteristics are those that hold', async () => {
    const user = (await workspace.scim('GET', `/Schemas/${CORE_USER}`)).body.attributes as Body[];
    const of = (name: string) => user.find((attribute) => attribute.name === name);
    expect(of('userName')).to.include({ required: true, caseExact: false, uniqueness: 'server' });
    expect(of('password')).to.include({ mutability: 'writeOnly', returned: 'never' });
    expect(of('groups')).to.include({ mutability: 'readOnly', multiValued: true });
    expect(of('emails')).to.include({ mutability: 'readWrite', multiValued: true, type: 'complex' });
    const group = (await workspace.scim('GET', `/Schemas/${CORE_GROUP}`)).body.attributes as Body[];
    expect(group.find((one) => one.name === 'displayName')).to.include({
      required: true,
      uniqueness: 'server',
    });
    const own = (await workspace.scim('GET', `/Schemas/${ROLLCALL_USER}`)).body.attributes as Body[];
    const mutability = Object.fromEntries(own.map((one) => [one.name as string, one.mutability as string]));
    expect(mutability).to.deep.equal({
      organization: 'readWrite',
      startDate: 'readWrite',
      status: 'readOnly',
      joinedAt: 'readOnly',
      lastAccessAt: 'readOnly',
      access: 'readOnly',
    });
    expect(own.find((one) => one.name === 'access')).to.include({ returned: 'request', multiValued: true });
  });

  for (const path of [
    '/Schemas',
    '/ResourceTypes',
    '/ServiceProviderConfig',
    '/schemas',
    `/Schemas/${CORE_USER}`,
  ]) {
    it(`${path} takes no filter: 403; other parameters are ignored`, async () => {
      refused(await workspace.scim('GET', path, { query: { filter: 'id eq "x"' } }), 403);
      refused(await workspace.scim('GET', path, { query: { filter: '('.repeat(700) } }), 403);
      const plain = await workspace.scim('GET', path);
      const query = { attributes: 'x', excludedAttributes: 'meta', startIndex: 2, count: 1, sortBy: 'x' };
      expect((await workspace.scim('GET', path, { query })).body).to.deep.equal(plain.body);
    });
  }

  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    it(`${method} /Me is 501`, async () => {
      refused(await workspace.scim(method, '/Me', method === 'GET' ? {} : { body: {} }), 501);
    });
  }

  function checkAttributes(attributes: readonly Body[]): void {
    for (const { name, type, multiValued, mutability, returned, subAttributes, ...rest } of attributes) {
      expect(name).to.match(/^\$?[A-Za-z][\w-]*$/);
      expect(type).to.be.oneOf(
        ['string', 'boolean', 'decimal', 'integer', 'dateTime', 'binary', 'reference', 'complex'],
        name as string,
      );
      expect(multiValued).to.be.a('boolean');
      expect(mutability).to.be.oneOf(['readOnly', 'readWrite', 'immutable', 'writeOnly']);
      expect(returned).to.be.oneOf(['always', 'never', 'default', 'request']);
      expect(rest.required).to.be.a('boolean');
      expect(rest.description).to.be.a('string').and.not.equal('');
      if (type === 'reference') expect(rest.referenceTypes).to.be.an('array').and.not.be.empty;
      if (type === 'complex') {
        expect(subAttributes).to.be.an('array').and.not.be.empty;
        checkAttributes(subAttributes as Body[]);
      } else {
        expect(subAttributes).to.equal(undefined);
      }
    }
  }
});
