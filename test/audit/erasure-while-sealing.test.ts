import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { sealAudit } from '../../src/core/audit/chain/seal.ts';
import { contextOf } from '../../src/core/context/context.ts';
import { deleteUser } from '../../src/core/users/delete.ts';
import { newWorld, type World } from '../support/world.ts';
import { erasingIn } from './erasing.ts';
import { openSealedDatabase, type SealedDatabase } from './sealed-database.ts';

describe('the audit of an erased person is whole', function () {
  this.timeout(60_000);
  let audit: SealedDatabase;
  let world: World;
  let people: ReturnType<typeof erasingIn>;

  before(async () => {
    audit = await openSealedDatabase();
  });
  after(() => audit.close());
  beforeEach(async () => {
    world = await newWorld(audit.core);
    people = erasingIn(audit, world);
  });

  it('however erasing and sealing meet', async () => {
    let erasing = true;
    const sealers = [0, 1].map(async () => {
      while (erasing) await sealAudit(audit.core);
    });
    await Promise.all(
      [0, 1, 2, 3].map(async (writer) => {
        for (let index = 0; index < 6; index++) {
          const id = await world.user(`person-${writer}-${index}@example.com`);
          const group = await world.group(`Group ${writer}-${index}`, [id]);
          await world.members(group, { remove: [id] });
          await deleteUser(contextOf(audit.core, world.caller), id);
          await Promise.all([
            people.erase(id),
            people.erase(id),
            people.verify().then(({ ok }) => expect(ok).to.equal(true)),
          ]);
        }
      }),
    );
    erasing = false;
    await Promise.all(sealers);
    await sealAudit(audit.core);
    const verified = await people.verify();
    expect(verified).to.include({ ok: true, events: verified.sealed });
    const [count] = await audit.superuser(
      `select count(*) as told, count(distinct target_id) as people from audit_events
       where action = 'user.erased' and workspace_id = '${world.caller.workspaceId}'`,
    );
    expect(count).to.deep.equal({ told: 24, people: 24 });
    const [named] = await audit.superuser(
      `select count(*) as left from audit_events where audit_events::text like '%person-%'
       and workspace_id = '${world.caller.workspaceId}'`,
    );
    expect(named).to.deep.equal({ left: 0 });
  });

  it('when a batch was read to be sealed, and the person is erased before it is', async () => {
    const id = await world.user('meeting@example.com');
    await deleteUser(contextOf(audit.core, world.caller), id);
    // The place of the first seal is taken by somebody who will not keep it: the sealer waits with what it has read.
    const holding = await audit.core.db.transaction();
    await holding.raw(
      `insert into audit_seals (workspace_id, seq, event_id, sealed_at, actor_salt, subject_salt, event_hash, hash)
       values (?, 1, gen_random_uuid(), now(), 'x', 'x', 'x', 'x')`,
      [world.caller.workspaceId],
    );
    const sealing = sealAudit(audit.core);
    await until(async () => (await waiting()) === 1);
    let isErased = false;
    const erasing = people.erase(id).then(() => (isErased = true));
    await until(async () => isErased || (await waiting()) === 2);
    await holding.rollback();
    await Promise.all([sealing, erasing]);
    await sealAudit(audit.core);
    expect(await people.verify()).to.include({ ok: true });
  });

  /** How many wait for a lock. */
  const waiting = async () => {
    const [found] = await audit.superuser(
      `select count(*) as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return found!.count as number;
  };
  const until = async (holds: () => Promise<boolean>) => {
    while (!(await holds())) await sleep(10);
  };
});
