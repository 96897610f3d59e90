import { expect } from 'chai';
import { getMappingRules, setGroupGrants, setMappingRules } from '../../../src/core/access/mapping.ts';
import type { Caller } from '../../../src/core/context/caller.ts';
import { contextOf } from '../../../src/core/context/context.ts';
import type { WorkspaceId } from '../../../src/lib/ids.ts';
import { startApp, type TestApp } from '../../support/app.ts';

interface Access {
  readonly kind: string;
  readonly target: string;
  readonly level: string;
}

interface License {
  readonly key: string;
  readonly seats: number | null;
  readonly used: number;
}

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const EXTENSION = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User';

describe('catalogue in use', () => {
  let app: TestApp;
  let caller: Caller;
  let made = 0;

  before(async () => {
    app = await startApp();
    const { body } = await app.request('GET', '/api/v1/workspace', { token: app.tokens.admin });
    caller = {
      workspaceId: body.id as WorkspaceId,
      actor: { kind: 'system', name: 'test' },
      requestId: 'test',
    };
  });
  after(() => app.stop());

  const call = (method: string, path: string, body?: object) =>
    app.request<{ detail: string; key: string; licenses: License[] }>(method, `/api/v1${path}`, {
      token: app.tokens.admin,
      body,
    });

  const push = async (user: object) => {
    const userName = `user-${made++}@example.com`;
    const { status, body } = await app.request('POST', '/scim/v2/Users', {
      token: app.tokens.scim,
      body: { schemas: [USER], userName, ...user },
    });
    expect(status, JSON.stringify(body)).to.equal(201);
    return String(body.id);
  };

  const group = async (displayName: string, ...members: string[]) => {
    const { status, body } = await app.request('POST', '/scim/v2/Groups', {
      token: app.tokens.scim,
      body: { displayName, members: members.map((value) => ({ value })) },
    });
    expect(status, JSON.stringify(body)).to.equal(201);
    return String(body.id);
  };

  const access = async (id: string) => {
    const path = `/scim/v2/Users/${id}?attributes=${EXTENSION}:access`;
    const { body } = await app.request(`GET`, path, { token: app.tokens.scim });
    const extension = body[EXTENSION] as { access?: Access[] } | undefined;
    return (extension?.access ?? []).map((one) => `${one.target}:${one.level}`);
  };

  const used = async (product: string, license: string) => {
    const { body } = await call('PUT', `/products/${product}`, {});
    return body.licenses.find((one) => one.key === license);
  };

  describe('deleting a project', () => {
    it('is refused while users have a role in it, saying how many', async () => {
      await call('POST', '/projects', { key: 'held', name: 'Held' });
      const ids = [
        await push({ roles: [{ value: 'held:tester' }] }),
        await push({ roles: [{ value: 'held:viewer' }] }),
      ];
      const refused = await call('DELETE', '/projects/held');
      expect(refused.status).to.equal(409);
      expect(refused.body.detail).to.equal(
        'The project "held" is in use by 2 users with a role in it. Take those roles away, and delete it then.',
      );
      for (const id of ids) await app.request('DELETE', `/scim/v2/Users/${id}`, { token: app.tokens.scim });
      expect((await call('DELETE', '/projects/held')).status).to.equal(204);
    });

    it('is refused while groups or rules give roles in it', async () => {
      await call('POST', '/projects', { key: 'granted', name: 'Granted' });
      const id = await group('Gives a role');
      await setGroupGrants(contextOf(app.core, caller), id, [{ project: 'granted', role: 'tester' }]);
      await setMappingRules(contextOf(app.core, caller), [
        { match: 'granted testers', grants: [{ project: 'granted', role: 'tester' }] },
      ]);
      const refused = await call('DELETE', '/projects/granted');
      expect(refused.body.detail).to.contain(
        'in use by 1 group that gives a role in it and 1 mapping rule that names it.',
      );
      await setGroupGrants(contextOf(app.core, caller), id, []);
      await setMappingRules(contextOf(app.core, caller), []);
      expect((await call('DELETE', '/projects/granted')).status).to.equal(204);
    });
  });

  it('an organization is not deleted while users belong to it', async () => {
    await call('POST', '/organizations', { key: 'south', name: 'South' });
    const id = await push({ [EXTENSION]: { organization: 'south' } });
    expect((await call('DELETE', '/organizations/south')).body.detail).to.contain('in use by 1 user.');
    await app.request('PATCH', `/scim/v2/Users/${id}`, {
      token: app.tokens.scim,
      body: { Operations: [{ op: 'remove', path: `${EXTENSION}:organization` }] },
    });
    expect((await call('DELETE', '/organizations/south')).status).to.equal(204);
  });

  describe('keys', () => {
    it('give access to a value that was pushed before they were made', async () => {
      const id = await push({
        roles: [{ value: 'later:tester' }],
        entitlements: [{ value: 'testsigma:gold' }],
      });
      expect(await access(id)).to.deep.equal([]);
      await call('POST', '/projects', { key: 'Later', name: 'Later' });
      expect(await access(id)).to.deep.equal(['Later:tester']);
      await call('PUT', '/products/testsigma', { licenses: [{ key: 'gold' }] });
      expect(await access(id)).to.have.members(['Later:tester', 'testsigma:gold']);
    });

    it('affiliate users for whom an organization was pushed before it was made', async () => {
      const id = await push({ [EXTENSION]: { organization: 'waited-for' } });
      const detail = () =>
        app.request<{ organization: string | null; conflicts: unknown[] }>('GET', `/api/v1/users/${id}`, {
          token: app.tokens.admin,
        });
      expect((await detail()).body.conflicts).to.have.lengthOf(1);
      await call('POST', '/organizations', { key: 'other', name: 'Other' });
      await call('PATCH', '/organizations/other', { key: 'Waited-For' });
      expect((await detail()).body).to.include({ organization: 'Waited-For' });
      expect((await detail()).body.conflicts).to.deep.equal([]);
      expect((await call('DELETE', '/organizations/waited-for')).status).to.equal(409);
    });

    it('take groups along by their names', async () => {
      const id = await push({});
      await group('ts-fresh-viewer', id);
      await setMappingRules(contextOf(app.core, caller), [
        { match: 'ts-{project}-{role}', grants: [{ project: '{project}', role: '{role}' }] },
      ]);
      expect(await access(id)).to.deep.equal([]);
      await call('POST', '/projects', { key: 'fresh', name: 'Fresh' });
      expect(await access(id)).to.deep.equal(['fresh:viewer']);
      await call('PATCH', '/projects/fresh', { key: 'stale' });
      expect(await access(id)).to.deep.equal([]);
    });

    it('keep the access of rules that name them when they are changed', async () => {
      await call('POST', '/projects', { key: 'before', name: 'Renamed' });
      const id = await push({});
      await group('Testers of it', id);
      const rules = (project: string, role: string, product: string) => [
        {
          match: 'testers of it',
          grants: [
            { project, role },
            { product, license: 'pro' },
          ],
        },
      ];
      await setMappingRules(contextOf(app.core, caller), rules('Before', 'tester', 'TESTSIGMA'));
      expect(await access(id)).to.have.members(['before:tester', 'testsigma:pro']);
      await call('PATCH', '/projects/before', { key: 'after' });
      await call('PUT', '/roles/tester', { key: 'checker' });
      await call('PUT', '/products/testsigma', { key: 'sigma' });
      expect(await access(id)).to.have.members(['after:checker', 'sigma:pro']);
      expect(await getMappingRules(contextOf(app.core, caller))).to.deep.equal(
        rules('after', 'checker', 'sigma'),
      );
      await call('PUT', '/roles/checker', { key: 'tester' });
      await call('PUT', '/products/sigma', { key: 'testsigma' });
    });
  });

  it('the ranks of roles decide which counts, also after they change', async () => {
    await call('POST', '/projects', { key: 'ranked', name: 'Ranked' });
    const id = await push({ roles: [{ value: 'ranked:tester' }, { value: 'ranked:viewer' }] });
    expect(await access(id)).to.deep.equal(['ranked:tester']);
    await call('PUT', '/roles/viewer', { rank: 25 });
    expect(await access(id)).to.deep.equal(['ranked:viewer']);
    await call('PUT', '/roles/viewer', { rank: 10 });
  });

  it('a product that is switched off gives nothing until it is on again', async () => {
    const id = await push({ entitlements: [{ value: 'test-management' }] });
    await call('PUT', '/products/test-management', { enabled: false });
    expect(await access(id)).to.deep.equal([]);
    await call('PUT', '/products/test-management', { enabled: true });
    expect(await access(id)).to.deep.equal(['test-management:standard']);
  });

  describe('seats', () => {
    it('are counted when a limit is set, and may be below what is used', async () => {
      await call('PUT', '/products/seated', {});
      for (let index = 0; index < 3; index++) await push({ entitlements: [{ value: 'seated' }] });
      expect(await used('seated', 'standard')).to.include({ seats: null, used: 3 });
      await call('PUT', '/products/seated', { licenses: [{ key: 'standard', seats: 5 }] });
      expect(await used('seated', 'standard')).to.include({ seats: 5, used: 3 });
      const lowered = await call('PUT', '/products/seated', { licenses: [{ key: 'standard', seats: 2 }] });
      expect(lowered.status).to.equal(200);
      expect(await used('seated', 'standard')).to.include({ seats: 2, used: 3 });
      // Over the limit, a change that takes no seat still goes through.
      await call('POST', '/projects', { key: 'beside', name: 'Beside' });
      const refused = await app.request('POST', '/scim/v2/Users', {
        token: app.tokens.scim,
        body: { schemas: [USER], userName: 'one-too-many', entitlements: [{ value: 'seated' }] },
      });
      expect(refused.status).to.equal(409);
      await call('PUT', '/products/seated', { licenses: [{ key: 'standard', seats: null }] });
      expect(await used('seated', 'standard')).to.include({ seats: null, used: 3 });
    });

    it('refuse a new license that waiting values would overfill at once', async () => {
      for (let index = 0; index < 2; index++) await push({ entitlements: [{ value: 'seated:scarce' }] });
      const refused = await call('PUT', '/products/seated', { licenses: [{ key: 'scarce', seats: 1 }] });
      expect(refused.status).to.equal(409);
      expect(refused.body.detail).to.contain('seated:scarce');
      const { body } = await call('PUT', '/products/seated', { licenses: [{ key: 'scarce', seats: 2 }] });
      expect(body.licenses[0]).to.include({ key: 'scarce', seats: 2, used: 2 });
    });
  });

  it('keeps the older versions of what changes', async () => {
    await call('POST', '/projects', { key: 'v1', name: 'Version' });
    await call('PATCH', '/projects/v1', { key: 'v2' });
    await call('DELETE', '/projects/v2');
    const { rows } = await app.core.db.raw<{ rows: { key: string; ended: boolean }[] }>(
      `select key, deleted_at is not null as ended from projects where name = 'Version'
        union all select key, deleted_at is not null from projects_history where name = 'Version' order by key, ended`,
    );
    expect(rows).to.deep.equal([
      { key: 'v1', ended: false },
      { key: 'v2', ended: false },
      { key: 'v2', ended: true },
    ]);
  });
});
