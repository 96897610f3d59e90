import { expect } from 'chai';
import { type Conflict, conflictsOf, listConflicts } from '../../../src/core/access/conflicts.ts';
import { contextOf } from '../../../src/core/context/context.ts';
import type { Core } from '../../../src/core/context/core.ts';
import { deleteUser } from '../../../src/core/users/delete.ts';
import { openDb } from '../../../src/store/db/pool.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { newWorld, type World } from '../../support/world.ts';

describe('conflicts', () => {
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

  const all = async (limit = 100) => (await listConflicts(contextOf(core, world.caller), { limit })).items;
  const told = ({ user_name, code, source, attribute, group_name, value }: Conflict) =>
    [user_name, code, source, attribute ?? group_name, value].join(' ');

  it('are pushed values that name nothing, until they do', async () => {
    await world.user('ann', {
      roles: ['random', 'mobile:tester', 'admin'],
      entitlements: ['testsigma:gold', 'testsigma'],
      organization: 'emea',
    });
    expect((await all()).map(told)).to.deep.equal([
      'ann unknown_entitlement pushed entitlements testsigma:gold',
      'ann unknown_organization pushed organization emea',
      'ann unknown_role pushed roles mobile:tester',
      'ann unknown_role pushed roles random',
    ]);
    await world.project('mobile');
    await world.organization('EMEA');
    const left = await all();
    expect(left.filter((one) => one.code === 'unknown_role').map((one) => one.value)).to.deep.equal([
      'random',
    ]);
    expect(left.every((one) => one.reason.includes(`"${one.value}"`))).to.equal(true);
  });

  it('are project roles of a billing manager, direct or through a named group', async () => {
    await world.project('mobile');
    const user = await world.user('ann', { roles: ['mobile:viewer'] });
    const group = await world.group('Managers', [user]);
    const bills = await world.group('Bills', [user]);
    await world.grants(group, [{ project: 'mobile', role: 'manager' }]);
    await world.grants(bills, [{ accountRole: 'billing_manager' }]);
    const found = await all();
    expect(found.map(told)).to.deep.equal([
      'ann billing_manager group Managers mobile:manager',
      'ann billing_manager pushed roles mobile:viewer',
    ]);
    expect(found[0]!.reason).to.contain('through the group "Managers"').and.contain('out of the group');
    expect(found[1]!.reason).to.contain('at the identity provider');
    expect(await conflictsOf(contextOf(core, world.caller), user, 'now', 100)).to.deep.equal(found);
    await world.grants(bills, [{ accountRole: 'billing_manager' }, { accountRole: 'admin' }]);
    expect(await all()).to.deep.equal([]);
  });

  it('are licenses of a product that is switched off', async () => {
    await world.rules([{ match: 'lic-{product}', grants: [{ product: '{product}' }] }]);
    const user = await world.user('ann', { entitlements: ['TestSigma:Pro'] });
    const group = await world.group('lic-testsigma', [user]);
    // By itself and by a rule: one thing through one group.
    await world.grants(group, [{ product: 'testsigma' }]);
    expect(await all()).to.deep.equal([]);
    await world.product('testsigma', false);
    expect((await all()).map(told)).to.deep.equal([
      'ann product_off group lic-testsigma testsigma:standard',
      'ann product_off pushed entitlements TestSigma:Pro',
    ]);
  });

  it('are of inactive users too, but not of whom SCIM no longer shows', async () => {
    const user = await world.user('ann', { roles: ['random'], active: false, organization: 'emea' });
    expect(await all()).to.have.length(2);
    await deleteUser(contextOf(core, world.caller), user);
    expect(await all()).to.deep.equal([]);
  });

  it('are all visited once page by page, and searched', async () => {
    for (let index = 0; index < 7; index++) {
      await world.user(`user-${index % 2 === 0 ? 'A' : 'b'}-${index}`, { roles: [`x-${index}`, 'y', 'Z'] });
    }
    const whole = await all();
    expect(whole).to.have.length(21);
    for (const limit of [1, 2, 20, 21]) {
      const seen: Conflict[] = [];
      let after: Awaited<ReturnType<typeof listConflicts>>['next'] = null;
      do {
        const page: Awaited<ReturnType<typeof listConflicts>> = await listConflicts(
          contextOf(core, world.caller),
          {
            limit,
            after: after ?? undefined,
          },
        );
        seen.push(...page.items);
        after = page.next;
      } while (after);
      expect(seen).to.deep.equal(whole);
    }
    const found = await listConflicts(contextOf(core, world.caller), { limit: 100, search: 'X-' });
    expect(found.items).to.have.length(7);
    const other = await newWorld(core);
    expect((await listConflicts(contextOf(core, other.caller), { limit: 10 })).items).to.deep.equal([]);
  });
});
