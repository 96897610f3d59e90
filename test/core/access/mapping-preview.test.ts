import { expect } from 'chai';
import fc from 'fast-check';
import {
  type AccessChange,
  type MappingDraft,
  type MappingPreview,
  previewMapping,
} from '../../../src/core/access/mapping-preview.ts';
import { setGroupGrants, setMappingRules } from '../../../src/core/access/mapping.ts';
import { putProduct } from '../../../src/core/catalog/products.ts';
import { contextOf } from '../../../src/core/context/context.ts';
import type { Core } from '../../../src/core/context/core.ts';
import { invite } from '../../../src/core/invitations/invite.ts';
import { RollcallError } from '../../../src/lib/errors.ts';
import type { UserId } from '../../../src/lib/ids.ts';
import { accessOf, type AccessRow } from '../../../src/store/access/effective.ts';
import { changedThings, grantChanges } from '../../../src/store/access/mapping-preview.ts';
import { catalogueKeys } from '../../../src/store/access/mapping-rules.ts';
import { countSeats } from '../../../src/store/access/seats.ts';
import { closeJobQueue, type JobQueue, openJobQueue } from '../../../src/store/db/job-queue.ts';
import { openDb } from '../../../src/store/db/pool.ts';
import { scopeOf } from '../../../src/store/db/scope.ts';
import { inSnapshot } from '../../../src/store/db/snapshot.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { begin, step } from '../../support/random-changes.ts';
import { expectRefusal } from '../../support/refusal.ts';
import { newWorld, type World } from '../../support/world.ts';

