import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { prepareFirstStart } from '../../../src/core/workspaces/bootstrap.ts';
import { verifyToken } from '../../../src/core/workspaces/tokens.ts';
import { migrate } from '../../../src/store/db/migrate.ts';
import { type Db, openDb } from '../../../src/store/db/pool.ts';
import { createDatabase, createEmptyDatabase, type TestDatabase } from '../../support/database.ts';

const OTHER = 'other-token-that-comes-too-late-0123456789';
const ANOTHER = 'another-token-that-comes-too-late-01234567';

describe('first start', () => {
  let database: TestDatabase;
  const opened: Db[] = [];

  const open = (poolSize = 3) => {
    const db = openDb({ url: database.url, poolSize });
    opened.push(db);
    return db;
  };

  afterEach(async () => {
    for (const db of opened.splice(0)) await db.destroy();
    await database.drop();
  });

  it('makes the workspace and its tokens once, also when several start together', async () => {
    database = await createDatabase();
    const made = await Promise.all(Array.from({ length: 5 }, () => prepareFirstStart({ db: open() }, {})));
    const tokens = made.filter((one) => one !== null);
    expect(tokens).to.have.lengthOf(1);
    const core = { db: open() };
    for (const scope of ['scim', 'admin', 'operator'] as const) {
      const secret = tokens[0]?.[scope] ?? '';
      expect(secret).to.match(new RegExp(`^rc_${scope}_[A-Za-z0-9_-]{43}$`));
      expect(await verifyToken(core, secret)).to.include({ scope, workspaceKey: 'default' });
    }
  });

  it('takes given tokens as they are, and changes nothing later', async () => {
    database = await createDatabase();
    const core = { db: open() };
    const given = 'given-by-whoever-starts-it-0123456789';
    expect((await prepareFirstStart(core, { scim: given }))?.scim).to.equal(given);
    expect(await prepareFirstStart(core, { scim: OTHER, admin: ANOTHER })).to.equal(null);
    expect(await verifyToken(core, given)).to.include({ scope: 'scim' });
    expect(await verifyToken(core, OTHER)).to.equal(undefined);
    expect(await verifyToken(core, ANOTHER)).to.equal(undefined);
    expect(await verifyToken(core, 'x'.repeat(100_000))).to.equal(undefined);
    expect(await verifyToken(core, '')).to.equal(undefined);
  });

  it('refuses tokens that can be guessed, and makes nothing', async () => {
    database = await createDatabase();
    const core = { db: open() };
    for (const short of ['', 'x', 'x'.repeat(31)]) {
      const refused = await prepareFirstStart(core, { admin: short }).catch((error: unknown) => error);
      expect(refused).to.include({ kind: 'invalid' });
    }
    expect(await prepareFirstStart(core, {})).not.to.equal(null);
  });

  it('migrates once, also when several start together', async () => {
    database = await createEmptyDatabase();
    const done = await Promise.all(Array.from({ length: 5 }, () => migrate(open(1))));
    expect(done.filter((migrations) => migrations.length > 0)).to.have.lengthOf(1);
    expect(await migrate(open())).to.deep.equal([]);
    expect(await prepareFirstStart({ db: open() }, {})).not.to.equal(null);
  });

  it('leaves nothing half migrated when it is cut off', async () => {
    database = await createEmptyDatabase();
    const other = open();
    const blocker = await other.transaction();
    // The last of the migrations so far must wait for this name.
    await blocker.raw('create table audit_events ()');
    const migrating = migrate(open(1)).catch((error: unknown) => error);
    await terminateWaiting(other);
    await blocker.rollback();
    expect(await migrating).to.be.instanceOf(Error);
    expect(await migrate(other)).to.have.length.greaterThan(4);
  });
});

async function terminateWaiting(db: Db): Promise<void> {
  for (;;) {
    const { rows } = await db.raw<{ rows: unknown[] }>(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (rows.length > 0) return;
    await sleep(10);
  }
}
