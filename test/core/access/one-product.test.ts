import { expect } from 'chai';
import { previewMapping } from '../../../src/core/access/mapping-preview.ts';
import { contextOf } from '../../../src/core/context/context.ts';
import type { Core } from '../../../src/core/context/core.ts';
import { patchWorkspace } from '../../../src/core/workspaces/workspaces.ts';
import { openDb } from '../../../src/store/db/pool.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { expectRefusal } from '../../support/refusal.ts';
import { newWorld, type World } from '../../support/world.ts';

describe('only one product for a user, while the integration is switched off', () => {
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

  const integration = (integrationEnabled: boolean) =>
    patchWorkspace(contextOf(core, world.caller), { integrationEnabled });
  const BOTH = ['testsigma', 'test-management'];
  const expectRefused = async (promise: Promise<unknown>, name: string) => {
    const error = await expectRefusal(promise, 'refused');
    expect(error.message).to.contain('only one of them').and.to.contain(`"${name}"`);
  };

  it('is refused to a push, and a push of another in its place is not', async () => {
    await integration(false);
    await expectRefused(world.user('both', { entitlements: BOTH }), 'both');
    const user = await world.user('one', { entitlements: ['testsigma'] });
    await expectRefused(world.push(user, 'one', { entitlements: BOTH }), 'one');
    await world.push(user, 'one', { entitlements: ['testsigma:pro', 'testsigma'] });
    await world.push(user, 'one', { entitlements: ['test-management'] });
  });

  it('is refused to a new member of a group, however the group gives it', async () => {
    const grants = [{ product: '{product}' }];
    await world.rules([
      { match: 'lic {product}', grants },
      { match: 'more {product}', grants },
    ]);
    await integration(false);
    const group = await world.group('lic test-management');
    const user = await world.user('ann', { entitlements: ['testsigma'] });
    await expectRefused(world.members(group, { add: [user] }), 'ann');
    await expectRefused(world.group('more test-management', [user]), 'ann');
    await world.group('more testsigma', [user]);
  });

  it('is refused to a mapping, which the preview says before', async () => {
    const users = [];
    for (const name of ['ann', 'bob']) users.push(await world.user(name, { entitlements: ['testsigma'] }));
    const group = await world.group('Everybody', users);
    const grants = [{ product: 'test-management' }];
    expect((await previewMapping(contextOf(core, world.caller), { group, grants })).refused).to.equal(null);
    await integration(false);
    const { refused } = await previewMapping(contextOf(core, world.caller), { group, grants });
    const error = await expectRefusal(world.grants(group, grants), 'refused');
    expect(error.message).to.equal(refused);
    expect(refused).to.contain('"ann" and 1 more');
    await expectRefused(world.rules([{ match: 'everybody', grants }]), 'ann');
    await world.grants(group, [{ product: 'testsigma', license: 'pro' }]);
  });

  it('leaves what was had before, and goes on as ever for everything else', async () => {
    await world.project('mobile');
    const user = await world.user('ann', { entitlements: BOTH });
    const group = await world.group('Group', [user]);
    await integration(false);
    await world.push(user, 'ann', { entitlements: BOTH, roles: ['mobile:viewer'], active: false });
    await world.push(user, 'ann', { entitlements: BOTH, active: true });
    await world.grants(group, [
      { product: 'testsigma', license: 'pro' },
      { project: 'mobile', role: 'tester' },
    ]);
    await world.push(user, 'ann', { entitlements: ['testsigma'] });
    await expectRefused(world.push(user, 'ann', { entitlements: BOTH }), 'ann');
    await integration(true);
    await world.push(user, 'ann', { entitlements: BOTH });
  });
});
