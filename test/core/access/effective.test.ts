import { expect } from 'chai';
import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { accessOfUser, type Via } from '../../../src/core/access/effective.ts';
import { contextOf } from '../../../src/core/context/context.ts';
import type { Core } from '../../../src/core/context/core.ts';
import { deleteUser } from '../../../src/core/users/delete.ts';
import { listDirectory } from '../../../src/core/users/directory.ts';
import type { UserId } from '../../../src/lib/ids.ts';
import { accessOf, type AccessRow } from '../../../src/store/access/effective.ts';
import { openDb } from '../../../src/store/db/pool.ts';
import { scopeOf } from '../../../src/store/db/scope.ts';
import { databaseTime } from '../../../src/store/sql/as-of.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { type Model, naiveAccess } from '../../support/naive-access.ts';
import { begin, step } from '../../support/random-changes.ts';
import { expectRefusal } from '../../support/refusal.ts';
import { newWorld, type World } from '../../support/world.ts';

describe('effective access', () => {
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

  const of = async (user: string) => (await accessOfUser(contextOf(core, world.caller), user)).access;
  const groupNames = (via: readonly Via[]) => via.map((one) => one.type === 'group' && one.group.displayName);

  it('is the higher role of two groups, and falls back when that membership ends', async () => {
    await world.project('mobile');
    const user = await world.user('ann@example.com');
    const viewers = await world.group('Viewers', [user]);
    const managers = await world.group('Managers', [user]);
    await world.grants(viewers, [{ project: 'mobile', role: 'viewer' }]);
    await world.grants(managers, [{ project: 'mobile', role: 'manager' }]);

    const [project] = (await of(user)).projects;
    expect(project).to.deep.include({ project: 'mobile', name: 'Project mobile', role: 'manager' });
    expect(groupNames(project!.via)).to.deep.equal(['Managers']);

    await world.members(managers, { remove: [user] });
    const { projects } = await of(user);
    expect(projects.map((one) => one.role)).to.deep.equal(['viewer']);
    expect(groupNames(projects[0]!.via)).to.deep.equal(['Viewers']);
  });

  it('needs no account role for a project role', async () => {
    await world.project('mobile');
    const user = await world.user('ann@example.com', { roles: ['mobile:tester'] });
    const { accountRole, projects } = await of(user);
    expect(accountRole).to.deep.equal({ role: 'member', via: [] });
    expect(projects.map((one) => one.role)).to.deep.equal(['tester']);
  });

  it('tells every way: pushed, written on a group, and by which rule', async () => {
    await world.rules([{ match: 'lic-{product}', grants: [{ product: '{product}', license: 'pro' }] }]);
    const user = await world.user('ann@example.com', { entitlements: ['testsigma:pro'] });
    const group = await world.group('LIC-Testsigma', [user]);
    await world.grants(group, [{ product: 'testsigma', license: 'pro' }]);

    const { products } = await of(user);
    expect(products).to.have.length(1);
    const [direct, own, byRule] = products[0]!.via;
    expect(direct).to.deep.include({ type: 'direct', source: 'pushed', by: 'Tester' });
    expect(own).to.deep.include({ type: 'group', mapping: 'own', rule: null });
    expect(byRule).to.deep.include({ type: 'group', mapping: 'rule', rule: 'lic-{product}' });
    expect(byRule).to.have.deep.property('group', { id: group, displayName: 'LIC-Testsigma' });
  });

  it('has a thing that was pushed under two names by one way, since the first', async () => {
    const user = await world.user('ann@example.com', { entitlements: ['testsigma'] });
    const [before] = (await of(user)).products[0]!.via;
    await sleep(5);
    await world.push(user, 'ann@example.com', { entitlements: ['testsigma', 'testsigma:standard'] });
    expect((await of(user)).products.map((one) => one.via)).to.deep.equal([[before]]);
  });

  it('is empty for who is not active, and comes back', async () => {
    const pushed = { entitlements: ['testsigma'], roles: ['admin'] };
    const user = await world.user('ann@example.com', pushed);
    await world.push(user, 'ann@example.com', { ...pushed, active: false });
    const { user: shown, access } = await accessOfUser(contextOf(core, world.caller), user);
    expect(shown.status).to.equal('inactive');
    expect(access).to.deep.equal({ accountRole: { role: 'member', via: [] }, projects: [], products: [] });
    await world.push(user, 'ann@example.com', pushed);
    const again = await of(user);
    expect(again.accountRole.role).to.equal('admin');
    expect(again.products).to.have.length(1);
  });

  it('has no project role for a billing manager, unless a higher account role counts', async () => {
    await world.project('mobile');
    const user = await world.user('ann@example.com');
    const group = await world.group('Group', [user]);
    await world.grants(group, [{ project: 'mobile', role: 'viewer' }, { accountRole: 'billing_manager' }]);
    expect((await of(user)).projects).to.deep.equal([]);
    await world.push(user, 'ann@example.com', { roles: ['admin'] });
    expect((await of(user)).projects.map((one) => one.role)).to.deep.equal(['viewer']);
  });

  it('has nothing of a product that is switched off', async () => {
    const user = await world.user('ann@example.com', {
      entitlements: ['testsigma', 'test-management:guest'],
    });
    await world.product('testsigma', false);
    expect((await of(user)).products.map((one) => one.product)).to.deep.equal(['test-management']);
    await world.product('testsigma', true);
    expect((await of(user)).products.map((one) => one.product)).to.deep.equal([
      'test-management',
      'testsigma',
    ]);
  });

  describe('is found', () => {
    const address = (value: string) => ({ attributes: { emails: [{ value, type: 'work' }] } });
    const found = async (named: string) => (await accessOfUser(contextOf(core, world.caller), named)).user.id;

    it('by id, userName and email, without regard to case', async () => {
      const user = await world.user('Ann', address('ann@Example.com'));
      expect(await found(user.toUpperCase())).to.equal(user);
      expect(await found('aNN')).to.equal(user);
      expect(await found('ANN@example.COM')).to.equal(user);
      await expectRefusal(found('nobody'), 'not_found');
      await expectRefusal(found(world.caller.workspaceId), 'not_found');
    });

    it('by userName before somebody else’s email', async () => {
      await world.user('other', address('ann@example.com'));
      const user = await world.user('ann@example.com');
      expect(await found('ann@example.com')).to.equal(user);
    });

    it('by an address that several have, if only one of them is not inactive', async () => {
      const first = await world.user('first', address('ann@example.com'));
      const second = await world.user('second', address('ann@example.com'));
      const refusal = await expectRefusal(found('ann@example.com'), 'refused');
      expect(refusal.message).to.contain('Several users').and.contain('ann@example.com');
      await deleteUser(contextOf(core, world.caller), first);
      expect(await found('ann@example.com')).to.equal(second);
      await deleteUser(contextOf(core, world.caller), second);
      await expectRefusal(found('ann@example.com'), 'refused');
    });

    it('only in the caller’s own workspace', async () => {
      const user = await world.user('ann@example.com');
      const other = await newWorld(core);
      for (const named of [user, 'ann@example.com']) {
        await expectRefusal(accessOfUser(contextOf(core, other.caller), named), 'not_found');
      }
    });
  });

  describe('against the reference', () => {
    const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 12);

    const everybody = (model: Model) => [...model.users.keys()] as UserId[];
    const linesOf = (rows: readonly AccessRow[], workspaceKey: string) =>
      rows.map((row) => lineOf(row, workspaceKey)).sort();

    function lineOf(row: AccessRow, workspaceKey: string): string {
      const target = row.kind === 'account_role' && row.target === workspaceKey ? '' : row.target;
      const via = row.via === 'direct' ? 'direct' : `${row.group_id!}/${row.origin!}`;
      return `${row.user_id} ${row.kind} ${target}:${row.level} ${via}`;
    }

    it('is what the contract says, now and as of any time', async function () {
      this.timeout(20_000 * numRuns);
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 30 }), async (steps) => {
          const own = await newWorld(core);
          const { workspaceId } = own.caller;
          const key = await workspaceKey(own);
          const { model, play } = await begin(own);
          const seen: { at: Date; lines: string[] }[] = [];
          for (const one of steps) {
            await play(one);
            const rows = await accessOf(scopeOf(core.db, workspaceId), everybody(model));
            expect(linesOf(rows, key), JSON.stringify(one)).to.deep.equal(naiveAccess(model));
            // A time that no change before or after shares.
            await sleep(2);
            seen.push({ at: await databaseTime(core.db), lines: rows.map((row) => exactly(row)) });
            await sleep(2);
          }
          for (const { at, lines } of seen) {
            const rows = await accessOf(scopeOf(core.db, workspaceId), everybody(model), at);
            expect(
              rows.map((row) => exactly(row)),
              at.toISOString(),
            ).to.deep.equal(lines);
          }
        }),
        { numRuns },
      );
    });

    it('is what the directory shows and filters by, for active and other users', async function () {
      this.timeout(20_000 * numRuns);
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 25 }), async (steps) => {
          const own = await newWorld(core);
          const { model, play } = await begin(own);
          for (const one of steps) await play(one);
          const held = naiveAccess(model, true).map((line) => line.replace(/ [^ ]+$/, ''));
          const page = { sort: { by: 'name', descending: false }, limit: 100 } as const;
          const { items } = await listDirectory(contextOf(core, own.caller), {}, page);
          const key = await workspaceKey(own);
          const shown = items.flatMap(({ user, licenses, projects }) => [
            ...licenses.map((one) => `${user.id} entitlement ${one}`),
            ...projects.map((one) => `${user.id} project_role ${one.project}:${one.role}`),
          ]);
          const things = held.filter((line) => !line.includes(' account_role '));
          expect(shown.sort(), key).to.deep.equal([...new Set(things)].sort());
          for (const project of model.projects) {
            const found = await listDirectory(
              contextOf(core, own.caller),
              { project: project.toUpperCase() },
              page,
            );
            const expected = items.filter((item) => item.projects.some((one) => one.project === project));
            expect(found.items).to.deep.equal(expected);
          }
          for (const product of Object.keys(model.licenses)) {
            const found = await listDirectory(contextOf(core, own.caller), { product }, page);
            const expected = items.filter((item) =>
              item.licenses.some((one) => one.startsWith(`${product}:`)),
            );
            expect(found.items).to.deep.equal(expected);
          }
        }),
        { numRuns },
      );
    });
  });
});

async function workspaceKey({ core, caller }: World): Promise<string> {
  const found: { rows: { key: string }[] } = await core.db.raw('select key from workspaces where id = ?', [
    caller.workspaceId,
  ]);
  return found.rows[0]!.key;
}

/** Everything of a row, names and times too. */
function exactly(row: AccessRow): string {
  return JSON.stringify(row);
}
