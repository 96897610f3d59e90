import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { sealAudit } from '../../src/core/seals/seal.ts';
import { signingKeyOf } from '../../src/core/seals/signing.ts';
import { verifyAudit } from '../../src/core/seals/verify.ts';
import { auditCheckpoint } from '../../src/core/seals/checkpoint.ts';
import { deleteUser } from '../../src/core/users/delete.ts';
import { eraseUser } from '../../src/core/users/erase.ts';
import type { Core } from '../../src/core/core.ts';
import type { UserId } from '../../src/ids.ts';
import { openDb } from '../../src/store/db.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { newWorld, type World } from '../core/world.ts';
import { asSuperuser } from './tampering.ts';

const RUNS = Number(process.env.PROPERTY_RUNS ?? 20);

describe('the audit of an erased person', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let core: Core;
  let world: World;

  before(async () => {
    database = await createDatabase();
    core = {
      db: openDb({ url: database.url, poolSize: 10 }),
      signing: signingKeyOf('a secret of the tests, long enough'),
    };
  });
  after(async () => {
    await core.db.destroy();
    await database.drop();
  });
  beforeEach(async () => {
    world = await newWorld(core);
  });

  const verify = () => verifyAudit(core, world.caller.workspaceId);
  const superuser = (...statements: string[]) => asSuperuser(database, ...statements);
  const erase = (id: UserId) => eraseUser(core, world.caller, id);
  const plainly = async (statement: string) => {
    const failure: unknown = await core.db.raw(statement).then(
      () => undefined,
      (error: unknown) => error,
    );
    return failure instanceof Error ? failure.message : 'done';
  };
  /** Somebody who was in a group, has gone, and of whom all is sealed. */
  const gone = async (name = 'gone@example.com') => {
    const id = await world.user(name, { externalId: 'x-1', attributes: { displayName: 'Go Ne' } });
    await world.group(`Group of ${name}`, [id]);
    await deleteUser(core, world.caller, id);
    await sealAudit(core);
    return id;
  };
  /** The place of an event of the person in the chain. */
  const eventOf = async (id: UserId, action: string) => {
    const [found] = await superuser(
      `select e.id, s.seq from audit_events e left join audit_seals s on s.event_id = e.id
       where '${id}' in (e.target_id, e.related_id) and e.action = '${action}'`,
    );
    return found as { id: string; seq: number };
  };

  it('verifies as before, with the same head', async () => {
    const id = await gone();
    const before = await verify();
    const checkpoint = await auditCheckpoint(core, world.caller);
    await erase(id);
    expect(await verify()).to.deep.equal({ ...before, events: before.events + 1 });
    await sealAudit(core);
    expect(await verify()).to.include({ ok: true, events: before.events + 1, sealed: before.events + 1 });
    expect(await verifyAudit(core, world.caller.workspaceId, checkpoint)).to.include({ ok: true });
    const [salts] = await superuser(
      `select count(*) filter (where subject_salt is null) as erased, count(*) as all from audit_seals
       where workspace_id = '${world.caller.workspaceId}'`,
    );
    // Created, added, deleted, removed from the group.
    expect(salts).to.deep.equal({ erased: 4, all: before.events + 1 });
  });

  it('verifies whether its events were sealed before, or wait still', async () => {
    const id = await gone();
    const waiting = await world.user('waiting@example.com');
    await deleteUser(core, world.caller, waiting);
    for (const one of [id, waiting]) await erase(one);
    expect(await verify()).to.include({ ok: true });
    await sealAudit(core);
    expect(await verify()).to.include({ ok: true });
    const told = await superuser(
      `select before::text || coalesce(after::text, '') || target_name as told from audit_events
       where target_id = '${waiting}'`,
    );
    expect(JSON.stringify(told)).not.to.contain('waiting@');
  });

  it('verifies whatever was told', async function () {
    this.timeout(60_000 + RUNS * 2_000);
    const { user, caller } = world;
    // Beside what people write, what sorts otherwise in UTF-8 than in UTF-16.
    const past = fc.constantFrom('\ue000', '\uffff', '\u{10000}', '\u{10ffff}', '\u0001', '"', '\\');
    const unit = fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), past);
    const names = fc.string({ unit, maxLength: 20 }).map((text) => text.replaceAll('\0', ''));
    const told = fc.dictionary(names, fc.oneof(names, fc.boolean(), fc.constant(null), fc.array(names)));
    let run = 0;
    await fc.assert(
      fc.asyncProperty(told, names, async (attributes, name) => {
        const id = await user(`any-${++run}@example.com`, {
          attributes: JSON.parse(JSON.stringify({ ...attributes, nested: { attributes } })) as Record<
            string,
            never
          >,
          externalId: name,
        });
        await deleteUser(core, caller, id);
        await sealAudit(core);
        await erase(id);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    await sealAudit(core);
    expect(await verify()).to.include({ ok: true });
  });

  it('keeps the fields that tell of nobody, and no other', async () => {
    const id = await gone();
    const kept = Object.fromEntries(
      ['status', 'managedBy', 'source', 'organization', 'accountRole', 'project', 'projects', 'role']
        .concat(['product', 'products', 'license', 'row', 'decision', 'none', 'keep', 'revoke'])
        .map((name) => [name, [name, 1, { of: name }]]),
    );
    await core.db.raw(
      `insert into audit_events (workspace_id, id, at, actor_kind, actor_name, request_id, action, target_kind,
         target_id, related_id, target_name, before, after)
       values (?, gen_random_uuid(), clock_timestamp(), 'system', 'Test', 'test', 'test.told', 'group', 'g', ?, 'G', ?, ?)`,
      [world.caller.workspaceId, id, JSON.stringify({ ...kept, name: 'Go Ne' }), JSON.stringify(['Go Ne'])],
    );
    await sealAudit(core);
    await erase(id);
    expect(await verify()).to.include({ ok: true });
    const [left] = await superuser(
      `select target_name, before, after from audit_events where action = 'test.told' and related_id = '${id}'`,
    );
    expect(left).to.deep.equal({ target_name: 'G', before: kept, after: null });
  });

  describe('shows what a superuser did to it since:', () => {
    const ALTERATIONS: Readonly<Record<string, string>> = {
      'its time': `update audit_events set at = at - interval '1 ms' where id = :id`,
      'its actor': `update audit_events set actor_name = 'Somebody else' where id = :id`,
      'its action': `update audit_events set action = 'user.updated' where id = :id`,
      'whom it is about': `update audit_events set target_id = gen_random_uuid()::text where id = :id`,
      'what was left of it': `update audit_events set after = after || '{"status": "pending"}' where id = :id`,
      'something told again': `update audit_events set after = after || '{"userName": "x"}' where id = :id`,
      'before told again': `update audit_events set before = '"x"' where id = :id`,
      'another name': `update audit_events set target_name = 'erased-0123456789ab' where id = :id`,
      'another commitment': `update audit_seals set subject_commitment = sha256('x') where event_id = :id`,
      'a salt put back': `update audit_seals set subject_commitment = null, subject_salt = '\\x00' where event_id = :id`,
      'its hash': `update audit_seals set event_hash = sha256('x') where event_id = :id`,
    };
    for (const [what, statement] of Object.entries(ALTERATIONS)) {
      it(what, async () => {
        const id = await gone();
        await erase(id);
        await sealAudit(core);
        const event = await eventOf(id, 'user.created');
        await superuser(statement.replace(':id', `'${event.id}'`));
        const { ok, firstBroken } = await verify();
        expect(ok).to.equal(false);
        expect(firstBroken).to.include({ seq: event.seq, eventId: event.id, problem: 'altered' });
      });
    }

    it('the event of the erasure removed', async () => {
      const id = await gone();
      await erase(id);
      await superuser(`delete from audit_events where action = 'user.erased' and target_id = '${id}'`);
      expect(await verify()).to.include({ ok: false });
    });

    it('an event emptied as if by an erasure that there never was', async () => {
      const id = await gone();
      await superuser(`update users set erased_at = now() where id = '${id}'`);
      const event = await eventOf(id, 'user.created');
      // Plainly, as the database lets an erasure through.
      const columns = 'actor_salt, actor_commitment, subject_salt, subject_commitment';
      await core.db.raw(
        `update audit_seals s set (${columns}) = (select ${columns} from erased_seal(s)) where event_id = ?`,
        [event.id],
      );
      await core.db.raw(
        `update audit_events e set (target_name, before, after) = (
           select target_name, before, after from erased_event(e)) where id = ?`,
        [event.id],
      );
      expect((await verify()).firstBroken).to.include({ eventId: event.id, problem: 'altered' });
    });

    it('but no event that was altered before becomes whole by it', async () => {
      const id = await gone();
      const event = await eventOf(id, 'user.created');
      await superuser(`update audit_events set after = after || '{"title": "x"}' where id = '${event.id}'`);
      await erase(id);
      await sealAudit(core);
      expect((await verify()).firstBroken).to.include({ eventId: event.id, problem: 'altered' });
    });
  });

  it('is changed by nothing else: the database refuses every other change', async () => {
    const [erased, other] = [await gone('erased@example.com'), await gone('other@example.com')];
    await erase(erased);
    const event = (await eventOf(erased, 'user.created')).id;
    const others = (await eventOf(other, 'user.created')).id;
    const left = await gone('left@example.com');
    const leftEvent = (await eventOf(left, 'user.created')).id;
    await superuser(`update users set erased_at = now() where id = '${left}'`);
    const statements = [
      `update audit_events set target_name = 'erased-${other.slice(-12)}', after = '{}' where id = '${others}'`,
      `update audit_events set action = action where id = '${event}'`,
      `update audit_events set action = 'x' where id = '${event}'`,
      `update audit_events set target_name = 'x' where id = '${event}'`,
      `update audit_events set after = '{"status": "pending"}' where id = '${event}'`,
      `delete from audit_events where id = '${event}'`,
      `update audit_seals set subject_salt = null, subject_commitment = sha256('x') where event_id = '${others}'`,
      `update audit_seals set subject_salt = '\\x00', subject_commitment = null where event_id = '${event}'`,
      `update audit_seals set subject_commitment = sha256('x') where event_id = '${event}'`,
      `delete from audit_seals where event_id = '${event}'`,
      // An erased person's, but not as an erasure does it: the event before its seal, and another commitment.
      `update audit_events e set (target_name, before, after) = (
         select target_name, before, after from erased_event(e)) where id = '${leftEvent}'`,
      `update audit_seals set subject_salt = null, subject_commitment = sha256('x') where event_id = '${leftEvent}'`,
      `update audit_seals s set (subject_salt, subject_commitment, event_hash) = (
         select subject_salt, subject_commitment, sha256('x') from erased_seal(s)) where event_id = '${leftEvent}'`,
    ];
    for (const statement of statements) expect(await plainly(statement), statement).to.contain('append-only');
    expect(await verify()).to.include({ ok: true });
  });

  it('is whole however erasing and sealing meet', async () => {
    let erasing = true;
    const sealers = [0, 1].map(async () => {
      while (erasing) await sealAudit(core);
    });
    await Promise.all(
      [0, 1, 2, 3].map(async (writer) => {
        for (let index = 0; index < 6; index++) {
          const id = await world.user(`person-${writer}-${index}@example.com`);
          const group = await world.group(`Group ${writer}-${index}`, [id]);
          await world.members(group, { remove: [id] });
          await deleteUser(core, world.caller, id);
          await Promise.all([erase(id), erase(id), verify().then(({ ok }) => expect(ok).to.equal(true))]);
        }
      }),
    );
    erasing = false;
    await Promise.all(sealers);
    await sealAudit(core);
    const verified = await verify();
    expect(verified).to.include({ ok: true, events: verified.sealed });
    const [count] = await superuser(
      `select count(*) as told, count(distinct target_id) as people from audit_events
       where action = 'user.erased' and workspace_id = '${world.caller.workspaceId}'`,
    );
    expect(count).to.deep.equal({ told: 24, people: 24 });
    const [named] = await superuser(
      `select count(*) as left from audit_events where audit_events::text like '%person-%'
       and workspace_id = '${world.caller.workspaceId}'`,
    );
    expect(named).to.deep.equal({ left: 0 });
  });

  it('is whole when a batch was read to be sealed, and the person is erased before it is', async () => {
    const id = await world.user('meeting@example.com');
    await deleteUser(core, world.caller, id);
    // The place of the first seal is taken by somebody who will not keep it: the sealer waits with what it has read.
    const holding = await core.db.transaction();
    await holding.raw(
      `insert into audit_seals (workspace_id, seq, event_id, sealed_at, actor_salt, subject_salt, event_hash, hash)
       values (?, 1, gen_random_uuid(), now(), 'x', 'x', 'x', 'x')`,
      [world.caller.workspaceId],
    );
    const sealing = sealAudit(core);
    await until(async () => (await waiting()) === 1);
    let isErased = false;
    const erasing = erase(id).then(() => (isErased = true));
    await until(async () => isErased || (await waiting()) === 2);
    await holding.rollback();
    await Promise.all([sealing, erasing]);
    await sealAudit(core);
    expect(await verify()).to.include({ ok: true });
  });

  /** How many wait for a lock. */
  const waiting = async () => {
    const [found] = await superuser(
      `select count(*) as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return found!.count as number;
  };
  const until = async (holds: () => Promise<boolean>) => {
    while (!(await holds())) await sleep(10);
  };
});

describe('npm run audit:verify after an erasure', function () {
  this.timeout(60_000);
  let app: TestApp;
  let directory: string;

  before(async () => {
    app = await startApp({ jobs: null });
    directory = await mkdtemp(join(tmpdir(), 'rollcall-erasure-'));
  });
  after(async () => {
    await app.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const saved = async (name: string, path: string) => {
    const { body } = await app.request('GET', `/api/v1${path}`, { token: app.tokens.admin });
    await writeFile(join(directory, name), typeof body === 'string' ? body : JSON.stringify(body));
    return join(directory, name);
  };
  const run = (...args: string[]): Promise<string> =>
    new Promise((resolve) => {
      const env = { PATH: process.env.PATH, DATABASE_URL: app.databaseUrl, SECRET_KEY: 'k'.repeat(32) };
      execFile(
        process.execPath,
        ['--import', 'tsx', 'src/audit-verify/main.ts', ...args],
        { env },
        (_, out, err) => resolve(out + err),
      );
    });
  const WELL = 'The audit is as it was written.';

  it('verifies the database, a file of before, and one of after, with a checkpoint of before', async () => {
    const { body } = await app.request('POST', '/scim/v2/Users', {
      token: app.tokens.scim,
      body: { userName: 'filed@example.com', active: false },
    });
    await sealAudit(app.core);
    const checkpoint = await saved('checkpoint.json', '/audit/checkpoint');
    const before = await saved('before.jsonl', '/exports/audit.jsonl');
    const { status } = await app.request('POST', `/api/v1/users/${String(body.id)}/erase`, {
      token: app.tokens.admin,
    });
    expect(status).to.equal(200);
    const unsealed = await saved('unsealed.jsonl', '/exports/audit.jsonl');
    await sealAudit(app.core);
    const sealed = await saved('sealed.jsonl', '/exports/audit.jsonl');
    for (const file of [before, unsealed, sealed])
      expect(await run('--file', file, '--checkpoint', checkpoint), file).to.contain(WELL);
    expect(await run('--workspace', 'default', '--checkpoint', checkpoint)).to.contain(WELL);
    const { body: over } = await app.request('GET', '/api/v1/audit/verify', { token: app.tokens.admin });
    expect(over).to.include({ ok: true, firstBroken: null });
  });

  it('finds in a file what was told again, and an erasure that no event tells of', async () => {
    const path = await saved('told.jsonl', '/exports/audit.jsonl');
    const { body } = await app.request<string>('GET', '/api/v1/exports/audit.jsonl', {
      token: app.tokens.admin,
    });
    const lines = body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    const created = lines.findIndex(({ event }) => event.action === 'user.created');
    const told = lines.with(created, {
      ...lines[created]!,
      event: { ...lines[created]!.event, after: { userName: 'somebody@else.io' } },
    });
    await writeFile(path, told.map((line) => `${JSON.stringify(line)}\n`).join(''));
    expect(await run('--file', path))
      .to.contain('BROKEN')
      .and.to.contain(`"seq":${created + 1}`);
    const end = lines.findIndex(({ event }) => event.action === 'user.erased');
    await writeFile(
      path,
      lines
        .slice(0, end)
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(''),
    );
    expect(await run('--file', path)).to.contain('BROKEN');
  });
});

interface Line {
  readonly event: { readonly action: string; readonly after: unknown };
}
