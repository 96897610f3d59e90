import { expect } from 'chai';
import { auditCheckpoint } from '../../src/core/audit/chain/checkpoint.ts';
import { sealAudit } from '../../src/core/audit/chain/seal.ts';
import { verifyAudit } from '../../src/core/audit/chain/verify.ts';
import { contextOf } from '../../src/core/context/context.ts';
import type { Core } from '../../src/core/context/core.ts';
import { deriveSigningKey } from '../../src/core/context/signing.ts';
import { expectRefusal } from '../support/refusal.ts';
import { newWorld, type World } from '../support/world.ts';
import { openSealedDatabase, type SealedDatabase } from './sealed-database.ts';
import { sealedIds } from './tampering.ts';

describe('audit seals', () => {
  let audit: SealedDatabase;
  let world: World;

  before(async () => {
    audit = await openSealedDatabase();
  });
  after(() => audit.close());
  beforeEach(async () => {
    world = await newWorld(audit.core);
  });

  const verify = () => verifyAudit(audit.core, world.caller.workspaceId);
  const workspace = () => `workspace_id = '${world.caller.workspaceId}'`;
  /** Some events, sealed; their ids in the order of the chain. */
  const sealed = async (users = 5) => {
    for (let index = 0; index < users; index++) await world.user(`user-${index}@example.com`);
    await sealAudit(audit.core);
    return sealedIds(audit, world.caller.workspaceId);
  };

  it('chain every event of a workspace', async () => {
    expect(await verify()).to.include({ ok: true, events: 1, sealed: 0, head: null, signature: 'none' });
    const ids = await sealed();
    expect(ids).to.have.length(6);
    const verified = await verify();
    expect(verified).to.include({ ok: true, events: 6, sealed: 6, firstBroken: null, signature: 'valid' });
    expect(verified.head).to.match(/^[0-9a-f]{64}$/);
    await world.user('later@example.com');
    expect(await verify()).to.deep.equal({ ...verified, events: 7 });
    await sealAudit(audit.core);
    const after = await verify();
    expect(after).to.include({ ok: true, events: 7, sealed: 7 });
    expect(after.head).not.to.equal(verified.head);
  });

  it('keep workspaces apart', async () => {
    await sealed(1);
    const first = world;
    world = await newWorld(audit.core);
    await sealed(2);
    expect(await verify()).to.include({ ok: true, events: 3, sealed: 3 });
    expect(await verifyAudit(audit.core, first.caller.workspaceId)).to.include({
      ok: true,
      events: 2,
      sealed: 2,
    });
  });

  describe('find what a superuser did', () => {
    const broken = async () => {
      const { ok, firstBroken } = await verify();
      expect(ok).to.equal(false);
      return firstBroken!;
    };

    const ALTERATIONS: Readonly<Record<string, string>> = {
      'its time': `at = at - interval '1 ms'`,
      'its actor': `actor_name = 'Somebody else'`,
      'its action': `action = 'user.updated'`,
      'its target’s name': `target_name = target_name || 'x'`,
      'a target’s name taken away': `target_name = null`,
      'a field of what it was': `after = jsonb_set(after, '{status}', '"pending"')`,
      'a field taken away': `after = after - 'status'`,
      'a field added': `after = after || '{"more": 1}'`,
      'all of what it was taken away': `after = null`,
      'who else is concerned': `related_id = target_id`,
    };
    for (const [what, alteration] of Object.entries(ALTERATIONS)) {
      it(`to an event: ${what}`, async () => {
        const ids = await sealed();
        await audit.superuser(`update audit_events set ${alteration} where id = '${ids[2]!}'`);
        expect(await broken()).to.include({ seq: 3, eventId: ids[2], problem: 'altered' });
        // Sealing goes on, and what was found before stays found.
        await world.user('later@example.com');
        await sealAudit(audit.core);
        expect(await broken()).to.include({ seq: 3 });
      });
    }

    it('with an event altered together with its own seal', async () => {
      const ids = await sealed();
      await audit.superuser(`update audit_seals set event_hash = sha256('x') where event_id = '${ids[2]!}'`);
      expect(await broken()).to.include({ seq: 3, eventId: ids[2] });
    });

    it('with an event removed', async () => {
      const ids = await sealed();
      await audit.superuser(`delete from audit_events where id = '${ids[3]!}'`);
      expect(await broken()).to.include({ seq: 4, eventId: ids[3], problem: 'removed' });
    });

    it('with an event removed together with its seal', async () => {
      const ids = await sealed();
      await audit.superuser(
        `delete from audit_events where id = '${ids[3]!}'`,
        `delete from audit_seals where event_id = '${ids[3]!}'`,
      );
      expect(await broken()).to.include({ seq: 4, problem: 'removed' });
      // Nor when the rest is moved up.
      await audit.superuser(`update audit_seals set seq = seq - 1 where ${workspace()} and seq > 4`);
      expect(await broken()).to.include({ seq: 4, eventId: ids[4], problem: 'moved' });
    });

    it('with an event removed before it was sealed', async () => {
      const user = await world.user('removed@example.com');
      const [event] = await audit.superuser(
        `delete from audit_events where target_id = '${user}' returning id`,
      );
      expect(await broken()).to.include({ seq: null, eventId: event!.id, problem: 'removed' });
      await sealAudit(audit.core);
      expect(await broken()).to.include({ eventId: event!.id, problem: 'removed' });
    });

    it('with an event put in', async () => {
      const ids = await sealed();
      const [event] = await audit.superuser(
        `insert into audit_events select workspace_id, gen_random_uuid(), at, actor_kind, actor_id, actor_name,
          actor_scope, request_id, action, target_kind, target_id, target_name, related_id, before, after
        from audit_events where id = '${ids[2]!}' returning id`,
      );
      await sealAudit(audit.core);
      expect(await broken()).to.include({ seq: null, eventId: event!.id, problem: 'inserted' });
    });

    it('with an old event put in and queued', async () => {
      const ids = await sealed();
      const [event] = await audit.superuser(
        `insert into audit_events select workspace_id, gen_random_uuid(), at - interval '2 days', actor_kind,
          actor_id, actor_name, actor_scope, request_id, action, target_kind, target_id
        from audit_events where id = '${ids[2]!}' returning id`,
        `insert into audit_unsealed select workspace_id, at, id from audit_events
        where ${workspace()} order by at limit 1 returning event_id as id`,
      );
      await sealAudit(audit.core);
      expect(await broken()).to.include({ seq: 7, eventId: event!.id, problem: 'inserted' });
    });

    it('with two events in each other’s place', async () => {
      const ids = await sealed();
      await audit.superuser(
        `update audit_seals set seq = -seq where ${workspace()} and seq in (3, 4)`,
        `update audit_seals set seq = 7 + seq where ${workspace()} and seq < 0`,
      );
      expect(await broken()).to.include({ seq: 3, eventId: ids[3], problem: 'moved' });
    });

    it('with the end cut off in the middle of a batch', async () => {
      const ids = await sealed();
      await audit.superuser(
        `delete from audit_events where id in ('${ids[4]!}', '${ids[5]!}')`,
        `delete from audit_seals where event_id in ('${ids[4]!}', '${ids[5]!}')`,
      );
      expect(await broken()).to.include({ seq: 4, problem: 'signature' });
    });

    it('with the whole chain made again: they have no key', async () => {
      await sealed();
      const before = await verify();
      await audit.superuser(`update audit_events set actor_name = 'Nobody' where ${workspace()}`);
      await audit.superuser(`delete from audit_seals where ${workspace()}`);
      await audit.superuser(
        `insert into audit_unsealed select workspace_id, at, id from audit_events where ${workspace()}`,
      );
      const forger: Core = {
        ...audit.core,
        signing: deriveSigningKey('the secret of somebody else, as long'),
      };
      await sealAudit(forger);
      const after = await verify();
      expect(after.signature).to.equal('other key');
      expect(after.keys).not.to.deep.equal(before.keys);
      await audit.superuser(
        `update audit_seals set key_id = '${audit.core.signing.keyId}' where ${workspace()} and key_id is not null`,
      );
      expect(await broken()).to.include({ seq: 6, problem: 'signature' });
      // Rollcall doesn't sign that.
      await world.user('later@example.com');
      await sealAudit(audit.core);
      expect(await broken()).to.include({ seq: 6, problem: 'signature' });
      await expectRefusal(auditCheckpoint(contextOf(audit.core, world.caller)), 'refused');
    });

    it('with the end cut off at the end of a batch, by a checkpoint', async () => {
      await sealed();
      const early = await auditCheckpoint(contextOf(audit.core, world.caller));
      await world.user('later@example.com');
      await sealAudit(audit.core);
      const checkpoint = await auditCheckpoint(contextOf(audit.core, world.caller));
      expect(checkpoint.seq).to.equal(7);
      const checked = (head = checkpoint) => verifyAudit(audit.core, world.caller.workspaceId, head);
      expect(await checked()).to.include({ ok: true });
      await audit.superuser(
        `delete from audit_events where id in (select event_id from audit_seals where ${workspace()} and seq = 7)`,
        `delete from audit_seals where ${workspace()} and seq = 7`,
      );
      expect(await verify()).to.include({ ok: true, sealed: 6 });
      expect(await checked(early)).to.include({ ok: true });
      expect((await checked()).firstBroken).to.include({ seq: 7, problem: 'removed' });
      await world.user('other@example.com');
      await sealAudit(audit.core);
      expect((await checked()).firstBroken).to.include({ seq: 7, problem: 'checkpoint' });
    });
  });

  it('are refused to be changed plainly, as the events are', async () => {
    const [id] = await sealed();
    expect(await audit.plainly(`update audit_events set action = 'x' where id = '${id!}'`)).to.contain(
      'append-only',
    );
    expect(await audit.plainly(`delete from audit_events where id = '${id!}'`)).to.contain('append-only');
    expect(await audit.plainly('truncate audit_events')).to.contain('append-only');
    expect(await audit.plainly(`update audit_seals set seq = 9 where event_id = '${id!}'`)).to.contain(
      'append-only',
    );
    expect(await audit.plainly(`delete from audit_seals where event_id = '${id!}'`)).to.contain(
      'append-only',
    );
    expect(await audit.plainly('truncate audit_seals')).to.contain('append-only');
    expect(
      await audit.plainly(
        `insert into audit_events select workspace_id, gen_random_uuid(), at - interval '2 minutes', actor_kind,
          actor_id, actor_name, actor_scope, request_id, action, target_kind, target_id
        from audit_events where id = '${id!}'`,
      ),
    ).to.contain('append-only');
    expect(await verify()).to.include({ ok: true });
  });

  it('are made of everything, however writers and sealers meet', async function () {
    this.timeout(60_000);
    // A writer that has its time and its ids, and commits after all others.
    const slow = await audit.core.db.transaction();
    await slow.raw(
      `insert into audit_events (workspace_id, id, at, actor_kind, actor_name, request_id, action, target_kind, target_id)
      values (?, gen_random_uuid(), clock_timestamp(), 'system', 'Slow', 'slow', 'slow.done', 'x', 'x')`,
      [world.caller.workspaceId],
    );
    let writing = true;
    const sealers = [0, 1, 2].map(async () => {
      while (writing) await sealAudit(audit.core);
    });
    await Promise.all(
      [0, 1, 2].map(async (writer) => {
        for (let index = 0; index < 15; index++) await world.user(`user-${writer}-${index}@example.com`);
      }),
    );
    writing = false;
    await Promise.all(sealers);
    await sealAudit(audit.core);
    await slow.commit();
    await sealAudit(audit.core);
    expect(await verify()).to.include({ ok: true, events: 47, sealed: 47, signature: 'valid' });
    const [last] = await audit.superuser(
      `select e.action, (select count(*) from audit_unsealed where ${workspace()}) as waiting
      from audit_seals s join audit_events e on e.id = s.event_id where s.${workspace()} order by seq desc limit 1`,
    );
    expect(last).to.deep.equal({ action: 'slow.done', waiting: 0 });
  });

  it('let nobody wait: a sealer in the middle of its work holds up no writer and no sealer', async () => {
    await world.user('first@example.com');
    const holding = await audit.core.db.transaction();
    await holding.raw('select pg_advisory_xact_lock(?, hashtext(?))', [0x5365616c, world.caller.workspaceId]);
    await holding.raw('lock table audit_seals in row exclusive mode');
    await world.user('second@example.com');
    await sealAudit(audit.core);
    expect(await verify()).to.include({ ok: true, events: 3, sealed: 0 });
    await holding.rollback();
    await sealAudit(audit.core);
    expect(await verify()).to.include({ ok: true, sealed: 3 });
  });

  it('go on under a new key, and tell where it changed', async () => {
    await sealed(1);
    const changed: Core = { ...audit.core, signing: deriveSigningKey('the next secret of the same house') };
    expect(await verifyAudit(changed, world.caller.workspaceId)).to.include({
      ok: true,
      signature: 'other key',
    });
    await world.user('next@example.com');
    await sealAudit(changed);
    const { keys, signature, ok } = await verifyAudit(changed, world.caller.workspaceId);
    expect({ ok, signature }).to.deep.equal({ ok: true, signature: 'valid' });
    expect(keys).to.deep.equal([
      { keyId: audit.core.signing.keyId, from: 2 },
      { keyId: changed.signing!.keyId, from: 3 },
    ]);
  });
});
