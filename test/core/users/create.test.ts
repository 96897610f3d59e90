import { expect } from 'chai';
import sql from 'sql-template-tag';
import { change } from '../../../src/core/change/change.ts';
import { contextOf } from '../../../src/core/context/context.ts';
import type { Core } from '../../../src/core/context/core.ts';
import { provisionUser } from '../../../src/core/users/create-or-adopt.ts';
import { newId, type UserId } from '../../../src/lib/ids.ts';
import { openDb } from '../../../src/store/db/pool.ts';
import { rows } from '../../../src/store/db/query.ts';
import { insertUser, lockUser } from '../../../src/store/users/users.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { expectRefusal } from '../../support/refusal.ts';
import { newWorld, type World } from '../../support/world.ts';

describe('creating a user whose name is taken', () => {
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

  it('is no error of the database, which would end the transaction and log the name', async () => {
    const ann = await world.user('ann');
    await change(contextOf(core, world.caller), async (c) => {
      const row = (await lockUser(c.scope, ann))!;
      const id = newId<UserId>();
      await c.guard([id], { areNew: true });
      expect(await insertUser(c.scope, id, { ...row, user_name: 'ANN' }, c.at)).to.equal(undefined);
      expect(await rows(c.scope, sql`select 1 as one`)).to.deep.equal([{ one: 1 }]);
    });
  });

  it('leaves no event, with what is pushed and without', async () => {
    await world.user('bob');
    const events = () =>
      core.db
        .raw<{ rows: { count: number }[] }>('select count(*)::integer as count from audit_events')
        .then((answer) => answer.rows[0]!.count);
    const before = await events();
    for (const value of [[], ['testsigma']]) {
      const input = {
        userName: 'Bob',
        externalId: null,
        active: true,
        attributes: {},
        pushed: value.map((one) => ({ attribute: 'entitlements' as const, value: one })),
        organization: null,
        startDate: null,
      };
      await expectRefusal(provisionUser(contextOf(core, world.caller), input), 'taken');
    }
    expect(await events()).to.equal(before);
  });
});
