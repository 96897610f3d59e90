import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { accessOfUser } from '../../src/core/access.ts';
import { patchOrganization } from '../../src/core/catalogue/organizations.ts';
import { patchProject } from '../../src/core/catalogue/projects.ts';
import { putRole } from '../../src/core/catalogue/roles.ts';
import type { Core } from '../../src/core/core.ts';
import type { ExportFile } from '../../src/core/export-file.ts';
import { exportAccess, exportUsers } from '../../src/core/exports.ts';
import { openDb } from '../../src/store/db.ts';
import { databaseTime } from '../../src/store/moment.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { begin, step, type Step } from './random-changes.ts';
import { expectRefusal } from './refusal.ts';
import { newWorld, type World } from './world.ts';

/** What random changes don't do: names that change. */
type Renaming =
  | { readonly do: 'name of a project' | 'name of a role' | 'name of an organization'; readonly to: string }
  | { readonly do: 'name of a user'; readonly user: number; readonly to: string };

const to = fc.constantFrom('first', 'second', 'third').map((name) => `Name ${name}`);
const renaming: fc.Arbitrary<Renaming> = fc.oneof(
  fc.record({
    do: fc.constantFrom('name of a project', 'name of a role', 'name of an organization'),
    to,
  }) as fc.Arbitrary<Renaming>,
  fc.record({ do: fc.constant('name of a user' as const), user: fc.nat(2), to }),
);
const happening = fc.oneof({ weight: 3, arbitrary: step }, { weight: 1, arbitrary: renaming });

describe('as of any time', () => {
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

  const pause = async () => {
    await sleep(2);
    const at = await databaseTime(core.db);
    await sleep(2);
    return at;
  };

  it('a user is found by the names of that time', async () => {
    const address = (value: string) => ({ attributes: { emails: [{ value, type: 'work' }] } });
    const before = await pause();
    const ann = await world.user('ann', address('ann@example.com'));
    const then = await pause();
    await world.push(ann, 'anna', address('anna@example.com'));
    const bob = await world.user('ann', address('ann@example.com'));
    const found = async (named: string, asOf?: Date) =>
      (await accessOfUser(core, world.caller, named, asOf)).user;
    for (const named of [ann, 'ANN', 'ann@Example.com']) {
      expect(await found(named, then)).to.deep.include({ id: ann, user_name: 'ann' });
    }
    expect(await found('ann')).to.deep.include({ id: bob });
    expect(await found('anna')).to.deep.include({ id: ann });
    await expectRefusal(found('anna', then), 'not_found');
    await expectRefusal(found(bob, then), 'not_found');
    await expectRefusal(found('ann', before), 'not_found');
    await expectRefusal(found('ann', new Date(Date.now() + 60_000)), 'invalid');
  });

  it('lists and access are exactly what they were', async function () {
    const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 8);
    this.timeout(60_000 * numRuns);
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 6, maxLength: 20 }), async (happenings) => {
        world = await newWorld(core);
        await world.organization('emea');
        const { model, play } = await begin(world);
        const ids = [...model.users.keys()];
        const looks: { at: Date; seen: unknown }[] = [];
        for (const one of happenings) {
          if (isRenaming(one)) await rename(one, ids);
          else await play(one);
          const seen = await look(ids);
          looks.push({ at: await pause(), seen });
        }
        for (const { at, seen } of looks) expect(await look(ids, at), at.toISOString()).to.deep.equal(seen);
      }),
      { numRuns },
    );
  });

  async function rename(one: Renaming, ids: readonly string[]): Promise<void> {
    switch (one.do) {
      case 'name of a project':
        await patchProject(core, world.caller, 'mobile', { name: one.to, organization: 'emea' });
        return;
      case 'name of a role':
        await putRole(core, world.caller, 'tester', { name: one.to });
        return;
      case 'name of an organization':
        await patchOrganization(core, world.caller, 'emea', { name: one.to });
        return;
      case 'name of a user': {
        // The name itself is how random changes find a user again.
        await core.db.raw(
          `update users set attributes = attributes || jsonb_build_object('displayName', ?::text),
            updated_at = greatest(clock_timestamp()::timestamptz(3), updated_at), version = version + 1
          where workspace_id = ? and id = ?`,
          [one.to, world.caller.workspaceId, ids[one.user]!],
        );
      }
    }
  }

  /** Everything that can be asked for of a time. */
  async function look(ids: readonly string[], asOf?: Date): Promise<unknown> {
    const { caller } = world;
    const statuses = ['active', 'pending', 'inactive'] as const;
    return {
      users: await linesOf(await exportUsers(core, caller, { name: 'users.csv', statuses, asOf })),
      access: await linesOf(await exportAccess(core, caller, { name: 'access.csv', asOf })),
      each: await Promise.all(ids.map((id) => accessOfUser(core, caller, id, asOf))),
    };
  }
});

function isRenaming(one: Step | Renaming): one is Renaming {
  return one.do.startsWith('name of');
}

async function linesOf(file: ExportFile): Promise<unknown[]> {
  const lines: unknown[] = [];
  for await (const batch of file.batches) lines.push(...batch);
  return lines;
}