describe('mapping preview', () => {
  let database: TestDatabase;
  let core: Core;
  let queue: JobQueue;
  let world: World;

  before(async () => {
    database = await createDatabase();
    const invitations = { secretKey: 'k'.repeat(32), publicUrl: 'http://localhost', ttlHours: 24 };
    const db = openDb({ url: database.url, poolSize: 4 });
    queue = await openJobQueue(db, { supervises: false });
    core = { db, jobs: queue, invitations };
  });
  after(async () => {
    await closeJobQueue(queue);
    await core.db.destroy();
    await database.drop();
  });
  beforeEach(async () => {
    world = await newWorld(core);
  });

  const preview = (draft: MappingDraft, of = world) => previewMapping(contextOf(core, of.caller), draft);
  const lines = (changes: readonly AccessChange[]) =>
    changes.map(({ user, kind, target, level }) => `${user.userName} ${kind} ${target}:${level}`);

  it('tells who would gain and lose what, and by which way', async () => {
    await world.project('mobile');
    const ann = await world.user('ann@example.com');
    const bob = await world.user('Bob@example.com');
    const group = await world.group('Group', [ann, bob]);
    await world.grants(group, [{ project: 'mobile', role: 'viewer' }]);

    const { gains, losses, seats, refused } = await preview({
      group,
      grants: [{ project: 'mobile', role: 'tester' }, { product: 'testsigma' }],
    });
    expect(gains.total).to.equal(4);
    expect(lines(gains.first)).to.deep.equal([
      'ann@example.com entitlement testsigma:standard',
      'ann@example.com project_role mobile:tester',
      'Bob@example.com entitlement testsigma:standard',
      'Bob@example.com project_role mobile:tester',
    ]);
    const via = [{ type: 'group', group: { id: group, displayName: 'Group' }, mapping: 'own', rule: null }];
    expect(gains.first[0]).to.deep.include({ user: { id: ann, userName: 'ann@example.com' }, via });
    expect(losses.total).to.equal(2);
    expect(lines(losses.first)).to.deep.equal([
      'ann@example.com project_role mobile:viewer',
      'Bob@example.com project_role mobile:viewer',
    ]);
    expect(seats).to.deep.equal([
      { product: 'testsigma', license: 'standard', before: 0, after: 2, seats: null },
    ]);
    expect(refused).to.equal(null);
  });

  it('counts as gained only what a user does not have by another way', async () => {
    const direct = await world.user('direct@example.com', { entitlements: ['testsigma'] });
    const idle = await world.user('idle@example.com', { active: false });
    const group = await world.group('Group', [direct, idle]);
    const { gains, losses, seats } = await preview({ group, grants: [{ product: 'testsigma' }] });
    expect([gains, losses, seats]).to.deep.equal([{ total: 0, first: [] }, { total: 0, first: [] }, []]);
  });

  it('tells of project roles that come and go with an account role', async () => {
    await world.project('mobile');
    const ann = await world.user('ann@example.com');
    await world.grants(await world.group('Testers', [ann]), [{ project: 'mobile', role: 'tester' }]);
    const bills = await world.group('Bills', [ann]);
    const { gains, losses } = await preview({ group: bills, grants: [{ accountRole: 'billing_manager' }] });
    expect(gains.first.map(({ kind, level }) => [kind, level])).to.deep.equal([
      ['account_role', 'billing_manager'],
    ]);
    expect(lines(losses.first)).to.deep.equal(['ann@example.com project_role mobile:tester']);
  });

  it('reads every name by new rules', async () => {
    await world.project('mobile');
    const ann = await world.user('ann@example.com');
    const group = await world.group('TS-mobile-tester', [ann]);
    const rules = [{ match: 'ts-{project}-{role}', grants: [{ project: '{project}', role: '{role}' }] }];
    const { gains } = await preview({ rules });
    expect(lines(gains.first)).to.deep.equal(['ann@example.com project_role mobile:tester']);
    expect(gains.first[0]!.via).to.deep.equal([
      {
        type: 'group',
        group: { id: group, displayName: 'TS-mobile-tester' },
        mapping: 'rule',
        rule: 'ts-{project}-{role}',
      },
    ]);
    await world.rules(rules);
    expect((await preview({ rules })).gains.total).to.equal(0);
    expect((await preview({ rules: [] })).losses.total).to.equal(1);
  });

  it('shows the first twenty by user name and counts the rest', async () => {
    const users: UserId[] = [];
    for (let index = 30; index > 0; index--) {
      users.push(await world.user(`User-${String(index).padStart(2, '0')}@example.com`));
    }
    const group = await world.group('Group', users);
    const { gains } = await preview({ group, grants: [{ product: 'testsigma' }] });
    expect(gains.total).to.equal(30);
    expect(gains.first.map((one) => one.user.userName.slice(5, 7))).to.deep.equal(
      Array.from({ length: 20 }, (_, index) => String(index + 1).padStart(2, '0')),
    );
  });

  describe('refused', () => {
    const limit = (seats: number, overflow: 'refuse' | 'allow' = 'refuse') =>
      putProduct(contextOf(core, world.caller), 'testsigma', { licenses: [{ key: 'pro', seats, overflow }] });
    const grants = [{ product: 'testsigma', license: 'pro' }];

    it('is the sentence of the refusal that saving would end in', async () => {
      await limit(1);
      const group = await world.group('Group', [await world.user('ann'), await world.user('bob')]);
      const { refused, seats, gains } = await preview({ group, grants });
      const refusal = await expectRefusal(
        setGroupGrants(contextOf(core, world.caller), group, grants),
        'refused',
      );
      expect(refused).to.equal(refusal.message);
      expect(seats).to.deep.equal([{ product: 'testsigma', license: 'pro', before: 0, after: 2, seats: 1 }]);
      expect(gains.total).to.equal(2);
    });

    it('is null for a license that may overflow', async () => {
      await limit(1, 'allow');
      const group = await world.group('Group', [await world.user('ann'), await world.user('bob')]);
      expect((await preview({ group, grants })).refused).to.equal(null);
    });

    it('counts the seats of pending users, but none of whose invitation is past its time', async () => {
      await limit(1);
      const products = [{ product: 'testsigma', license: 'pro' }];
      await invite(contextOf(core, world.caller), { emails: 'pending@example.com', products });
      const group = await world.group('Group', [await world.user('ann')]);
      expect((await preview({ group, grants })).refused).to.contain('has 1 seats, 1 of them used');
      await core.db.raw('update invitations set expires_at = clock_timestamp() where workspace_id = ?', [
        world.caller.workspaceId,
      ]);
      const { refused, seats } = await preview({ group, grants });
      expect([refused, seats]).to.deep.equal([null, []]);
      await setGroupGrants(contextOf(core, world.caller), group, grants);
    });
  });

  it('ends in what saving would end in for the input itself', async () => {
    const group = await world.group('Group');
    const grants = [{ project: 'nothing', role: 'viewer' }];
    const refusal = await expectRefusal(preview({ group, grants }), 'invalid');
    const saved = await expectRefusal(
      setGroupGrants(contextOf(core, world.caller), group, grants),
      'invalid',
    );
    expect([refusal.message, refusal.fields]).to.deep.equal([saved.message, saved.fields]);
    await expectRefusal(preview({ rules: [{ match: '{x}', grants: [] }] }), 'invalid');
    await expectRefusal(preview({ group: 'nothing', grants: [] }), 'not_found');
    const other = await newWorld(core);
    await expectRefusal(preview({ group, grants: [] }, other), 'not_found');
  });

  it('waits for nobody, and nobody waits for it', async () => {
    const group = await world.group('Group', [await world.user('ann')]);
    await world.grants(group, [{ product: 'testsigma' }]);
    const draft = { group, grants: [{ product: 'testsigma', license: 'pro' }] };
    const tx = await core.db.transaction();
    try {
      // All that a change of the mapping could hold: the workspace's lock, the group, its grants, the licenses.
      const { workspaceId } = world.caller;
      await tx.raw('select pg_advisory_xact_lock(0x526f6c6c, hashtext(?))', [workspaceId]);
      for (const table of ['groups', 'group_grants', 'licenses', 'users']) {
        await tx.raw(`select from ${table} where workspace_id = ? for update`, [workspaceId]);
      }
      expect((await preview(draft)).gains.total).to.equal(1);
    } finally {
      await tx.rollback();
    }
    await inSnapshot(scopeOf(core.db, world.caller.workspaceId), async (scope) => {
      const changes = await grantChanges(scope, 'own', [group], []);
      expect(await changedThings(scope, changes, 20)).to.have.lengthOf(1);
      await world.grants(group, draft.grants);
      await world.members(group, { add: [await world.user('bob')] });
      expect(await changedThings(scope, changes, 20)).to.have.lengthOf(1);
    });
  });

  it('is the difference that saving makes, and changes nothing itself', async function () {
    const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 25);
    this.timeout(20_000 * numRuns);
    const draft = step.filter((one) => one.do === 'grants' || one.do === 'rules');
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 6, maxLength: 25 }),
        draft,
        fc.option(
          fc.record({ seats: fc.nat(4), overflow: fc.constantFrom('refuse' as const, 'allow' as const) }),
        ),
        async (steps, drawn, limit) => {
          const own = await newWorld(core);
          const { model, play } = await begin(own);
          for (const one of steps) await play(one);
          if (limit) {
            for (const key of ['standard', 'pro']) {
              await putProduct(contextOf(core, own.caller), 'testsigma', { licenses: [{ key, ...limit }] });
            }
          }
          const groups = [...model.groups.keys()];
          const asked = draftOf(drawn, groups);
          if (!asked) return;

          const untouched = await rowsOf(core);
          const shown = await preview(asked, own);
          expect(await rowsOf(core)).to.equal(untouched);

          const before = await stateOf(own, model.users.keys());
          const refused = await save(own, asked);
          expect(shown.refused).to.equal(refused);
          if (refused !== null) return;
          const after = await stateOf(own, model.users.keys());
          expectDifference(shown, before, after);
        },
      ),
      { numRuns },
    );
  });
});

