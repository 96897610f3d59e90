import { expect } from 'chai';
import sql, { raw } from 'sql-template-tag';
import { type Db, openDb } from '../../../src/store/db/pool.ts';
import { composedRows, preparedRow } from '../../../src/store/db/prepared.ts';
import { rows } from '../../../src/store/db/query.ts';
import { acrossWorkspaces } from '../../../src/store/db/scope.ts';
import { inTransaction } from '../../../src/store/db/transaction.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startMixingPool } from '../../support/mixing-pool.ts';

describe('prepared statements', () => {
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

  const ask = (on: Parameters<typeof preparedRow>[0], number: number) =>
    preparedRow<{ number: number }>(on, 'test_number', sql`select ${number}::integer as number`);

  it('are made of what is put together, but not of what is long: each connection would keep its plan', async () => {
    const short = sql`select 'short' as text, ${1}::integer as number`;
    const long = sql`select ${raw(`'${'x'.repeat(5_000)}'`)} as text, ${1}::integer as number`;
    for (const query of [short, short, long, long])
      expect(await composedRows(acrossWorkspaces(db), query)).to.have.lengthOf(1);
    const kept = await rows<{ statement: string }>(
      acrossWorkspaces(db),
      sql`select statement from pg_prepared_statements`,
    );
    const texts = kept.map(({ statement }) => statement);
    expect(texts.filter((text) => text.startsWith("select 'short'"))).to.have.lengthOf(1);
    expect(texts.filter((text) => text.includes('xxxx'))).to.deep.equal([]);
  });

  it('have their plans made anew, so that none outlives the small table that it was made for', async () => {
    await rows(acrossWorkspaces(db), sql`create table growing (place integer, id integer)`);
    await rows(acrossWorkspaces(db), sql`create index growing_id on growing (place, id)`);
    await rows(acrossWorkspaces(db), sql`insert into growing values (1, 1)`);
    await rows(acrossWorkspaces(db), sql`analyze growing`);
    const look = (on: Parameters<typeof preparedRow>[0]) =>
      preparedRow<{ id: number }>(
        on,
        'test_growing',
        sql`select id from growing where place = ${1} and id = ${1}`,
      );
    for (let turn = 0; turn < 30; turn += 1) await look(acrossWorkspaces(db));
    const scans = async () => {
      await rows(acrossWorkspaces(db), sql`select pg_stat_force_next_flush()`).catch(() => undefined);
      const [found] = await rows<{ scans: number }>(
        acrossWorkspaces(db),
        sql`select seq_scan::integer as scans from pg_stat_user_tables where relname = 'growing'`,
      );
      return found!.scans;
    };
    await rows(acrossWorkspaces(db), sql`insert into growing select 1, n from generate_series(2, 20000) n`);
    for (let turn = 0; turn < 100; turn += 1)
      expect(await look(acrossWorkspaces(db))).to.deep.equal({ id: 1 });
    const before = await scans();
    for (let turn = 0; turn < 100; turn += 1) await inTransaction(db, (tx) => look(acrossWorkspaces(tx)));
    expect(await scans(), 'tables read through').to.equal(before);
  });

  it('have their plans made anew in a transaction that fails, too', async () => {
    for (let turn = 0; turn < 100; turn += 1) {
      const failing = inTransaction(db, async (tx) => {
        await ask(acrossWorkspaces(tx), turn);
        await rows(acrossWorkspaces(tx), sql`select 1 / 0`);
      });
      expect(await failing.catch((error: unknown) => (error as { code?: string }).code)).to.equal('22012');
      expect(await inTransaction(db, (tx) => ask(acrossWorkspaces(tx), turn))).to.deep.equal({
        number: turn,
      });
    }
  });

  it('are used while the connection keeps them, and done without when it does not, also in a transaction', async () => {
    expect(await ask(acrossWorkspaces(db), 1)).to.deep.equal({ number: 1 });
    const kept = await rows<{ name: string }>(
      acrossWorkspaces(db),
      sql`select name from pg_prepared_statements`,
    );
    expect(kept.filter(({ name }) => name.startsWith('test_number_'))).to.have.lengthOf(1);
    expect(await ask(acrossWorkspaces(db), 2)).to.deep.equal({ number: 2 });

    // What a pool between does: another connection of the server's, which knows nothing of the statement.
    await rows(acrossWorkspaces(db), sql`deallocate all`);
    let attempts = 0;
    const inside = await inTransaction(db, (tx) => {
      attempts += 1;
      return ask(acrossWorkspaces(tx), 3);
    });
    expect(inside).to.deep.equal({ number: 3 });
    expect(attempts).to.equal(2);
    expect(await ask(acrossWorkspaces(db), 4)).to.deep.equal({ number: 4 });
    const left = await rows(
      acrossWorkspaces(db),
      sql`select name from pg_prepared_statements where name like 'test_number%'`,
    );
    expect(left).to.deep.equal([]);
  });

  it('are never those of another process, whose connection a pool between hands over', async () => {
    const pool = await startMixingPool(database.url);
    const [one, other] = [openDb({ url: pool.url, poolSize: 1 }), openDb({ url: pool.url, poolSize: 1 })];
    // What one process calls by a name may be something else in another process, or in another version.
    const mine = (on: Db) =>
      preparedRow<{ said: string }>(
        acrossWorkspaces(on),
        'same',
        sql`select 'mine ' || ${'!'}::text as said`,
      );
    const others = (on: Db) =>
      preparedRow<{ said: string }>(
        acrossWorkspaces(on),
        'same',
        sql`select 'others ' || ${'!'}::text as said`,
      );
    try {
      const [said, othersSaid] = [{ said: 'mine !' }, { said: 'others !' }];
      expect([await mine(one), await others(other)]).to.deep.equal([said, othersSaid]);
      pool.swap();
      expect([await mine(one), await others(other)]).to.deep.equal([said, othersSaid]);
    } finally {
      await Promise.all([one.destroy(), other.destroy()]);
      await pool.stop();
    }
  });
});
