import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';

interface List {
  readonly items: readonly { readonly key: string }[];
}

describe('workspaces', () => {
  let app: TestApp;
  /** The admin token of a second workspace. */
  let acme: string;

  before(async () => {
    app = await startApp();
    const made = await app.request('POST', '/api/v1/workspaces', {
      token: app.tokens.operator,
      body: { key: 'acme', name: 'Acme' },
    });
    expect(made.status).to.equal(201);
    const issued = await app.request<{ token: string }>('POST', '/api/v1/tokens', {
      token: app.tokens.operator,
      headers: { 'X-Workspace': 'ACME' },
      body: { name: 'Acme admin', scope: 'admin' },
    });
    acme = issued.body.token;
  });
  after(() => app.stop());

  it('begin with their own products and roles', async () => {
    const products = await app.request<List>('GET', '/api/v1/products', { token: acme });
    expect(products.body.items.map((item) => item.key)).to.deep.equal(['test-management', 'testsigma']);
    const roles = await app.request<List>('GET', '/api/v1/roles', { token: acme });
    expect(roles.body.items.map((item) => item.key)).to.deep.equal(['manager', 'tester', 'viewer']);
  });

  it('are listed to operators, whose token names none', async () => {
    const { body } = await app.request<List>('GET', '/api/v1/workspaces', { token: app.tokens.operator });
    expect(body.items.map((item) => item.key)).to.deep.equal(['acme', 'default']);
  });

  it('are named by operators by key or id, else 400 and 404', async () => {
    const acmeWorkspace = await app.request('GET', '/api/v1/workspace', { token: acme });
    const as = (workspace?: string) =>
      app.request('GET', '/api/v1/workspace', {
        token: app.tokens.operator,
        headers: workspace === undefined ? {} : { 'X-Workspace': workspace },
      });
    expect((await as('acme')).body).to.deep.equal(acmeWorkspace.body);
    expect((await as(String(acmeWorkspace.body.id).toUpperCase())).body).to.deep.equal(acmeWorkspace.body);
    expect((await as('nobody')).status).to.equal(404);
    expect((await as('01890000-0000-7000-8000-000000000000')).status).to.equal(404);
    const unnamed = await as();
    expect(unnamed.status).to.equal(400);
    expect(unnamed.body.detail).to.contain('X-Workspace');
  });

  it('keep a token to its own, whatever X-Workspace says', async () => {
    const named = (workspace: string) =>
      app.request('GET', '/api/v1/workspace', { token: acme, headers: { 'X-Workspace': workspace } });
    expect((await named('acme')).status).to.equal(200);
    expect((await named('default')).status).to.equal(404);
    expect((await named('no-such')).status).to.equal(404);
  });

  it('have a key that is free', async () => {
    const { status } = await app.request('POST', '/api/v1/workspaces', {
      token: app.tokens.operator,
      body: { key: 'ACME', name: 'Another' },
    });
    expect(status).to.equal(409);
  });

  it('hide everything of theirs from each other, by 404', async () => {
    const mine = { token: app.tokens.admin };
    const secret = { key: 'secret', name: 'Secret' };
    await app.request('POST', '/api/v1/projects', { ...mine, body: secret });
    await app.request('POST', '/api/v1/organizations', { ...mine, body: secret });
    await app.request('PUT', '/api/v1/roles/secret', { ...mine, body: { rank: 99 } });
    const token = await app.request('POST', '/api/v1/tokens', {
      ...mine,
      body: { name: 'Secret', scope: 'scim' },
    });

    for (const list of ['projects', 'organizations', 'roles', 'products', 'tokens', 'audit']) {
      const { status, body } = await app.request(`GET`, `/api/v1/${list}`, { token: acme });
      expect(status, list).to.equal(200);
      expect(JSON.stringify(body), list).not.to.match(/secret/i);
    }
    for (const [method, path] of [
      ['PATCH', '/projects/secret'],
      ['DELETE', '/projects/secret'],
      ['PATCH', '/organizations/secret'],
      ['DELETE', '/organizations/secret'],
      ['DELETE', `/tokens/${String(token.body.id)}`],
    ] as const) {
      const body = method === 'PATCH' ? { name: 'Taken over' } : undefined;
      const { status } = await app.request(method, `/api/v1${path}`, { token: acme, body });
      expect(status, `${method} ${path}`).to.equal(404);
    }
    // A key of one is free in the other.
    expect((await app.request('POST', '/api/v1/projects', { token: acme, body: secret })).status).to.equal(
      201,
    );
    const affiliated = await app.request('POST', '/api/v1/projects', {
      token: acme,
      body: { key: 'x', name: 'X', organization: 'secret' },
    });
    expect(affiliated.status).to.equal(400);
    expect((await app.request('GET', '/api/v1/projects?search=secret', mine)).body.items).to.have.lengthOf(1);
  });

  it('are changed by their admins', async () => {
    const patch = (body: object) => app.request('PATCH', '/api/v1/workspace', { token: acme, body });
    const first = await patch({
      name: 'Acme Ltd',
      signInUrl: 'https://acme.example.com/',
      integrationEnabled: false,
    });
    expect(first.body).to.include({
      key: 'acme',
      name: 'Acme Ltd',
      signInUrl: 'https://acme.example.com/',
      integrationEnabled: false,
    });
    expect((await patch({ signInUrl: null, integrationEnabled: true })).body).to.include({
      name: 'Acme Ltd',
      signInUrl: null,
      integrationEnabled: true,
    });
    for (const signInUrl of [
      'javascript:alert(1)',
      'acme.example.com',
      '/sign-in',
      '',
      'ftp://acme.example.com',
    ]) {
      expect((await patch({ signInUrl })).status, signInUrl).to.equal(400);
    }
    expect((await patch({ key: 'other' })).status).to.equal(400);
  });
});
