import { expect } from 'chai';
import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { shownUserOf } from '../../../src/api/routes/user-view.ts';
import { accessOfUser } from '../../../src/core/access/effective.ts';
import { putProduct } from '../../../src/core/catalog/products.ts';
import { patchProject } from '../../../src/core/catalog/projects.ts';
import { putRole } from '../../../src/core/catalog/roles.ts';
import { contextOf } from '../../../src/core/context/context.ts';
import type { Core } from '../../../src/core/context/core.ts';
import type { ExportFile } from '../../../src/core/exports/file.ts';
import { exportAccess, exportUsers } from '../../../src/core/exports/users-and-access.ts';
import { changeGroup } from '../../../src/core/groups/write.ts';
import type { KeysetPage } from '../../../src/core/shared/keyset.ts';
import {
  type DirectoryFilter,
  type DirectoryItem,
  type DirectorySort,
  getUserDetail,
  listDirectory,
} from '../../../src/core/users/directory.ts';
import { closeJobQueue, type JobQueue, openJobQueue } from '../../../src/store/db/job-queue.ts';
import { openDb } from '../../../src/store/db/pool.ts';
import { databaseTime } from '../../../src/store/sql/as-of.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { begin, step, type Step } from '../../support/random-changes.ts';
import {
  manage,
  managing,
  type Managing,
  ORGANIZATIONS,
  prepareManaging,
} from '../../support/random-management.ts';
import { expectRefusal } from '../../support/refusal.ts';
import { newWorld, type World } from '../../support/world.ts';

const happening: fc.Arbitrary<{ readonly pushed: Step } | { readonly managed: Managing }> = fc.oneof(
  step.map((pushed) => ({ pushed })),
  managing.map((managed) => ({ managed })),
);
const SORTS = ['name', 'email', 'status', 'joined', 'lastAccess'] as const;
const FILTERS: readonly DirectoryFilter[] = [
  { statuses: ['active'] },
  { statuses: ['pending', 'inactive'] },
  ...ORGANIZATIONS.map((organization) => ({ organization })),
  ...['testsigma', 'sigma', 'test-management'].map((product) => ({ product })),
  ...['mobile', 'phone', 'web'].map((project) => ({ project })),
];

