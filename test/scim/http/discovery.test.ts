import { expect } from 'chai';
import { CORE_GROUP, CORE_USER } from '../../../src/scim/schema/urns.ts';
import type { TestApp } from '../../support/app.ts';
import { newWorkspace, sharedApp, type TestWorkspace } from './client.ts';
import { listed, patchOf, refused } from './resources.ts';

interface Supported {
  readonly supported: boolean;
}

interface Config extends Readonly<Record<'patch' | 'filter' | 'sort' | 'etag' | 'bulk', Supported>> {
  readonly id: string;
  readonly changePassword: Supported;
  readonly meta: { readonly location: string };
  readonly authenticationSchemes: readonly object[];
}

interface Described {
  readonly id: string;
  readonly meta: { readonly location: string };
}

// What the schemas say in detail is tried in test/scim/discovery.
describe('SCIM over HTTP: discovery', () => {
  let app: TestApp;
  let workspace: TestWorkspace<Config>;
  before(async () => {
    app = await sharedApp();
    workspace = await newWorkspace<Config>(app);
  });

  it('ServiceProviderConfig tells what is supported, and it is', async () => {
    const { scim } = workspace;
    const { body } = await scim('GET', '/ServiceProviderConfig');
    expect(body.meta.location).to.equal(`${app.url}/scim/v2/ServiceProviderConfig`);
    expect(body.changePassword).to.deep.equal({ supported: false });
    expect(body.authenticationSchemes).to.have.lengthOf(1);
    expect(body.authenticationSchemes[0]).to.include({ type: 'oauthbearertoken' });

    const path = `/Users/${(await scim('POST', '/Users', { body: { userName: 'ann' } })).body.id}`;
    const works = {
      patch: (await scim('PATCH', path, { body: patchOf() })).status === 200,
      filter: (await scim('GET', '/Users', { query: { filter: 'userName pr' } })).status === 200,
      sort: (await scim('GET', '/Users', { query: { sortBy: 'userName' } })).status === 200,
      etag: (await scim('GET', path)).headers.etag !== undefined,
      bulk: (await scim('POST', '/Bulk', { body: {} })).status !== 501,
    };
    const { patch, filter, sort, etag, bulk } = body;
    const said = Object.entries({ patch, filter, sort, etag, bulk });
    expect(Object.fromEntries(said.map(([name, { supported }]) => [name, supported]))).to.deep.equal(works);
  });

  it('Schemas and ResourceTypes list what is found where it says', async () => {
    const { scim } = await newWorkspace<Described>(app);
    for (const [path, ids] of [
      ['/Schemas', [CORE_USER, CORE_GROUP]],
      ['/ResourceTypes', ['User', 'Group']],
    ] as const) {
      const described: readonly Described[] = listed(await scim('GET', path));
      expect(described.map(({ id }) => id)).to.include.members([...ids]);
      for (const one of described) {
        expect(one.meta.location).to.equal(`${app.url}/scim/v2${path}/${one.id}`);
        expect((await scim('GET', `${path}/${one.id}`)).body).to.deep.equal(one);
      }
      refused(await scim('GET', `${path}/nothing`), 404);
    }
  });

  for (const path of [
    '/Schemas',
    '/ResourceTypes',
    '/ServiceProviderConfig',
    '/schemas',
    `/Schemas/${CORE_USER}`,
  ]) {
    it(`${path} takes no filter: 403; other parameters are ignored`, async () => {
      const { scim } = workspace;
      refused(await scim('GET', path, { query: { filter: 'id eq "x"' } }), 403);
      refused(await scim('GET', path, { query: { filter: '('.repeat(700) } }), 403);
      const plain = await scim('GET', path);
      const query = { attributes: 'x', excludedAttributes: 'meta', startIndex: 2, count: 1, sortBy: 'x' };
      expect((await scim('GET', path, { query })).body).to.deep.equal(plain.body);
    });
  }

  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    it(`${method} /Me is 501`, async () => {
      refused(await workspace.scim(method, '/Me', method === 'GET' ? {} : { body: {} }), 501);
    });
  }
});
