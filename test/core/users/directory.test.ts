import { expect } from 'chai';
import { contextOf } from '../../../src/core/context/context.ts';
import type { Core } from '../../../src/core/context/core.ts';
import type { KeysetPage } from '../../../src/core/shared/keyset.ts';
import { deleteUser } from '../../../src/core/users/delete.ts';
import {
  type DirectoryFilter,
  type DirectorySort,
  getUserDetail,
  listDirectory,
} from '../../../src/core/users/directory.ts';
import type { UserId } from '../../../src/lib/ids.ts';
import { openDb } from '../../../src/store/db/pool.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { expectRefusal } from '../../support/refusal.ts';
import { newWorld, type Pushed, type World } from '../../support/world.ts';

describe('directory', () => {
  let database: TestDatabase;
  let core: Core;
  let world: World;

  before(async () => {
    database = await createDatabase();
    core = { db: openDb({ url: database.url, poolSize: 4 }) };
  });
  after(async () => {
    await core.db.destroy();
    await database.drop();
  });
  beforeEach(async () => {
    world = await newWorld(core);
  });

  const named = (displayName: string, more: Pushed = {}): Pushed => ({
    ...more,
    attributes: { displayName },
  });
  const list = async (filter: DirectoryFilter = {}, page: Partial<KeysetPage<DirectorySort>> = {}) =>
    listDirectory(contextOf(core, world.caller), filter, {
      sort: { by: 'name', descending: false },
      limit: 100,
      ...page,
    });
  const names = async (filter: DirectoryFilter = {}, page: Partial<KeysetPage<DirectorySort>> = {}) =>
    (await list(filter, page)).items.map((item) => item.user.user_name);

  describe('page by page', () => {
    const sorts = ['name', 'email', 'status', 'joined', 'lastAccess'] as const;

    beforeEach(async () => {
      // Ties everywhere: few names, few addresses, some with none, few times, some never.
      const ids: UserId[] = [];
      for (let index = 0; index < 23; index++) {
        const emails = index % 4 === 0 ? [] : [{ value: `mail-${index % 3}@example.com` }];
        const attributes = { displayName: `Name ${index % 5}`, emails };
        ids.push(await world.user(`user-${index}`, { attributes, active: index % 3 !== 0 }));
      }
      const { workspaceId } = world.caller;
      for (const [index, id] of ids.entries()) {
        if (index % 2 === 0) continue;
        await core.db.raw('insert into user_last_access values (?, ?, ?)', [
          workspaceId,
          id,
          new Date(Date.UTC(2030, 0, 1 + (index % 4), 0, 0, 0, index % 2)),
        ]);
      }
      await core.db.raw(
        `update users set joined_at = date_trunc('minute', joined_at) where workspace_id = ? and user_name like '%1'`,
        [workspaceId],
      );
    });

    for (const by of sorts) {
      for (const descending of [false, true]) {
        it(`visits everybody once, sorted by ${descending ? '-' : ''}${by}`, async () => {
          const sort = { by, descending };
          const whole = await names({}, { sort });
          expect(whole).to.have.length(23);
          for (const limit of [1, 4, 22, 23]) {
            const seen: string[] = [];
            let after: KeysetPage<DirectorySort>['after'];
            for (let pages = 0; pages < 30; pages++) {
              const page = await list({}, { sort, limit, after });
              seen.push(...page.items.map((item) => item.user.user_name));
              if (!page.next) break;
              after = page.next;
            }
            expect(seen).to.deep.equal(whole);
            expect(new Set(seen).size).to.equal(23);
          }
        });
      }
    }

    it('puts who has no address, or was never seen, last in both directions', async () => {
      for (const descending of [false, true]) {
        const byEmail = (await list({}, { sort: { by: 'email', descending } })).items;
        const without = byEmail.map((item) => item.user.email === null);
        expect(without.indexOf(true)).to.equal(without.filter((one) => !one).length);
        const seen = (await list({}, { sort: { by: 'lastAccess', descending } })).items;
        const times = seen.map((item) => item.user.last_access_at?.getTime() ?? null);
        expect(times.slice(times.indexOf(null)).every((one) => one === null)).to.equal(true);
        const known = times.filter((one) => one !== null);
        expect(known).to.deep.equal([...known].sort((a, b) => (descending ? b - a : a - b)));
      }
    });
  });

  it('searches names, addresses and user names without regard to case, wildcards literal', async () => {
    await world.user('ann@example.com', named('Änn Öther'));
    await world.user('bob', {
      attributes: { displayName: 'Bob', emails: [{ value: 'Robert%1@example.com' }] },
    });
    await world.user('c_d', named('100% sure \\ yes'));
    const found = (search: string) => names({}, { search });
    expect(await found('äNN ö')).to.deep.equal(['ann@example.com']);
    expect(await found('EXAMPLE.com')).to.deep.equal(['bob', 'ann@example.com']);
    expect(await found('%')).to.deep.equal(['c_d', 'bob']);
    expect(await found('_')).to.deep.equal(['c_d']);
    expect(await found('e \\ y')).to.deep.equal(['c_d']);
    expect(await found('zzz')).to.deep.equal([]);
  });

  it('filters by status, organization, product and project, together', async () => {
    await world.organization('emea');
    await world.project('mobile');
    const group = await world.group('Group');
    await world.grants(group, [{ project: 'mobile', role: 'viewer' }]);
    const pushed = { organization: 'EMEA', entitlements: ['testsigma:pro'] };
    const ann = await world.user('ann', pushed);
    const bob = await world.user('bob', { ...pushed, active: false });
    await world.user('cid', { organization: 'nowhere', roles: ['mobile:manager'] });
    await world.members(group, { add: [ann, bob] });

    expect(await names({ organization: 'emea' })).to.deep.equal(['ann', 'bob']);
    expect(await names({ product: 'Testsigma' })).to.deep.equal(['ann', 'bob']);
    expect(await names({ project: 'MOBILE' })).to.deep.equal(['ann', 'bob', 'cid']);
    expect(await names({ project: 'mobile', product: 'testsigma', statuses: ['active'] })).to.deep.equal([
      'ann',
    ]);
    expect(await names({ statuses: ['inactive', 'pending'] })).to.deep.equal(['bob']);
    for (const filter of [
      { project: 'no' },
      { product: 'no' },
      { organization: 'nowhere' },
      { statuses: [] },
    ]) {
      expect(await names(filter)).to.deep.equal([]);
    }
    await world.product('testsigma', false);
    expect(await names({ product: 'testsigma' })).to.deep.equal([]);
  });

  it('shows what is had, the highest of each, and what an inactive user would have', async () => {
    await world.project('mobile');
    await world.project('web');
    const roles = ['admin', 'member', 'mobile:viewer', 'Mobile:TESTER', 'web:viewer'];
    const user = await world.user('ann', { roles, entitlements: ['testsigma:pro', 'test-management'] });
    const expected = {
      accountRole: 'admin',
      licenses: ['test-management:standard', 'testsigma:pro'],
      projects: [
        { project: 'mobile', role: 'tester' },
        { project: 'web', role: 'viewer' },
      ],
    };
    expect((await list()).items[0]).to.deep.include(expected);
    await world.push(user, 'ann', {
      roles,
      entitlements: ['testsigma:pro', 'test-management'],
      active: false,
    });
    expect((await list()).items[0]).to.deep.include(expected);
    const detail = await getUserDetail(contextOf(core, world.caller), user);
    expect(detail).to.deep.include(expected);
    expect(detail.access).to.deep.equal({
      accountRole: { role: 'member', via: [] },
      projects: [],
      products: [],
    });
  });

  it('takes the primary picture, else the first', async () => {
    const photo = (value: string, primary?: boolean) => ({ value, ...(primary ? { primary } : {}) });
    const pictures = [[], [photo('a'), photo('b')], [photo('a'), photo('b', true)]];
    for (const [index, photos] of pictures.entries())
      await world.user(`user-${index}`, { attributes: { photos } });
    expect((await list()).items.map((item) => item.user.picture)).to.deep.equal([null, 'a', 'b']);
  });

  it('keeps whom SCIM no longer shows, inactive', async () => {
    const group = await world.group('Group');
    const user = await world.user('ann', { entitlements: ['testsigma'] });
    await world.members(group, { add: [user] });
    await deleteUser(contextOf(core, world.caller), user);
    const [item] = (await list()).items;
    expect(item!.user).to.deep.include({ id: user, status: 'inactive' });
    expect(item!.licenses).to.deep.equal([]);
    const detail = await getUserDetail(contextOf(core, world.caller), user);
    expect(detail.groups).to.deep.equal([]);
    expect(detail.user.removed_at).to.be.instanceOf(Date);
  });

  it('shows all of one user', async () => {
    await world.project('mobile');
    const user = await world.user('ann@example.com', {
      startDate: '2030-02-01',
      externalId: 'x-1',
      roles: ['mobile:viewer', 'nonsense'],
      attributes: { title: 'Engineer', phoneNumbers: [{ value: '+1' }] },
    });
    const group = await world.group('Zebras', [user]);
    await world.group('Ants', [user]);
    await world.grants(group, [{ product: 'testsigma' }]);
    const detail = await getUserDetail(contextOf(core, world.caller), user);
    expect(detail.user).to.deep.include({
      start_date: '2030-02-01',
      external_id: 'x-1',
      email: 'ann@example.com',
    });
    expect(detail.user.attributes).to.deep.include({ title: 'Engineer', phoneNumbers: [{ value: '+1' }] });
    expect(detail.groups.map((one) => one.display_name)).to.deep.equal(['Ants', 'Zebras']);
    expect(detail.access.projects.map((one) => one.role)).to.deep.equal(['viewer']);
    expect(detail.access.products[0]!.via[0]).to.deep.include({ type: 'group', mapping: 'own' });
    expect(detail.conflicts.map((one) => [one.code, one.value])).to.deep.equal([
      ['unknown_role', 'nonsense'],
    ]);
  });

  it('shows nobody of another workspace', async () => {
    const user = await world.user('ann');
    const other = await newWorld(core);
    const page = { sort: { by: 'name', descending: false }, limit: 10 } as const;
    expect((await listDirectory(contextOf(core, other.caller), {}, page)).items).to.deep.equal([]);
    await expectRefusal(getUserDetail(contextOf(core, other.caller), user), 'not_found');
    await expectRefusal(getUserDetail(contextOf(core, world.caller), 'nonsense'), 'not_found');
  });
});
