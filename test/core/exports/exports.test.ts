import { expect } from 'chai';
import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { listAudit } from '../../../src/core/audit/list.ts';
import { patchProject } from '../../../src/core/catalog/projects.ts';
import { contextOf } from '../../../src/core/context/context.ts';
import type { Core } from '../../../src/core/context/core.ts';
import type { ExportFile } from '../../../src/core/exports/file.ts';
import { exportAccess, exportUsers } from '../../../src/core/exports/users-and-access.ts';
import { changeGroup } from '../../../src/core/groups/write.ts';
import { deleteUser } from '../../../src/core/users/delete.ts';
import { openDb } from '../../../src/store/db/pool.ts';
import { databaseTime } from '../../../src/store/sql/as-of.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { naiveAccess } from '../../support/naive-access.ts';
import { begin, step } from '../../support/random-changes.ts';
import { expectRefusal } from '../../support/refusal.ts';
import { newWorld, type World } from '../../support/world.ts';

type Line = Readonly<Record<string, string | null>>;

async function linesOf(file: ExportFile): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const batch of file.batches) {
    for (const row of batch) {
      lines.push(Object.fromEntries(file.columns.map((column, index) => [column, row[index] ?? null])));
    }
  }
  await file.finish({ sha256: 'the hash', bytes: 9 });
  return lines;
}

