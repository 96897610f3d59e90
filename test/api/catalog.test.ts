import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';

interface List {
  readonly items: readonly { readonly key: string }[];
  readonly nextCursor: string | null;
}

interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
  readonly requestId: string;
}

describe('catalogue', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  function call<Body = Record<string, unknown>>(method: string, path: string, body?: object) {
    return app.request<Body>(method, `/api/v1${path}`, { token: app.tokens.admin, body });
  }

  const keys = async (path: string) => (await call<List>('GET', path)).body.items.map((item) => item.key);

  describe('organizations', () => {
    it('are made, found without regard to case, changed and deleted', async () => {
      expect((await call('POST', '/organizations', { key: 'EMEA', name: 'Europe' })).body).to.deep.equal({
        key: 'EMEA',
        name: 'Europe',
      });
      const renamed = await call('PATCH', '/organizations/emea', {
        name: 'Europe and Africa',
        key: 'emea-1',
      });
      expect(renamed.status).to.equal(200);
      expect(renamed.body).to.deep.equal({ key: 'emea-1', name: 'Europe and Africa' });
      expect(await keys('/organizations')).to.deep.equal(['emea-1']);
      expect((await call('PATCH', '/organizations/EMEA', { name: 'x' })).status).to.equal(404);
      const deleted = await call('DELETE', '/organizations/EMEA-1');
      expect(deleted.status).to.equal(204);
      expect(deleted.body).to.equal(undefined);
      expect(await keys('/organizations')).to.deep.equal([]);
      expect((await call('DELETE', '/organizations/emea-1')).status).to.equal(404);
    });

    it('give their key free when they are deleted', async () => {
      await call('POST', '/organizations', { key: 'again', name: 'First' });
      await call('DELETE', '/organizations/again');
      expect((await call('POST', '/organizations', { key: 'AGAIN', name: 'Second' })).status).to.equal(201);
      await call('DELETE', '/organizations/again');
    });

    it('are not deleted while a project belongs to them', async () => {
      await call('POST', '/organizations', { key: 'apac', name: 'Asia' });
      await call('POST', '/projects', { key: 'asian', name: 'Asian', organization: 'APAC' });
      const refused = await call<Problem>('DELETE', '/organizations/apac');
      expect(refused.status).to.equal(409);
      expect(refused.body.detail).to.contain('in use by 1 project.');
      await call('DELETE', '/projects/asian');
      expect((await call('DELETE', '/organizations/apac')).status).to.equal(204);
    });
  });

  describe('projects', () => {
    it('belong to an organization or to none', async () => {
      await call('POST', '/organizations', { key: 'us', name: 'United States' });
      const made = await call('POST', '/projects', { key: 'mobile', name: 'Mobile', organization: 'US' });
      expect(made.status).to.equal(201);
      expect(made.body).to.deep.equal({ key: 'mobile', name: 'Mobile', organization: 'us' });
      const alone = await call('PATCH', '/projects/mobile', { organization: null });
      expect(alone.body).to.deep.equal({ key: 'mobile', name: 'Mobile', organization: null });
      const unknown = await call<Problem>('PATCH', '/projects/mobile', { organization: 'nowhere' });
      expect(unknown.status).to.equal(400);
      expect(unknown.body.errors?.[0]?.field).to.equal('organization');
      await call('DELETE', '/projects/mobile');
    });

    it('have one winner when twenty make the same key at once', async () => {
      const made = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          call('POST', '/projects', { key: index % 2 ? 'race' : 'RACE', name: 'Race' }),
        ),
      );
      const statuses = made.map((one) => one.status).sort((a, b) => a - b);
      expect(statuses).to.deep.equal([201, ...Array<number>(19).fill(409)]);
      expect(made.find((one) => one.status === 409)?.body.type).to.equal('urn:rollcall:problem:taken');
      await call('DELETE', '/projects/race');
    });

    it('take only keys that can stand in a grant', async () => {
      for (const key of ['', 'a b', 'a:b', '-a', '.a', '{project}', 'ä', 'x'.repeat(64), 'a/b', 'a\u0000']) {
        const { status, body } = await call<Problem>('POST', '/projects', { key, name: 'Wrong' });
        expect(status, key).to.equal(400);
        expect(
          body.errors?.map((error) => error.field),
          key,
        ).to.deep.equal(['key']);
      }
      for (const key of ['x'.repeat(63), '0', 'A_b.c-d']) {
        expect((await call('POST', '/projects', { key, name: 'Right' })).status, key).to.equal(201);
        await call('DELETE', `/projects/${key}`);
      }
    });

    it('take only names that can be read', async () => {
      for (const name of ['', '   ', 'x'.repeat(201), 'with \u0000']) {
        expect((await call('POST', '/projects', { key: 'named', name })).status, name).to.equal(400);
      }
    });

    it('walk page by page exactly once, whatever the order', async () => {
      const all = Array.from({ length: 23 }, (_, index) => `walk-${String(index).padStart(2, '0')}`);
      for (const key of all) await call('POST', '/projects', { key, name: key.endsWith('1') ? 'Twin' : key });
      for (const sort of ['key', '-key', 'name', '-name']) {
        const seen: string[] = [];
        let cursor: string | null = '';
        let pages = 0;
        while (cursor !== null) {
          const next: string = cursor === '' ? '' : `&cursor=${cursor}`;
          const { body } = await call<List>('GET', `/projects?limit=5&search=WALK&sort=${sort}${next}`);
          expect(body.items.length).to.be.at.most(5);
          seen.push(...body.items.map((item) => item.key));
          cursor = body.nextCursor;
          pages++;
        }
        // The search looks at names too, and the twins' keys hold the text.
        expect(seen, sort).to.have.lengthOf(23);
        expect(seen, sort).to.have.members(all);
        expect(pages, sort).to.equal(5);
        if (sort === '-key') expect(seen).to.deep.equal(all.toReversed());
      }
    });

    it('are found by any part of key or name, and wildcards are plain text', async () => {
      await call('POST', '/projects', { key: 'percent', name: '100% done_now' });
      expect(await keys('/projects?search=DONE_')).to.deep.equal(['percent']);
      expect(await keys('/projects?search=0%25%20d')).to.deep.equal(['percent']);
      expect(await keys('/projects?search=%25x')).to.deep.equal([]);
      expect(await keys('/projects?search=%5C')).to.deep.equal([]);
      await call('DELETE', '/projects/percent');
    });

    it('change nothing when nothing differs', async () => {
      await call('POST', '/projects', { key: 'still', name: 'Still' });
      const count = async () =>
        (await call<{ items: unknown[] }>('GET', '/audit?target=still')).body.items.length;
      const before = await count();
      expect((await call('PATCH', '/projects/still', { name: 'Still', organization: null })).status).to.equal(
        200,
      );
      expect((await call('PATCH', '/projects/still', {})).status).to.equal(200);
      expect(await count()).to.equal(before);
      await call('DELETE', '/projects/still');
    });
  });

  describe('roles', () => {
    it('come with a new workspace, the highest first', async () => {
      const { body } = await call('GET', '/roles');
      expect(body).to.deep.equal({
        items: [
          { key: 'manager', name: 'Manager', rank: 30 },
          { key: 'tester', name: 'Tester', rank: 20 },
          { key: 'viewer', name: 'Viewer', rank: 10 },
        ],
        nextCursor: null,
      });
    });

    it('are made and changed by PUT', async () => {
      const made = await call('PUT', '/roles/lead', { rank: 25 });
      expect([made.status, made.body]).to.deep.equal([201, { key: 'lead', name: 'lead', rank: 25 }]);
      const changed = await call('PUT', '/roles/LEAD', { name: 'Team lead', key: 'team-lead', rank: 26 });
      expect([changed.status, changed.body]).to.deep.equal([
        200,
        { key: 'team-lead', name: 'Team lead', rank: 26 },
      ]);
      expect(await keys('/roles')).to.deep.equal(['manager', 'team-lead', 'tester', 'viewer']);
      expect(await keys('/roles?sort=rank&limit=2')).to.deep.equal(['viewer', 'tester']);
    });

    it('need a rank of their own', async () => {
      expect((await call<Problem>('PUT', '/roles/none', {})).body.errors?.[0]?.field).to.equal('rank');
      const twin = await call<Problem>('PUT', '/roles/twin', { rank: 30 });
      expect([twin.status, twin.body.detail]).to.deep.equal([
        409,
        'The role "manager" has rank 30 already; choose another.',
      ]);
      expect((await call('PUT', '/roles/huge', { rank: 1e12 })).status).to.equal(400);
      expect((await call('PUT', '/roles/half', { rank: 1.5 })).status).to.equal(400);
    });

    it('have a key that is free', async () => {
      const { status, body } = await call<Problem>('PUT', '/roles/viewer', { key: 'Tester' });
      expect([status, body.errors?.[0]?.field]).to.deep.equal([409, 'key']);
    });
  });

  describe('products', () => {
    it('come with a new workspace', async () => {
      expect(await keys('/products')).to.deep.equal(['test-management', 'testsigma']);
    });

    it('are renamed and switched off', async () => {
      const renamed = await call('PUT', '/products/TESTSIGMA', {
        key: 'sigma',
        name: 'Sigma',
        enabled: false,
      });
      expect(renamed.status).to.equal(200);
      expect(renamed.body).to.include({ key: 'sigma', name: 'Sigma', enabled: false });
      await call('PUT', '/products/sigma', { key: 'testsigma', name: 'Testsigma', enabled: true });
    });

    it('are made with the license standard at least', async () => {
      const { status, body } = await call('PUT', '/products/grid', { licenses: [{ key: 'gold', seats: 3 }] });
      expect(status).to.equal(201);
      expect(body).to.deep.equal({
        key: 'grid',
        name: 'grid',
        enabled: true,
        licenses: [
          { key: 'gold', name: 'gold', seats: 3, used: 0, overflow: 'refuse' },
          { key: 'standard', name: 'Standard', seats: null, used: 0, overflow: 'refuse' },
        ],
      });
    });

    it('keep licenses that are not mentioned, and what is not said of one', async () => {
      await call('PUT', '/products/kept', {
        licenses: [{ key: 'a', seats: 1, overflow: 'allow', name: 'A' }],
      });
      const { body } = await call('PUT', '/products/kept', { licenses: [{ key: 'A', seats: null }] });
      expect(body.licenses).to.deep.equal([
        { key: 'a', name: 'A', seats: null, used: 0, overflow: 'allow' },
        { key: 'standard', name: 'Standard', seats: null, used: 0, overflow: 'refuse' },
      ]);
    });

    it('say which license is wrong', async () => {
      const twice = await call<Problem>('PUT', '/products/testsigma', {
        licenses: [{ key: 'gold' }, { key: 'GOLD' }],
      });
      expect([twice.status, twice.body.errors?.[0]?.field]).to.deep.equal([400, 'licenses[1].key']);
      const negative = await call<Problem>('PUT', '/products/testsigma', {
        licenses: [{ key: 'pro', seats: -1 }],
      });
      expect(negative.body.errors?.[0]?.field).to.equal('licenses[0].seats');
      const unknown = await call<Problem>('PUT', '/products/testsigma', {
        licenses: [{ key: 'pro', remove: true }],
      });
      expect(unknown.body.errors).to.deep.equal([
        { field: 'licenses[0].remove', message: 'is not known here' },
      ]);
    });
  });
});
