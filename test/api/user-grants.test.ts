import { expect } from 'chai';
import { brokenInvariants } from '../races/invariants.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { managedBy } from './managed.ts';

describe('an admin gives by hand', () => {
  let app: TestApp;
  let admin: ReturnType<typeof managedBy>;

  before(async () => {
    app = await startApp();
    admin = managedBy(app);
    for (const key of ['mobile', 'web']) await admin.admin('POST', '/projects', { key, name: key });
  });
  afterEach(async () => {
    expect(await brokenInvariants(app.core)).to.deep.equal([]);
  });
  after(() => app.stop());

  const limit = (seats: number | null) =>
    admin.admin('PUT', '/products/test-management', { licenses: [{ key: 'guest', seats }] });

  it('a role in a project, another in its place, and takes it away; again changes nothing', async () => {
    const id = await admin.user('project@x.io');
    const path = `/users/${id}/projects/Mobile`;
    const given = await admin.admin('PUT', path, { role: 'Tester' });
    expect(given).to.deep.include({ projects: [{ project: 'mobile', role: 'tester' }] });
    await admin.writesNothing(() => admin.admin('PUT', path, { role: 'tester' }));
    await admin.admin('PUT', path, { role: 'viewer' });
    const detail = await admin.detail(id);
    expect(detail.projects, 'in its place, also a lower one').to.deep.equal([
      { project: 'mobile', role: 'viewer' },
    ]);
    expect(detail.access.projects[0]!.via[0]).to.include({ type: 'direct', source: 'admin' });
    await admin.admin('DELETE', path);
    expect((await admin.detail(id)).projects).to.deep.equal([]);
    await admin.writesNothing(() => admin.admin('DELETE', path));
    expect(
      (await admin.events(id)).slice(1).map(({ action, before, after }) => ({ action, before, after })),
    ).to.deep.equal([
      { action: 'user.project_role_set', before: null, after: { project: 'mobile', role: 'tester' } },
      {
        action: 'user.project_role_set',
        before: { project: 'mobile', role: 'tester' },
        after: { project: 'mobile', role: 'viewer' },
      },
      { action: 'user.project_role_removed', before: { project: 'mobile', role: 'viewer' }, after: null },
    ]);
  });

  it('a license of a product, another in its place, and takes it away', async () => {
    const id = await admin.user('license@x.io');
    const path = `/users/${id}/products/testsigma`;
    expect(await admin.admin('PUT', path, {})).to.deep.include({ licenses: ['testsigma:standard'] });
    await admin.writesNothing(() => admin.admin('PUT', path, { license: 'STANDARD' }));
    expect(await admin.admin('PUT', path, { license: 'pro' })).to.deep.include({
      licenses: ['testsigma:pro'],
    });
    await admin.admin('DELETE', path);
    expect((await admin.detail(id)).licenses).to.deep.equal([]);
    await admin.writesNothing(() => admin.admin('DELETE', path));
  });

  it('in place of what an invitation gave', async () => {
    const id = await admin.joined('invited@x.io', {
      products: [{ product: 'testsigma', license: 'pro' }],
      projects: [{ project: 'web', role: 'viewer' }],
    });
    await admin.writesNothing(() =>
      admin.admin('PUT', `/users/${id}/products/testsigma`, { license: 'pro' }),
    );
    await admin.admin('PUT', `/users/${id}/products/testsigma`, { license: 'standard' });
    await admin.admin('DELETE', `/users/${id}/projects/web`);
    expect(await admin.detail(id)).to.deep.include({ licenses: ['testsigma:standard'], projects: [] });
  });

  it('beside what was pushed or comes through a group, which is not taken away here', async () => {
    const id = await admin.user('beside@x.io', {
      roles: admin.elements(['mobile:viewer']),
      entitlements: admin.elements(['testsigma']),
    });
    const group = await admin.group('Web people', id);
    const grants = [
      { project: 'web', role: 'tester' },
      { product: 'test-management', license: 'standard' },
    ];
    await admin.admin('PUT', `/groups/${group}/grants`, { grants });

    const refused = async (path: string) => (await admin.refused('DELETE', `/users/${id}/${path}`)).detail;
    await admin.writesNothing(async () => {
      expect(await refused('projects/mobile')).to.equal(
        'The project "mobile" is given to "beside@x.io" only by the identity provider, so it can\'t be taken away here. ' +
          'Change it at the identity provider.',
      );
      expect(await refused('products/testsigma')).to.contain('only by the identity provider');
      expect(await refused('projects/web')).to.equal(
        'The project "web" is given to "beside@x.io" only through the group "Web people", so it can\'t be taken away ' +
          'here. Take the user out of the group, or change what it gives.',
      );
      expect(await refused('products/test-management')).to.contain('through the group "Web people"');
    });

    await admin.admin('PUT', `/users/${id}/projects/mobile`, { role: 'manager' });
    await admin.admin('PUT', `/users/${id}/projects/web`, { role: 'viewer' });
    const both = [
      { project: 'mobile', role: 'manager' },
      { project: 'web', role: 'tester' },
    ];
    expect((await admin.detail(id)).projects, 'the highest counts').to.deep.equal(both);
    expect(await admin.put(id, 'beside@x.io')).to.equal(200);
    expect((await admin.detail(id)).projects, 'the provider pushes nothing any more').to.deep.equal(both);
    await admin.admin('DELETE', `/users/${id}/projects/web`);
    expect((await admin.detail(id)).projects, 'still through the group').to.deep.equal(both);
  });

  it('nothing past the last seat, and frees it when it is taken away', async () => {
    await limit(1);
    const [one, two] = [await admin.user('seat-1@x.io'), await admin.user('seat-2@x.io')];
    const path = (id: string) => `/users/${id}/products/test-management`;
    await admin.admin('PUT', path(one), { license: 'guest' });
    const { detail } = await admin.refused('PUT', path(two), { license: 'guest' });
    expect(detail).to.contain('test-management:guest has 1 seats');
    await admin.admin('PUT', path(one), { license: 'standard' });
    await admin.admin('PUT', path(two), { license: 'guest' });
    await admin.admin('DELETE', path(two));
    await admin.admin('PUT', path(one), { license: 'guest' });
    await limit(null);
  });

  it('no project role to a billing manager, however the user became one', async () => {
    const id = await admin.user('billing@x.io');
    const group = await admin.group('Billing', id);
    await admin.admin('PUT', `/groups/${group}/grants`, { grants: [{ accountRole: 'billing_manager' }] });
    const { detail } = await admin.refused('PUT', `/users/${id}/projects/mobile`, { role: 'viewer' });
    expect(detail).to.contain('A billing manager holds no project role');
    expect((await admin.detail(id)).projects).to.deep.equal([]);
    await admin.admin('PUT', `/users/${id}/products/testsigma`, {});
  });

  it('only what there is', async () => {
    const id = await admin.user('keys@x.io');
    await admin.refused('PUT', `/users/${id}/projects/nowhere`, { role: 'viewer' }, 404);
    await admin.refused('DELETE', `/users/${id}/projects/nowhere`, undefined, 404);
    await admin.refused('PUT', `/users/${id}/products/nothing`, {}, 404);
    await admin.refused('DELETE', `/users/${id}/products/nothing`, undefined, 404);
    const role = await admin.refused('PUT', `/users/${id}/projects/web`, { role: 'king' }, 400);
    expect(role.errors![0]!.field).to.equal('role');
    const license = await admin.refused('PUT', `/users/${id}/products/testsigma`, { license: 'gold' }, 400);
    expect(license.errors![0]!.field).to.equal('license');
    await admin.refused('PUT', `/users/${id}/projects/web`, {}, 400);
  });

  it('only one product while the integration is switched off', async () => {
    const id = await admin.user('one@x.io');
    const both = await admin.user('both@x.io', {
      entitlements: admin.elements(['testsigma', 'test-management']),
    });
    await admin.admin('PATCH', '/workspace', { integrationEnabled: false });
    await admin.admin('PUT', `/users/${id}/products/testsigma`, {});
    const { detail } = await admin.refused('PUT', `/users/${id}/products/test-management`, {});
    expect(detail).to.contain('only one of them').and.to.contain('"one@x.io"');
    await admin.admin('PUT', `/users/${id}/products/testsigma`, { license: 'pro' });
    await admin.admin('PUT', `/users/${both}/products/testsigma`, { license: 'pro' });
    await admin.admin('DELETE', `/users/${id}/products/testsigma`);
    await admin.admin('PUT', `/users/${id}/products/test-management`, {});
    await admin.admin('PATCH', '/workspace', { integrationEnabled: true });
    await admin.admin('PUT', `/users/${id}/products/testsigma`, {});
  });
});