describe('exports', () => {
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

  const users = async (asked: { statuses?: ('active' | 'pending' | 'inactive')[]; asOf?: Date } = {}) => {
    const { statuses, asOf } = asked;
    return linesOf(await exportUsers(contextOf(core, world.caller), { name: 'users.csv', statuses, asOf }));
  };
  const access = async (asOf?: Date) =>
    linesOf(await exportAccess(contextOf(core, world.caller), { name: 'access.csv', asOf }));
  /** A time between what was before and what comes. */
  const pause = async () => {
    await sleep(3);
    const at = await databaseTime(core.db);
    await sleep(3);
    return at;
  };
  const events = async (action: string) =>
    (await listAudit(contextOf(core, world.caller), { action }, { limit: 50 })).items;

  it('of users have a row each, active first and then inactive, by name', async () => {
    await world.project('mobile');
    await world.project('web');
    await world.organization('emea');
    const pushed = {
      organization: 'emea',
      externalId: 'x-1',
      roles: ['admin', 'web:viewer', 'mobile:viewer', 'mobile:tester'],
      entitlements: ['testsigma:pro', 'test-management'],
      attributes: { displayName: 'Zoe', emails: [{ value: 'zoe@example.com' }] },
    };
    const zoe = await world.user('zoe', pushed);
    await world.user('adam', { active: false, roles: ['owner'] });
    await world.user('Bob');
    await core.db.raw('insert into user_last_access values (?, ?, ?)', [
      world.caller.workspaceId,
      zoe,
      new Date('2020-01-02T03:04:05.678Z'),
    ]);

    const lines = await users();
    expect(lines.map((line) => line.user_name)).to.deep.equal(['Bob', 'zoe', 'adam']);
    const { joined_at: joined, ...line } = lines[1]!;
    expect(joined).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(line).to.deep.equal({
      id: zoe,
      user_name: 'zoe',
      email: 'zoe@example.com',
      full_name: 'Zoe',
      status: 'active',
      account_role: 'admin',
      organization: 'emea',
      products: 'test-management:standard; testsigma:pro',
      projects: 'mobile:tester; web:viewer',
      last_access_at: '2020-01-02T03:04:05.678Z',
      removed_at: null,
      source: 'scim',
      external_id: 'x-1',
    });
    expect(lines[0]).to.include({ account_role: 'member', products: null, projects: null });
    // What an inactive user would have again is not had now.
    expect(lines[2]).to.include({ status: 'inactive', account_role: 'member' });
    expect(lines[2]!.removed_at).to.be.a('string');
  });

  it('of users have the pending only when asked', async () => {
    for (const name of ['ann', 'bob', 'cid']) await world.user(name, { entitlements: ['testsigma'] });
    await core.db.raw(
      `update users set status = 'pending', active_since = null where workspace_id = ? and user_name = 'bob'`,
      [world.caller.workspaceId],
    );
    expect((await users()).map((line) => line.user_name)).to.deep.equal(['ann', 'cid']);
    const [pending] = await users({ statuses: ['pending'] });
    expect(pending).to.include({ user_name: 'bob', status: 'pending', products: null });
    const everybody = await users({ statuses: ['inactive', 'pending', 'active'] });
    expect(everybody.map((line) => line.user_name)).to.deep.equal(['ann', 'cid', 'bob']);
  });

  it('of access have a row for each way', async () => {
    await world.project('mobile');
    const ann = await world.user('ann', { roles: ['admin', 'mobile:viewer'] });
    const group = await world.group('Crew, "A"', [ann]);
    await world.grants(group, [
      { project: 'mobile', role: 'viewer' },
      { product: 'testsigma', license: 'pro' },
    ]);
    await world.user('bob', { roles: ['admin'], active: false });
    const lines = await access();
    expect(lines.map((line) => [line.kind, line.target, line.level, line.via].join(' '))).to.deep.equal([
      `account_role ${lines[0]!.target!} admin direct`,
      'entitlement testsigma pro group:Crew, "A"',
      'project_role mobile viewer direct',
      'project_role mobile viewer group:Crew, "A"',
    ]);
    expect(Object.keys(lines[0]!).join()).to.equal(
      'user_id,user_name,email,status,kind,target,level,via,granted_at,granted_by',
    );
    expect(lines[3]).to.include({ user_id: ann, user_name: 'ann', status: 'active', granted_by: 'Tester' });
    expect(lines[3]!.granted_at).to.match(/Z$/);
  });

  it('answer as it was, names included', async () => {
    await world.project('mobile');
    await world.organization('emea');
    const before = await pause();
    const pushed = { organization: 'emea', attributes: { displayName: 'Ann' } };
    const ann = await world.user('ann', pushed);
    const group = await world.group('Old name', [ann]);
    await world.grants(group, [{ project: 'mobile', role: 'viewer' }]);
    const then = await pause();
    const [userThen, accessThen] = [await users(), await access()];

    await world.push(ann, 'anna', { ...pushed, organization: null, attributes: { displayName: 'Anna' } });
    await changeGroup(contextOf(core, world.caller), group, {
      displayName: 'New name',
      members: { base: 'current', add: [], remove: [] },
    });
    await patchProject(contextOf(core, world.caller), 'mobile', { key: 'phones' });
    await world.grants(group, [{ project: 'phones', role: 'manager' }]);
    const later = await pause();
    const [userLater, accessLater] = [await users(), await access()];
    await deleteUser(contextOf(core, world.caller), ann);

    expect(await users({ asOf: before })).to.deep.equal([]);
    expect(await access(before)).to.deep.equal([]);
    expect(await users({ asOf: then })).to.deep.equal(userThen);
    expect(await access(then)).to.deep.equal(accessThen);
    expect(await users({ asOf: later })).to.deep.equal(userLater);
    expect(await access(later)).to.deep.equal(accessLater);
    expect(userThen[0]).to.include({ user_name: 'ann', organization: 'emea', projects: 'mobile:viewer' });
    expect(userLater[0]).to.include({ user_name: 'anna', organization: null, projects: 'phones:manager' });
    expect(accessThen[0]).to.include({ target: 'mobile', via: 'group:Old name' });
    expect((await users())[0]).to.include({ status: 'inactive', projects: null });
    expect(await access()).to.deep.equal([]);
  });

  it('know a past last access only when there was none since', async () => {
    const ann = await world.user('ann');
    const before = await pause();
    await core.db.raw('insert into user_last_access values (?, ?, clock_timestamp())', [
      world.caller.workspaceId,
      ann,
    ]);
    const after = await pause();
    expect((await users({ asOf: before }))[0]!.last_access_at).to.equal(null);
    expect((await users({ asOf: after }))[0]!.last_access_at).to.be.a('string');
  });

  it('are not made of the future', async () => {
    const asOf = new Date(Date.now() + 60_000);
    const refusal = await expectRefusal(
      exportAccess(contextOf(core, world.caller), { name: 'x', asOf }),
      'invalid',
    );
    expect(refusal.fields[0]!.field).to.equal('asOf');
    await expectRefusal(
      exportUsers(contextOf(core, world.caller), { name: 'x', asOf, statuses: undefined }),
      'invalid',
    );
  });

  it('tell the audit what was sent, and what was cut off', async () => {
    for (const name of ['ann', 'bob']) await world.user(name);
    const asOf = await pause();
    await users({ asOf, statuses: ['active'] });
    const [created] = await events('export.created');
    expect(created).to.deep.include({
      target_kind: 'export',
      target_id: 'users.csv',
      actor_name: 'Tester',
      after: {
        filter: { status: ['active'], asOf: asOf.toISOString() },
        rows: 2,
        sha256: 'the hash',
        bytes: 9,
      },
    });

    const file = await exportUsers(contextOf(core, world.caller), {
      name: 'users.jsonl',
      statuses: undefined,
      asOf: undefined,
    });
    for await (const batch of file.batches) if (batch.length > 0) break;
    await file.finish({ sha256: null, bytes: 9 });
    expect((await events('export.interrupted'))[0]!.id).to.equal(file.receipt);
    expect((await events('export.interrupted')).map((event) => event.target_id)).to.deep.equal([
      'users.jsonl',
    ]);
    expect(await events('export.created')).to.have.length(1);
  });

  it('hold nothing of another workspace', async () => {
    await world.user('ann', { roles: ['admin'], entitlements: ['testsigma'] });
    world = await newWorld(core);
    expect(await users({ statuses: ['active', 'pending', 'inactive'] })).to.deep.equal([]);
    expect(await access()).to.deep.equal([]);
  });

  it('agree with the reference', async function () {
    const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 10);
    this.timeout(20_000 * numRuns);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), async (steps) => {
        world = await newWorld(core);
        const { model, play } = await begin(world);
        for (const one of steps) await play(one);
        const at = await pause();
        const expected = naiveAccess(model).map((line) => line.replace(/ [^ ]+$/, ''));
        const lines = await access();
        const told = lines.map((line) => {
          const target = line.kind === 'account_role' ? '' : line.target!;
          return `${line.user_id!} ${line.kind!} ${target}:${line.level!}`;
        });
        expect(told.sort()).to.deep.equal(expected.sort());

        const listed = await users();
        expect(listed).to.have.length(model.users.size);
        for (const line of listed) {
          const mine = [...new Set(expected.filter((one) => one.startsWith(line.id!)))];
          const of = (kind: string) =>
            mine.flatMap((one) => (one.split(' ')[1] === kind ? (one.split(' ')[2] as string) : [])).sort();
          expect(line.products?.split('; ') ?? []).to.deep.equal(of('entitlement'));
          expect(line.projects?.split('; ') ?? []).to.have.members(of('project_role'));
          expect(line.account_role).to.equal(of('account_role')[0]?.slice(1) ?? 'member');
        }
        await play({ do: 'push', user: 0, pushed: { active: false, roles: [], entitlements: [] } });
        await play({ do: 'rules', rules: [] });
        expect(await access(at)).to.deep.equal(lines);
        expect(await users({ asOf: at })).to.deep.equal(listed);
      }),
      { numRuns },
    );
  });
});