type Drawn = typeof step extends fc.Arbitrary<infer Step> ? Step : never;

function draftOf(drawn: Drawn, groups: readonly string[]): MappingDraft | undefined {
  if (drawn.do === 'rules') return { rules: drawn.rules };
  const group = drawn.do === 'grants' ? groups[drawn.group % groups.length] : undefined;
  return drawn.do === 'grants' && group !== undefined ? { group, grants: drawn.grants } : undefined;
}

async function save({ core, caller }: World, draft: MappingDraft): Promise<string | null> {
  try {
    if ('rules' in draft) await setMappingRules(contextOf(core, caller), draft.rules);
    else await setGroupGrants(contextOf(core, caller), draft.group, draft.grants);
    return null;
  } catch (error) {
    if (error instanceof RollcallError && error.kind === 'refused') return error.message;
    throw error;
  }
}

interface State {
  readonly rows: readonly AccessRow[];
  readonly seats: ReadonlyMap<string, number>;
}

async function stateOf({ core, caller }: World, users: Iterable<string>): Promise<State> {
  const rows = await accessOf(scopeOf(core.db, caller.workspaceId), [...users] as UserId[]);
  const { licenses } = await catalogueKeys(scopeOf(core.db, caller.workspaceId));
  const counted = await countSeats(scopeOf(core.db, caller.workspaceId), undefined, { all: true });
  const counts = new Map(counted.map((one): [string, number] => [one.license_id, one.count]));
  const seats = licenses.map(({ id, product, key }): [string, number] => [
    `${product}:${key}`,
    counts.get(id) ?? 0,
  ]);
  return { rows, seats: new Map(seats) };
}

