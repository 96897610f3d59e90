import { expect } from 'chai';
import fc from 'fast-check';
import { auditCheckpoint } from '../../src/core/audit/chain/checkpoint.ts';
import { sealAudit } from '../../src/core/audit/chain/seal.ts';
import { verifyAudit } from '../../src/core/audit/chain/verify.ts';
import { contextOf } from '../../src/core/context/context.ts';
import { deleteUser } from '../../src/core/users/delete.ts';
import { newWorld, type World } from '../support/world.ts';
import { erasingIn } from './erasing.ts';
import { openSealedDatabase, type SealedDatabase } from './sealed-database.ts';

const RUNS = Number(process.env.PROPERTY_RUNS ?? 20);

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

  it('verifies as before, with the same head', async () => {
    const id = await people.gone();
    const before = await people.verify();
    const checkpoint = await auditCheckpoint(contextOf(audit.core, world.caller));
    await people.erase(id);
    expect(await people.verify()).to.deep.equal({ ...before, events: before.events + 1 });
    await sealAudit(audit.core);
    expect(await people.verify()).to.include({
      ok: true,
      events: before.events + 1,
      sealed: before.events + 1,
    });
    expect(await verifyAudit(audit.core, world.caller.workspaceId, checkpoint)).to.include({ ok: true });
    const [salts] = await audit.superuser(
      `select count(*) filter (where subject_salt is null) as erased, count(*) as all from audit_seals
       where workspace_id = '${world.caller.workspaceId}'`,
    );
    // Created, added, deleted, removed from the group.
    expect(salts).to.deep.equal({ erased: 4, all: before.events + 1 });
  });

  it('verifies whether its events were sealed before, or wait still', async () => {
    const id = await people.gone();
    const waiting = await world.user('waiting@example.com');
    await deleteUser(contextOf(audit.core, world.caller), waiting);
    for (const one of [id, waiting]) await people.erase(one);
    expect(await people.verify()).to.include({ ok: true });
    await sealAudit(audit.core);
    expect(await people.verify()).to.include({ ok: true });
    const told = await audit.superuser(
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
    const texts = fc.string({ unit, maxLength: 20 }).map((text) => text.replaceAll('\0', ''));
    // JSON.parse of Node 24 (V8 13.6) takes some keys of one escaped character for each other.
    const names = texts.filter((text) => text.length !== 1 || JSON.stringify(text).length === 3);
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
        await deleteUser(contextOf(audit.core, caller), id);
        await sealAudit(audit.core);
        await people.erase(id);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    await sealAudit(audit.core);
    expect(await people.verify()).to.include({ ok: true });
  });

  it('keeps the fields that tell of nobody, and no other', async () => {
    const id = await people.gone();
    const kept = Object.fromEntries(
      ['status', 'managedBy', 'source', 'organization', 'accountRole', 'project', 'projects', 'role']
        .concat(['product', 'products', 'license', 'row', 'decision', 'none', 'keep', 'revoke'])
        .map((name) => [name, [name, 1, { of: name }]]),
    );
    await audit.core.db.raw(
      `insert into audit_events (workspace_id, id, at, actor_kind, actor_name, request_id, action, target_kind,
         target_id, related_id, target_name, before, after)
       values (?, gen_random_uuid(), clock_timestamp(), 'system', 'Test', 'test', 'test.told', 'group', 'g', ?, 'G', ?, ?)`,
      [world.caller.workspaceId, id, JSON.stringify({ ...kept, name: 'Go Ne' }), JSON.stringify(['Go Ne'])],
    );
    await sealAudit(audit.core);
    await people.erase(id);
    expect(await people.verify()).to.include({ ok: true });
    const [left] = await audit.superuser(
      `select target_name, before, after from audit_events where action = 'test.told' and related_id = '${id}'`,
    );
    expect(left).to.deep.equal({ target_name: 'G', before: kept, after: null });
  });
});