describe('as of any time', () => {
  let database: TestDatabase;
  let core: Core;
  let queue: JobQueue;
  let world: World;

  before(async () => {
    database = await createDatabase();
    const db = openDb({ url: database.url, poolSize: 4 });
    queue = await openJobQueue(db, { supervises: false });
    core = {
      db,
      jobs: queue,
      invitations: { secretKey: 'k'.repeat(32), publicUrl: 'http://localhost', ttlHours: 24 },
    };
  });
  after(async () => {
    await closeJobQueue(queue);
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
      (await accessOfUser(contextOf(core, world.caller), named, asOf)).user;
    for (const named of [ann, 'ANN', 'ann@Example.com']) {
      expect(await found(named, then)).to.deep.include({ id: ann, user_name: 'ann' });
    }
    expect(await found('ann')).to.deep.include({ id: bob });
    expect(await found('anna')).to.deep.include({ id: ann });
    await expectRefusal(found('anna', then), 'not_found');
    await expectRefusal(found(bob, then), 'not_found');
    await expectRefusal(found('ann', before), 'not_found');
    await expectRefusal(found('ann', new Date(Date.now() + 60_000)), 'invalid');
    await expectRefusal(getUserDetail(contextOf(core, world.caller), ann, before), 'not_found');
    expect((await getUserDetail(contextOf(core, world.caller), ann, then)).user.user_name).to.equal('ann');
  });

  it('conflicts are those of that time, by its names', async () => {
    await world.project('mobile');
    const ann = await world.user('ann', {
      roles: ['billing_manager', 'nonsense'],
      entitlements: ['testsigma:pro', 'nothing'],
      organization: 'nowhere',
    });
    const crew = await world.group('Crew', [ann]);
    await world.grants(crew, [{ product: 'testsigma' }, { project: 'mobile', role: 'viewer' }]);
    await world.product('testsigma', false);
    const seen = (await shownUserOf(contextOf(core, world.caller), ann)).conflicts;
    expect(seen.map(({ code }) => code)).to.deep.equal([
      'billing_manager',
      'product_off',
      'product_off',
      'unknown_entitlement',
      'unknown_organization',
      'unknown_role',
    ]);
    expect(seen[0]).to.deep.include({ group: { id: crew, displayName: 'Crew' }, value: 'mobile:viewer' });
    const then = await pause();
    await changeGroup(contextOf(core, world.caller), crew, {
      displayName: 'Team',
      members: { base: 'current', add: [], remove: [] },
    });
    await patchProject(contextOf(core, world.caller), 'mobile', { key: 'phone' });
    await putRole(contextOf(core, world.caller), 'viewer', { key: 'looker' });
    await putProduct(contextOf(core, world.caller), 'testsigma', { key: 'sigma' });
    expect((await shownUserOf(contextOf(core, world.caller), ann, then)).conflicts).to.deep.equal(seen);
    await world.product('sigma', true);
    await world.organization('nowhere');
    await world.push(ann, 'ann', { organization: 'nowhere' });
    expect((await shownUserOf(contextOf(core, world.caller), ann)).conflicts).to.deep.equal([]);
    expect((await shownUserOf(contextOf(core, world.caller), ann, then)).conflicts).to.deep.equal(seen);
  });

  it('lists and access are exactly what they were', async function () {
    const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 8);
    this.timeout(60_000 * numRuns);
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 6, maxLength: 20 }), async (happenings) => {
        world = await newWorld(core);
        await prepareManaging(world);
        const { play } = await begin(world);
        const looks: { at: Date; seen: unknown }[] = [];
        for (const one of happenings) {
          if ('pushed' in one) await play(one.pushed);
          else await manage(world, one.managed);
          const seen = await look(looks.length);
          looks.push({ at: await pause(), seen });
        }
        for (const [turn, { at, seen }] of looks.entries()) {
          expect(await look(turn, at), at.toISOString()).to.deep.equal(seen);
        }
      }),
      { numRuns },
    );
  });

  /**
   * Everything that can be asked for of a time. Not all sorts and filters at each, nor the whole of everybody: `turn`
   * chooses.
   */
  async function look(turn: number, asOf?: Date): Promise<unknown> {
    const { caller } = world;
    const statuses = ['active', 'pending', 'inactive'] as const;
    const sort = { by: SORTS[turn % SORTS.length]!, descending: turn % 2 === 0 };
    const everybody = await list({}, { sort }, asOf);
    const ids = everybody.map((item) => item.user.id);
    const some = ids.filter((_, index) => (index + turn) % 3 === 0);
    return {
      users: await linesOf(await exportUsers(contextOf(core, caller), { name: 'users.csv', statuses, asOf })),
      access: await linesOf(await exportAccess(contextOf(core, caller), { name: 'access.csv', asOf })),
      each: await Promise.all(some.map((id) => accessOfUser(contextOf(core, caller), id, asOf))),
      everybody,
      pages: await list({}, { sort, limit: 4 }, asOf),
      found: await list({}, { search: 'Name' }, asOf),
      filtered: await list(FILTERS[turn % FILTERS.length]!, {}, asOf),
      whole: await Promise.all(some.map((id) => shownUserOf(contextOf(core, caller), id, asOf))),
    };
  }

  /** All of a list of the directory, page by page. */
  async function list(
    filter: DirectoryFilter,
    page: Partial<KeysetPage<DirectorySort>>,
    asOf?: Date,
  ): Promise<DirectoryItem[]> {
    const all: DirectoryItem[] = [];
    const first = { sort: { by: 'name', descending: false }, limit: 100, ...page } as const;
    let after: KeysetPage<DirectorySort>['after'];
    for (;;) {
      const { items, next } = await listDirectory(
        contextOf(core, world.caller),
        filter,
        { ...first, after },
        asOf,
      );
      all.push(...items);
      if (!next) return all;
      after = next;
    }
  }
});

async function linesOf(file: ExportFile): Promise<unknown[]> {
  const lines: unknown[] = [];
  for await (const batch of file.batches) lines.push(...batch);
  return lines;
}