function expectDifference(shown: MappingPreview, before: State, after: State): void {
  expectChanges(shown.gains, after.rows, before.rows);
  expectChanges(shown.losses, before.rows, after.rows);
  const changed = [...after.seats]
    .filter(([license, count]) => before.seats.get(license) !== count)
    .map(([license, count]) => [license, before.seats.get(license), count]);
  const told = shown.seats.map((one) => [`${one.product}:${one.license}`, one.before, one.after]);
  expect(told).to.deep.equal(changed.sort());
}

/** What is in `these` rows and not in `those`, each thing once with all its ways, by user name. */
function expectChanges(
  shown: MappingPreview['gains'],
  these: readonly AccessRow[],
  those: readonly AccessRow[],
) {
  const thing = (row: AccessRow) => JSON.stringify([row.user_name, row.kind, row.target, row.level]);
  const there = new Set(those.map(thing));
  const ways = new Map<string, string[]>();
  for (const row of these) {
    if (there.has(thing(row))) continue;
    const way =
      row.group_id === null ? `direct ${row.source!}` : `${row.group_id} ${row.origin!} ${row.rule ?? ''}`;
    ways.set(thing(row), [...(ways.get(thing(row)) ?? []), way]);
  }
  expect(shown.total).to.equal(ways.size);
  const expected = [...ways].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, 20);
  expect(
    shown.first.map(({ user, kind, target, level, via }) => [
      JSON.stringify([user.userName, kind, target, level]),
      via.map((way) =>
        way.type === 'direct' ? `direct ${way.source}` : `${way.group.id} ${way.mapping} ${way.rule ?? ''}`,
      ),
    ]),
  ).to.deep.equal(expected);
}

/** Every row of every table of ours, with the transactions that wrote or locked it. */
async function rowsOf({ db }: Core): Promise<string> {
  const tables: { rows: { name: string }[] } = await db.raw(
    `select table_name as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
  );
  const sums: string[] = [];
  for (const { name } of tables.rows) {
    const found: { rows: { sum: string }[] } = await db.raw(
      `select count(*) || ' ' || coalesce(md5(string_agg(t::text || xmin || xmax, ',' order by t::text)), '') as sum
       from "${name}" t`,
    );
    sums.push(`${name} ${found.rows[0]!.sum}`);
  }
  return sums.join('\n');
}
