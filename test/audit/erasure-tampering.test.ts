import { expect } from 'chai';
import { sealAudit } from '../../src/core/audit/chain/seal.ts';
import { newWorld, type World } from '../support/world.ts';
import { erasingIn } from './erasing.ts';
import { openSealedDatabase, type SealedDatabase } from './sealed-database.ts';

describe('the audit of an erased person', function () {
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
        const id = await people.gone();
        await people.erase(id);
        await sealAudit(audit.core);
        const event = await people.eventOf(id, 'user.created');
        await audit.superuser(statement.replace(':id', `'${event.id}'`));
        const { ok, firstBroken } = await people.verify();
        expect(ok).to.equal(false);
        expect(firstBroken).to.include({ seq: event.seq, eventId: event.id, problem: 'altered' });
      });
    }

    it('the event of the erasure removed', async () => {
      const id = await people.gone();
      await people.erase(id);
      await audit.superuser(`delete from audit_events where action = 'user.erased' and target_id = '${id}'`);
      expect(await people.verify()).to.include({ ok: false });
    });

    it('an event emptied as if by an erasure that there never was', async () => {
      const id = await people.gone();
      await audit.superuser(`update users set erased_at = now() where id = '${id}'`);
      const event = await people.eventOf(id, 'user.created');
      // Plainly, as the database lets an erasure through.
      const columns = 'actor_salt, actor_commitment, subject_salt, subject_commitment';
      await audit.core.db.raw(
        `update audit_seals s set (${columns}) = (select ${columns} from erased_seal(s)) where event_id = ?`,
        [event.id],
      );
      await audit.core.db.raw(
        `update audit_events e set (target_name, before, after) = (
           select target_name, before, after from erased_event(e)) where id = ?`,
        [event.id],
      );
      expect((await people.verify()).firstBroken).to.include({ eventId: event.id, problem: 'altered' });
    });

    it('but no event that was altered before becomes whole by it', async () => {
      const id = await people.gone();
      const event = await people.eventOf(id, 'user.created');
      await audit.superuser(
        `update audit_events set after = after || '{"title": "x"}' where id = '${event.id}'`,
      );
      await people.erase(id);
      await sealAudit(audit.core);
      expect((await people.verify()).firstBroken).to.include({ eventId: event.id, problem: 'altered' });
    });
  });

  it('is changed by nothing else: the database refuses every other change', async () => {
    const [erased, other] = [await people.gone('erased@example.com'), await people.gone('other@example.com')];
    await people.erase(erased);
    const event = (await people.eventOf(erased, 'user.created')).id;
    const others = (await people.eventOf(other, 'user.created')).id;
    const left = await people.gone('left@example.com');
    const leftEvent = (await people.eventOf(left, 'user.created')).id;
    await audit.superuser(`update users set erased_at = now() where id = '${left}'`);
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
    for (const statement of statements)
      expect(await audit.plainly(statement), statement).to.contain('append-only');
    expect(await people.verify()).to.include({ ok: true });
  });
});
