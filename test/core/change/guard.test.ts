import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { change } from '../../../src/core/change/change.ts';
import { contextOf } from '../../../src/core/context/context.ts';
import type { Core } from '../../../src/core/context/core.ts';
import { type EventId, newId, type UserId } from '../../../src/lib/ids.ts';
import { endAllDirectGrants } from '../../../src/store/access/direct-grants.ts';
import { openDirectGrants } from '../../../src/store/access/manual-grants.ts';
import { openDb } from '../../../src/store/db/pool.ts';
import { lockUser, updateUser } from '../../../src/store/users/users.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { newWorld, type World } from '../../support/world.ts';

const OWNER = {
  kind: 'account_role',
  account_role: 'owner',
  project_id: null,
  role_id: null,
  license_id: null,
} as const;

describe('the guard of what must hold', () => {
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

  async function failureOf(work: Promise<unknown>): Promise<string> {
    return work.then(
      () => 'nothing',
      (error: unknown) => String(error),
    );
  }

  it('fails a change that writes grants or status of somebody who was not guarded', async () => {
    const [ann, bob] = [await world.user('ann'), await world.user('bob')];
    const writes = (of: UserId, guarded: readonly UserId[]) =>
      change(contextOf(core, world.caller), async (c) => {
        await c.guard(guarded);
        const grant = { ...OWNER, user_id: of, source: 'admin' as const, since_event: newId<EventId>() };
        await openDirectGrants(c.scope, [grant], c.at);
      });
    expect(await failureOf(writes(ann, [bob]))).to.contain('without a guard');
    const deactivates = change(contextOf(core, world.caller), async (c) => {
      const user = await lockUser(c.scope, ann);
      const state = { ...user!, status: 'inactive' as const, active_since: null, removed_at: c.at };
      await updateUser(c.scope, user!, state, c.at);
    });
    expect(await failureOf(deactivates)).to.contain('without a guard');
  });

  it('refuses at the end what a rule forbids, whatever the body looked at', async () => {
    const only = await world.user('only');
    await change(contextOf(core, world.caller), async (c) => {
      await c.guard([only]);
      const since_event = c.record({
        action: 'user.account_role_set',
        target: { kind: 'user', id: only, name: 'only' },
      });
      await openDirectGrants(c.scope, [{ ...OWNER, user_id: only, source: 'admin', since_event }], c.at);
    });
    const ends = change(contextOf(core, world.caller), async (c) => {
      await c.guard([only]);
      const user = await lockUser(c.scope, only);
      const state = { ...user!, status: 'inactive' as const, active_since: null, removed_at: c.at };
      await updateUser(c.scope, user!, state, c.at);
      await endAllDirectGrants(c.scope, { users: [only], events: [newId<EventId>()] }, c.at);
      expect((await c.refusals()).map((one) => one.rule)).to.deep.equal(['last_owner']);
    });
    expect(await failureOf(ends)).to.contain('last active owner');
  });

  it('is told by every function of the store that writes status, grants or memberships', () => {
    const writes =
      /(?:insert into|update) (?:direct_grants|memberships|group_grants)\b|insert into users\b|update users set[^`]*\bstatus\b|update users set \$\{join/;
    const untold: string[] = [];
    for (const file of readdirSync('src/store', { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      const functions = readFileSync(`src/store/${file}`, 'utf8').split(
        /^(?=(?:export )?(?:async )?function )/m,
      );
      for (const text of functions) {
        if (!writes.test(text) || /accessWrites\(scope\)|noteStatus\(scope/.test(text)) continue;
        untold.push(`${file}: ${/function\*? (\w+)/.exec(text)?.[1] ?? '?'}`);
      }
    }
    // An erasure takes the text of values that were pushed to somebody who has been removed.
    expect(untold).to.deep.equal(['users/erasure.ts: forgetPushedValues']);
  });
});
