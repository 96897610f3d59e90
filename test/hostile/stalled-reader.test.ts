import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import sql from 'sql-template-tag';
import { newId, type WorkspaceId } from '../../src/lib/ids.ts';
import { type Db, openDb } from '../../src/store/db/pool.ts';
import { rows } from '../../src/store/db/query.ts';
import { acrossWorkspaces, scopeOf } from '../../src/store/db/scope.ts';
import { stream } from '../../src/store/db/snapshot.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { expectRefusal } from '../support/refusal.ts';

describe('a reader of stored data that takes nothing for a minute', function () {
  this.timeout(120_000);
  let database: TestDatabase;
  let db: Db;

  before(async () => {
    database = await createDatabase();
    db = openDb({ url: database.url, poolSize: 1 });
  });
  after(async () => {
    await db.destroy();
    await database.drop();
  });

  it('loses the rest, and its connection and snapshot are given up', async () => {
    const other = openDb({ url: database.url, poolSize: 1 });
    const query = sql`select repeat('x', 100000) as text from generate_series(1, 10000)`;
    const reader = stream<{ text: string }>(scopeOf(db, newId<WorkspaceId>()), query);
    expect((await reader.next()).value).to.have.length.within(1, 6);
    const reading = async () => {
      const [found] = await rows<{ count: number }>(
        acrossWorkspaces(other),
        sql`select count(*) from pg_stat_activity where datname = current_database() and query like '%repeat%100000%'
          and pid <> pg_backend_pid()`,
      );
      return found!.count;
    };
    await sleep(55_000);
    expect(await reading()).to.equal(1);
    for (let waited = 0; waited < 15_000 && (await reading()) > 0; waited += 500) await sleep(500);
    expect(await reading()).to.equal(0);
    const rest = async () => {
      for (let next = await reader.next(); next.done !== true; next = await reader.next());
    };
    await expectRefusal(rest(), 'busy');
    expect(await rows(acrossWorkspaces(db), sql`select 1 as one`)).to.deep.equal([{ one: 1 }]);
    await other.destroy();
  });
});
