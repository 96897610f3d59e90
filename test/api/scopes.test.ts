import { expect } from 'chai';
import { routes } from '../../src/api/routes/index.ts';
import type { Scope } from '../../src/core/context/caller.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { CASES, type Made, prepare, SCOPES, tokensOf } from './cases.ts';

describe('scopes of the companion API', () => {
  let app: TestApp;
  let made: Made;
  let tokens: ReadonlyMap<Scope, string>;

  before(async () => {
    app = await startApp();
    tokens = await tokensOf(app);
    made = await prepare(app);
  });
  after(() => app.stop());

  const names = routes.map((route) => `${route.method.toUpperCase()} ${route.path}`);

  it('has a case for every route, and no other', () => {
    expect(Object.keys(CASES)).to.have.members(names);
  });

  for (const [index, route] of routes.entries()) {
    const name = names[index]!;
    const one = CASES[name];
    if (!one) continue;

    const call = async (token: string | undefined, scope?: Scope) =>
      app.request(route.method.toUpperCase(), `/api/v1${(await one.path?.(made)) ?? route.path}`, {
        token,
        ...(one.body ? { body: await one.body(made) } : {}),
        headers: scope === 'operator' ? { 'X-Workspace': 'default' } : {},
      });

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

  it('lets operators do in a workspace what its admins may', () => {
    for (const route of routes) {
      if (route.scopes.includes('admin')) expect(route.scopes, route.path).to.include('operator');
    }
  });
});
