import { expect } from 'chai';
import sql from 'sql-template-tag';
import type { RollcallError } from '../../src/lib/errors.ts';
import { type Db, openDb } from '../../src/store/db/pool.ts';
import { lookedUpRow } from '../../src/store/db/prepared.ts';
import { rows } from '../../src/store/db/query.ts';
import { acrossWorkspaces } from '../../src/store/db/scope.ts';
import { inTransaction } from '../../src/store/db/transaction.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { expectRefusal } from '../support/refusal.ts';

const MIB = 1024 * 1024;

describe('an answer beyond all bounds', () => {
  let database: TestDatabase;
  let db: Db;

  before(async () => {
    database = await createDatabase();
    db = openDb({ url: database.url, poolSize: 2 });
  });
  after(async () => {
    await db.destroy();
    await database.drop();
  });

  const huge = sql`select repeat(repeat('x', ${MIB}::integer), 600) as text`;
  const many = sql`select repeat('x', ${MIB}::integer) as text from generate_series(1, 600)`;

  for (const [name, query] of Object.entries({ 'one value': huge, 'many rows': many })) {
    it(`fails its query and not the process: ${name}`, async () => {
      await expectRefusal(rows(acrossWorkspaces(db), query), 'too_much');
      await expectRefusal(
        inTransaction(db, (tx) => rows(acrossWorkspaces(tx), query)),
        'too_much',
      );
      // Beyond the bound nothing is read, so it is not kept either.
      expect(process.memoryUsage().arrayBuffers).to.be.below(600 * MIB);
      expect(await rows(acrossWorkspaces(db), sql`select 1 as one`)).to.deep.equal([{ one: 1 }]);
    });
  }

  it('fails it also among lookups that share a connection', async () => {
    const others = [1, 2, 3].map((number) =>
      lookedUpRow(acrossWorkspaces(db), 'number', sql`select ${number}::integer as number`),
    );
    // Whichever limit is met first, that of time or that of bytes.
    const [refused] = await Promise.allSettled([lookedUpRow(acrossWorkspaces(db), 'huge', huge)]);
    expect(refused.status === 'rejected' && (refused.reason as RollcallError).kind).to.be.oneOf([
      'too_much',
      'busy',
    ]);
    expect(await Promise.all(others)).to.deep.equal([{ number: 1 }, { number: 2 }, { number: 3 }]);
  });
});
