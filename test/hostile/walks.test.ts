import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { contextOf } from '../../src/core/context/context.ts';
import { deleteUser } from '../../src/core/users/delete.ts';
import type { UserId } from '../../src/lib/ids.ts';
import { openSealedDatabase, type SealedDatabase } from '../audit/sealed-database.ts';
import { newWorld, type World } from '../support/world.ts';

const MIB = 1024 * 1024;
/** More than the heap can hold: 150 events of a MiB that are stored small, and 40 that are not; and one of 16 MiB. */
const EVENTS = 191;
const BYTES = 206 * MIB;

/** What a process that may use 256 MiB of heap walks, whatever the rows hold. */
describe('walking stored data that is larger than memory', function () {
  this.timeout(240_000);
  let audit: SealedDatabase;
  let world: World;
  let user: UserId;

  before(async () => {
    audit = await openSealedDatabase();
    world = await newWorld(audit.core);
    user = await world.user('large@example.com');
    await deleteUser(contextOf(audit.core, world.caller), user);
    const insert = (count: number, text: string) =>
      audit.core.db.raw(
        `insert into audit_events (workspace_id, id, at, actor_kind, actor_name, request_id, action, target_kind,
           target_id, target_name, after)
         select ?, gen_random_uuid(), clock_timestamp(), 'system', 'x', 'x', 'user.updated', 'user', ?,
           'large@example.com', jsonb_build_object('displayName', ${text})
         from generate_series(1, ?) n`,
        [world.caller.workspaceId, user, count],
      );
    await insert(150, `repeat('=', 1048576)`);
    await insert(40, `(select string_agg(md5(i::text || n), '') from generate_series(1, 32768) i)`);
    await insert(1, `repeat('x', 16777216)`);
  });
  after(() => audit.close());

  /** Walks in a process of its own; answers what it saw. */
  const walk = (what: string) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      execFile(
        process.execPath,
        [
          ...['--max-old-space-size=256', 'test/hostile/walks.child.ts'],
          ...[audit.url, world.caller.workspaceId, what, user],
        ],
        (failure, out, error) => {
          if (failure) reject(new Error(`${what} ended with ${failure.code}: ${error.slice(-2000)}`));
          else resolve(JSON.parse(out) as Record<string, unknown>);
        },
      );
    });
  const small = (found: Record<string, unknown>) => {
    expect(found.peak, JSON.stringify(found)).to.be.below(450 * MIB);
    return found;
  };

  it('audit.jsonl, not sealed yet', async () => {
    expect(small(await walk('jsonl')).bytes).to.be.above(BYTES);
  });

  it('seals it', async () => {
    small(await walk('seal'));
  });

  it('verifies it', async () => {
    const { ok, events, sealed } = small(await walk('verify'));
    expect({ ok, sealed }).to.deep.equal({ ok: true, sealed: events });
    expect(events).to.be.above(EVENTS);
  });

  it('audit.jsonl', async () => {
    expect(small(await walk('jsonl')).bytes).to.be.above(BYTES);
  });

  it('audit.csv, and ten who read it slowly', async () => {
    expect(small(await walk('csv')).bytes).to.be.above(BYTES);
    small(await walk('slowReaders'));
  });

  it('GET /audit, in pages that end at a size', async () => {
    const { count, most } = small(await walk('pages'));
    expect(count).to.be.above(EVENTS);
    expect(most).to.be.below(24 * MIB);
  });

  it('erases whom it is about', async () => {
    small(await walk('erase'));
    await walk('seal');
    const { ok } = await walk('verify');
    expect(ok).to.equal(true);
    const [left] = await audit.superuser(
      `select count(*) as count from audit_events where after ? 'displayName' or target_name = 'large@example.com'`,
    );
    expect(left).to.deep.equal({ count: 0 });
  });
});
