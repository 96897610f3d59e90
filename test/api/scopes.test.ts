import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { routes } from '../../src/api/routes/index.ts';
import type { Scope } from '../../src/core/caller.ts';
import { startApp, type TestApp } from '../support/app.ts';

/** A call of a route that succeeds for whoever may make it. */
interface Case {
  readonly path?: string | (() => Promise<string>);
  readonly body?: () => object;
}

const SCOPES: readonly Scope[] = ['scim', 'admin', 'auditor', 'product', 'operator'];

describe('scopes of the companion API', () => {
  let app: TestApp;
  const tokens = new Map<Scope, string>();
  /** The ids of a user and of a group that an identity provider pushed. */
  let user: string;
  let group: string;

  before(async () => {
    app = await startApp();
    for (const scope of SCOPES) {
      const { body } = await app.request<{ token: string }>('POST', '/api/v1/tokens', {
        token: app.tokens.operator,
        headers: { 'X-Workspace': 'default' },
        body: { name: scope, scope },
      });
      tokens.set(scope, body.token);
    }
    const push = async (path: string, body: object) => {
      const { body: pushed } = await app.request('POST', path, { token: app.tokens.scim, body });
      return String(pushed.id);
    };
    user = await push('/scim/v2/Users', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName: 'scopes@example.com',
    });
    group = await push('/scim/v2/Groups', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
      displayName: 'Scopes',
      members: [{ value: user }],
    });
    invited = await invitation();
  });
  after(() => app.stop());

  const named = () => ({ key: `k-${randomUUID()}`, name: 'Made for a scope' });
  const made = (list: string) => async () => {
    const body = named();
    await app.request('POST', `/api/v1/${list}`, { token: app.tokens.admin, body });
    return `/${list}/${body.key}`;
  };
  const token = () => ({ name: 'Made for a scope', scope: 'scim' });
  const invitation = async () => {
    const { body } = await app.request<{ invited: { id: string }[] }>('POST', '/api/v1/invitations', {
      token: app.tokens.admin,
      body: { emails: `${randomUUID()}@example.com` },
    });
    return body.invited[0]!.id;
  };
  let invited: string;

  /** One for each route of the table. Add yours here when you add a route. */
  const cases: Readonly<Record<string, Case>> = {
    'GET /workspace': {},
    'PATCH /workspace': { body: () => ({ name: `Workspace ${randomUUID()}` }) },
    'GET /workspaces': {},
    'POST /workspaces': { body: named },
    'GET /products': {},
    'PUT /products/{key}': { path: '/products/testsigma', body: () => ({ name: randomUUID() }) },
    'GET /organizations': {},
    'POST /organizations': { body: named },
    'PATCH /organizations/{key}': { path: made('organizations'), body: () => ({ name: 'Other' }) },
    'DELETE /organizations/{key}': { path: made('organizations') },
    'GET /projects': {},
    'POST /projects': { body: named },
    'PATCH /projects/{key}': { path: made('projects'), body: () => ({ name: 'Other' }) },
    'DELETE /projects/{key}': { path: made('projects') },
    'GET /roles': {},
    'PUT /roles/{key}': { path: '/roles/tester', body: () => ({ name: randomUUID() }) },
    'GET /users': {},
    'GET /users/{id}': { path: () => Promise.resolve(`/users/${user}`) },
    'GET /groups': {},
    'GET /groups/{id}/grants': { path: () => Promise.resolve(`/groups/${group}/grants`) },
    'PUT /groups/{id}/grants': {
      path: () => Promise.resolve(`/groups/${group}/grants`),
      body: () => ({ grants: [{ accountRole: 'member' }] }),
    },
    'GET /invitations': {},
    'POST /invitations': { body: () => ({ emails: [`${randomUUID()}@example.com`] }) },
    'POST /invitations/revoke': { body: () => ({ ids: [invited] }) },
    'POST /invitations/{id}/resend': { path: async () => `/invitations/${await invitation()}/resend` },
    'GET /invitations/{id}/link': { path: async () => `/invitations/${await invitation()}/link` },
    'GET /mapping-rules': {},
    'PUT /mapping-rules': { body: () => ({ rules: [] }) },
    'POST /mapping/preview': { body: () => ({ group, grants: [{ accountRole: 'member' }] }) },
    'GET /access': { path: () => Promise.resolve(`/access?user=${user}`) },
    'GET /conflicts': {},
    'GET /exports/users.csv': {},
    'GET /exports/users.jsonl': {},
    'GET /exports/access.csv': {},
    'GET /exports/access.jsonl': {},
    'GET /scim-requests': {},
    'GET /tokens': {},
    'POST /tokens': { body: token },
    'DELETE /tokens/{id}': {
      path: async () => {
        const { body } = await app.request('POST', '/api/v1/tokens', {
          token: app.tokens.admin,
          body: token(),
        });
        return `/tokens/${String(body.id)}`;
      },
    },
    'GET /audit': {},
  };

  const names = routes.map((route) => `${route.method.toUpperCase()} ${route.path}`);

  it('has a case for every route, and no other', () => {
    expect(Object.keys(cases)).to.have.members(names);
  });

  for (const [index, route] of routes.entries()) {
    const name = names[index]!;
    const one = cases[name];
    if (!one) continue;

    const call = async (token: string | undefined, scope?: Scope) =>
      app.request(
        route.method.toUpperCase(),
        `/api/v1${typeof one.path === 'function' ? await one.path() : (one.path ?? route.path)}`,
        {
          token,
          ...(one.body ? { body: one.body() } : {}),
          headers: scope === 'operator' ? { 'X-Workspace': 'default' } : {},
        },
      );

    it(`${name} asks for a token`, async () => {
      const { status, headers, body } = await call(undefined);
      expect(status).to.equal(401);
      expect(headers.get('www-authenticate')).to.match(/^Bearer/);
      expect(body.type).to.equal('urn:rollcall:problem:unauthenticated');
    });

    for (const scope of SCOPES) {
      const allowed = route.scopes.includes(scope);
      it(`${name} ${allowed ? 'serves' : 'refuses'} ${scope}`, async () => {
        const { status, body } = await call(tokens.get(scope), scope);
        if (allowed) {
          expect(status, JSON.stringify(body)).to.be.oneOf(route.statuses);
        } else {
          expect(status).to.equal(403);
          expect(body.type).to.equal('urn:rollcall:problem:forbidden');
        }
      });
    }
  }

  it('lets auditors read and change nothing', () => {
    for (const route of routes) {
      if (!route.scopes.includes('auditor')) continue;
      expect(route.method, route.path).to.equal('get');
    }
  });

  it('lets operators do in a workspace what its admins may', () => {
    for (const route of routes) {
      if (route.scopes.includes('admin')) expect(route.scopes, route.path).to.include('operator');
    }
  });
});
