import { expect } from 'chai';
import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { putRole } from '../../../src/core/catalog/roles.ts';
import { contextOf } from '../../../src/core/context/context.ts';
import type { Core } from '../../../src/core/context/core.ts';
import { exportAccessChanges } from '../../../src/core/exports/access-changes.ts';
import { changeGroup } from '../../../src/core/groups/write.ts';
import type { Period } from '../../../src/core/shared/as-of.ts';
import { deleteUser } from '../../../src/core/users/delete.ts';
import type { UserId } from '../../../src/lib/ids.ts';
import { accessOf } from '../../../src/store/access/effective.ts';
import { openDb } from '../../../src/store/db/pool.ts';
import { scopeOf } from '../../../src/store/db/scope.ts';
import { databaseTime } from '../../../src/store/sql/as-of.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { begin, step } from '../../support/random-changes.ts';
import { expectRefusal } from '../../support/refusal.ts';
import { newWorld, type World } from '../../support/world.ts';

type Line = Readonly<Record<string, string | null>>;

const EVER: Period = { from: undefined, to: undefined };

describe('access changes', () => {
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

  const changes = async (period: Partial<Period> = {}): Promise<Line[]> => {
    const file = await exportAccessChanges(contextOf(core, world.caller), 'access-changes.csv', {
      ...EVER,
      ...period,
    });
    const lines: Line[] = [];
    for await (const batch of file.batches) {
      for (const row of batch)
        lines.push(Object.fromEntries(file.columns.map((column, index) => [column, row[index] ?? null])));
    }
    return lines;
  };
  const pause = async () => {
    await sleep(2);
    const at = await databaseTime(core.db);
    await sleep(2);
    return at;
  };
  const by = (name: string): World['caller'] => ({
    ...world.caller,
    actor: { kind: 'system', name },
  });
  const shortly = (lines: readonly Line[]) =>
    lines.map(({ change, user_name, target, level, via, cause, actor }) =>
      [change, user_name, `${target!}:${level!}`, via, cause, actor].join(' '),
    );

  it('tell what was gained and lost, by which way, why, and by whom', async () => {
    await world.project('mobile');
    const ann = await world.user('ann', { entitlements: ['testsigma:pro'] });
    const crew = await world.group('Crew', [ann]);
    await world.grants(crew, [{ project: 'mobile', role: 'viewer' }]);
    await world.rules([{ match: 'crew', grants: [{ project: 'mobile', role: 'tester' }] }]);
    await world.rules([]);
    await world.members(crew, { remove: [ann] });
    await world.push(ann, 'ann', { entitlements: ['testsigma:pro'], active: false });
    await world.push(ann, 'ann', { entitlements: ['testsigma:pro'] });
    await world.product('testsigma', false);
    await world.product('testsigma', true);
    await deleteUser(contextOf(core, by('Janitor')), ann);
    const lines = await changes();
    expect(shortly(lines)).to.deep.equal([
      'gained ann testsigma:pro direct pushed Tester',
      'gained ann mobile:viewer group:Crew mapping Tester',
      'lost ann mobile:viewer group:Crew precedence Tester',
      'gained ann mobile:tester group:Crew mapping:crew Tester',
      'lost ann mobile:tester group:Crew mapping:crew Tester',
      'gained ann mobile:viewer group:Crew precedence Tester',
      'lost ann mobile:viewer group:Crew membership Tester',
      'lost ann testsigma:pro direct deactivation Tester',
      'gained ann testsigma:pro direct activation Tester',
      'lost ann testsigma:pro direct product Tester',
      'gained ann testsigma:pro direct product Tester',
      'lost ann testsigma:pro direct deactivation Janitor',
    ]);
    expect(Object.keys(lines[0]!).join()).to.equal(
      'at,change,user_name,email,kind,target,level,via,actor,cause',
    );
    expect(lines.map((line) => line.at)).to.deep.equal(lines.map((line) => line.at).sort());
  });

  it('tell a role of another rank, and names as they are at the end', async () => {
    await world.project('mobile');
    const ann = await world.user('ann', { roles: ['mobile:viewer', 'mobile:tester'] });
    const crew = await world.group('Crew', [ann]);
    await world.grants(crew, [{ product: 'testsigma' }]);
    const then = await pause();
    await putRole(contextOf(core, by('Lead')), 'viewer', { rank: 25 });
    await world.push(ann, 'anna', { roles: ['mobile:viewer', 'mobile:tester'] });
    await changeGroup(contextOf(core, world.caller), crew, {
      displayName: 'Team',
      members: { base: 'current', add: [], remove: [] },
    });
    expect(shortly(await changes({ from: then }))).to.deep.equal([
      'lost anna mobile:tester direct role Lead',
      'gained anna mobile:viewer direct role Lead',
    ]);
    expect(shortly(await changes({ to: then }))).to.deep.equal([
      'gained ann mobile:tester direct pushed Tester',
      'gained ann testsigma:standard group:Crew mapping Tester',
    ]);
    expect(shortly(await changes())[1]).to.contain('anna testsigma:standard group:Team');
  });

  it('of a time have its end in it and not its beginning, and nothing of another workspace', async () => {
    await world.user('ann', { roles: ['admin'] });
    const [only] = await changes();
    const at = new Date(only!.at!);
    expect(await changes({ to: at })).to.have.length(1);
    expect(await changes({ from: at })).to.have.length(0);
    expect(await changes({ from: new Date(at.getTime() - 1), to: at })).to.have.length(1);
    const later = new Date(Date.now() + 60_000);
    expect(await changes({ to: later })).to.have.length(1);
    await expectRefusal(changes({ from: later, to: at }), 'invalid');
    world = await newWorld(core);
    expect(await changes()).to.deep.equal([]);
  });

  it('add up to effective access at every time, and between any two', async function () {
    const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 10);
    this.timeout(30_000 * numRuns);
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 8, maxLength: 30 }),
        fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 3, maxLength: 3 }),
        async (steps, pairs) => {
          world = await newWorld(core);
          const { model, play } = await begin(world);
          const times = [await pause()];
          for (const one of steps) {
            await play(one);
            times.push(await pause());
          }
          const users = [...model.users.keys()] as UserId[];
          const held = async (at: Date, namedAt: Date | undefined) => {
            const names = await groupNames(namedAt);
            const rows = await accessOf(scopeOf(core.db, world.caller.workspaceId), users, at);
            return rows
              .map((row) => {
                const via = row.group_id === null ? 'direct' : `group:${names.get(row.group_id)!}`;
                return lineOf({ ...row, via });
              })
              .sort();
          };

          const all = await changes();
          for (const line of all) expect(line.actor, JSON.stringify(line)).to.equal('Tester');
          for (const at of times) {
            const until = all.filter((line) => line.at! <= at.toISOString());
            expect(sum([], until), at.toISOString()).to.deep.equal(await held(at, undefined));
          }
          for (const [one, other] of pairs) {
            const [from, to] = [one, other]
              .map((index) => times[index % times.length]!)
              .sort((a, b) => a.getTime() - b.getTime()) as [Date, Date];
            const between = await changes({ from, to });
            expect(sum(await held(from, to), between)).to.deep.equal(await held(to, to));
            const same = all.filter((line) => line.at! > from.toISOString() && line.at! <= to.toISOString());
            expect(between.map(unnamed).sort()).to.deep.equal(same.map(unnamed).sort());
          }
        },
      ),
      { numRuns },
    );
  });

  /** What groups are called at a time, or now, by their ids. */
  async function groupNames(at: Date | undefined): Promise<Map<string, string>> {
    const found: { rows: { id: string; display_name: string }[] } = await core.db.raw(
      `select id, display_name from groups where updated_at <= :at
      union all select id, display_name from groups_history where updated_at <= :at and valid_to > :at`,
      { at: at ?? new Date(8.64e15) },
    );
    return new Map(found.rows.map((row) => [row.id, row.display_name]));
  }
});

function lineOf(row: { readonly [key: string]: unknown }): string {
  return [row.user_name, row.kind, row.target, row.level, row.via].join(' ');
}

function unnamed({ via, ...line }: Line): string {
  return JSON.stringify({ ...line, via: via === 'direct' });
}

/** What was held, with the changes made to it; nothing is lost that was not held. */
function sum(held: readonly string[], made: readonly Line[]): string[] {
  const left = [...held];
  for (const line of made) {
    if (line.change === 'gained') {
      left.push(lineOf(line));
      continue;
    }
    const index = left.indexOf(lineOf(line));
    expect(index, JSON.stringify(line)).to.be.at.least(0);
    left.splice(index, 1);
  }
  return left.sort();
}
