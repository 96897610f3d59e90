import { expect } from 'chai';
import { accessOfUser } from '../../../src/core/access/effective.ts';
import { listAudit } from '../../../src/core/audit/list.ts';
import { contextOf } from '../../../src/core/context/context.ts';
import type { Core } from '../../../src/core/context/core.ts';
import type { UserInput } from '../../../src/core/shared/user-state.ts';
import { provisionUser } from '../../../src/core/users/create-or-adopt.ts';
import { replaceUser } from '../../../src/core/users/replace.ts';
import { openDb } from '../../../src/store/db/pool.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { newWorld, type World } from '../../support/world.ts';

describe('pushed grants', () => {
  let database: TestDatabase;
  let core: Core;
  let world: World;

  before(async () => {
    database = await createDatabase();
    core = { db: openDb({ url: database.url, poolSize: 4 }) };
    world = await newWorld(core);
  });
  after(async () => {
    await core.db.destroy();
    await database.drop();
  });

  const input = (values: readonly string[]): UserInput => ({
    userName: 'ann',
    externalId: null,
    active: true,
    attributes: {},
    pushed: values.map((value) => ({ attribute: 'entitlements', value })),
    organization: null,
    startDate: null,
  });

  it('follow a push that changes nothing else, with a version and an event of their own', async () => {
    const { id, version } = await provisionUser(contextOf(core, world.caller), input(['testsigma']));
    const pushed = await replaceUser(contextOf(core, world.caller), id, () => input(['testsigma:pro']));
    expect(pushed.version).to.equal(version + 1);
    const { access } = await accessOfUser(contextOf(core, world.caller), 'ann');
    expect(access.products.map((one) => one.license)).to.deep.equal(['pro']);
    const { items } = await listAudit(contextOf(core, world.caller), { target: id }, { limit: 1 });
    expect(items[0]).to.deep.include({
      action: 'user.updated',
      before: { pushed: [{ attribute: 'entitlements', value: 'testsigma' }] },
      after: { pushed: [{ attribute: 'entitlements', value: 'testsigma:pro' }] },
    });
    const again = await replaceUser(contextOf(core, world.caller), id, () => input(['Testsigma:PRO']));
    expect(again.version, 'the same, in other letters').to.equal(version + 1);
  });
});
