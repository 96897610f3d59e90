import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jsonlChunks } from '../../src/api/csv.ts';
import { sealAudit } from '../../src/core/audit/chain/seal.ts';
import { verifyAudit } from '../../src/core/audit/chain/verify.ts';
import { contextOf } from '../../src/core/context/context.ts';
import { exportChain } from '../../src/core/exports/audit.ts';
import { openDb } from '../../src/store/db/pool.ts';
import { newWorld, type World } from '../support/world.ts';
import { openSealedDatabase, type SealedDatabase } from './sealed-database.ts';
import { makeClockSettable } from './shifted-clock.ts';

describe('the audit, when the clock of the database is set', function () {
  this.timeout(60_000);
  let audit: SealedDatabase;
  let clock: { set: (shift: string) => Promise<void> };
  let world: World;
  let names = 0;

  before(async () => {
    const opened = await openSealedDatabase();
    clock = await makeClockSettable(opened.core.db);
    // Connections that are made from here on have the clock that is set.
    const db = openDb({ url: opened.url, poolSize: 5 });
    audit = {
      ...opened,
      core: { ...opened.core, db },
      close: async () => {
        await db.destroy();
        await opened.close();
      },
    };
  });
  after(() => audit.close());
  beforeEach(async () => {
    await clock.set('0');
    world = await newWorld(audit.core);
    await write();
  });

  const seal = () => sealAudit(audit.core);
  const verify = () => verifyAudit(audit.core, world.caller.workspaceId);
  /** Writes an event and seals it, by the clock that is set. */
  const write = async () => {
    await world.user(`user-${names++}@example.com`);
    await seal();
  };
  const problems = async () =>
    (await verify()).warnings.map(({ problem, from, to }) => ({ problem, from, to }));
  /** Puts in an event of the past and queues it, as a superuser; answers its id. */
  const putIn = async (age: string) => {
    const [event] = await audit.superuser(
      `insert into audit_events (workspace_id, id, at, actor_kind, actor_name, request_id, action, target_kind, target_id)
       values ('${world.caller.workspaceId}', gen_random_uuid(), clock_timestamp() - interval '${age}', 'system', 'x',
         'x', 'user.updated', 'user', 'x') returning id`,
      `insert into audit_unsealed select workspace_id, at, id from audit_events
       where action = 'user.updated' and workspace_id = '${world.caller.workspaceId}'
       order by at limit 1 returning event_id as id`,
    );
    await seal();
    return event!.id as string;
  };

  it('verifies after a jump ahead of two days that was set right, and says that there was one', async () => {
    await clock.set('2 days');
    await write();
    await clock.set('0');
    await write();
    await write();
    const { ok, firstBroken, events, sealed } = await verify();
    expect({ ok, firstBroken, sealed }).to.deep.equal({ ok: true, firstBroken: null, sealed: events });
    expect(await problems()).to.deep.equal([{ problem: 'clock set back', from: 4, to: 4 }]);
    expect((await verify()).warnings[0]!.message).to.contain('2.0 days');
  });

  it('verifies when what was written during the jump is sealed after it', async () => {
    await clock.set('30 days');
    await world.user('ahead-1@example.com');
    await world.user('ahead-2@example.com');
    await clock.set('0');
    await seal();
    await write();
    expect(await verify()).to.include({ ok: true });
    expect(await problems()).to.deep.equal([{ problem: 'dated ahead', from: 3, to: 4 }]);
  });

  it('verifies when what was written before the jump is committed and sealed during it', async () => {
    const slow = await audit.core.db.transaction();
    await slow.raw(
      `insert into audit_events (workspace_id, id, at, actor_kind, actor_name, request_id, action, target_kind, target_id)
       values (?, gen_random_uuid(), clock_timestamp(), 'system', 'Slow', 'slow', 'slow.done', 'x', 'x')`,
      [world.caller.workspaceId],
    );
    await clock.set('2 days');
    await write();
    await slow.commit();
    await seal();
    // Until the clock is set right nothing tells it from what was put in later.
    expect((await verify()).firstBroken).to.include({ seq: 4, problem: 'inserted' });
    await clock.set('0');
    await write();
    expect(await verify()).to.include({ ok: true });
    expect(await problems()).to.deep.equal([
      { problem: 'sealed late', from: 4, to: 4 },
      { problem: 'clock set back', from: 5, to: 5 },
    ]);
  });

  it('verifies when sealing stood still for days, and after a jump as well', async () => {
    await clock.set('2 days');
    await write();
    await clock.set('0');
    await write();
    await world.user('waiting@example.com');
    await clock.set('4 days');
    await write();
    expect(await verify()).to.include({ ok: true });
    expect(await problems()).to.deep.include({ problem: 'sealed late', from: 5, to: 5 });
  });

  it('verifies after the clock was behind for a while', async () => {
    await clock.set('-40 days');
    await write();
    await clock.set('0');
    await write();
    expect(await verify()).to.include({ ok: true });
    expect(await problems()).to.deep.equal([{ problem: 'clock set back', from: 3, to: 3 }]);
  });

  it('still finds an old event that was put in and queued, also after a jump', async () => {
    await clock.set('2 days');
    await write();
    await clock.set('0');
    await write();
    const id = await putIn('2 days');
    const head = (await verify()).head;
    await write();
    const { ok, firstBroken, head: later, events } = await verify();
    expect({ ok, events, later }).to.deep.equal({ ok: false, events: 6, later: head });
    expect(firstBroken).to.include({ seq: 5, eventId: id, problem: 'inserted' });
  });

  it('warns of an old event that was put in where nothing had happened since', async () => {
    await clock.set('-10 days');
    world = await newWorld(audit.core);
    await write();
    await clock.set('0');
    const id = await putIn('5 days');
    const { ok, warnings } = await verify();
    expect(ok).to.equal(true);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.include({ problem: 'sealed late', eventId: id, from: 3, to: 3 });
  });

  it('is told by the command as well, which ends with 0', async () => {
    await clock.set('2 days');
    await write();
    await clock.set('0');
    await write();
    const directory = await mkdtemp(join(tmpdir(), 'rollcall-clock-'));
    const path = join(directory, 'audit.jsonl');
    const file = exportChain(contextOf(audit.core, world.caller), 'audit.jsonl', {
      from: undefined,
      to: undefined,
    });
    let text = '';
    for await (const chunk of jsonlChunks(file)) text += chunk;
    await writeFile(path, text);
    const { code, out } = await new Promise<{ code: number; out: string }>((resolve) => {
      execFile(process.execPath, ['src/audit-verify/main.ts', '--file', path], (failure, stdout) =>
        resolve({ code: failure ? Number(failure.code) : 0, out: stdout }),
      );
    });
    await rm(directory, { recursive: true });
    expect(code, out).to.equal(0);
    expect(out).to.match(/WARNING: clock set back at 4 \(event [0-9a-f-]{36}\)/);
    expect(out).to.contain('The audit is as it was written.');
  });
});
