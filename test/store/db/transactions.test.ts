import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import sql from 'sql-template-tag';
import { type Db, openDb, type Tx } from '../../../src/store/db/pool.ts';
import { rows } from '../../../src/store/db/query.ts';
import { acrossWorkspaces } from '../../../src/store/db/scope.ts';
import { answeredAtEnd, inTransaction } from '../../../src/store/db/transaction.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';

describe('a transaction', () => {
  let database: TestDatabase;
  let db: Db;

  before(async () => {
    database = await createDatabase();
    // One connection, so that what is said too late would be heard by the next.
    db = openDb({ url: database.url, poolSize: 1 });
    await rows(acrossWorkspaces(db), sql`create table said (word text not null)`);
  });
  after(async () => {
    await db.destroy();
    await database.drop();
  });

  const say = (on: Tx, word: string) => rows(acrossWorkspaces(on), sql`insert into said values (${word})`);
  const said = async () =>
    (await rows<{ word: string }>(acrossWorkspaces(db), sql`select word from said order by 1`)).map(
      ({ word }) => word,
    );

  for (const how of ['refused', 'committed'] as const) {
    it(`that was ${how} takes nothing any more, so that nothing gets into the next one`, async () => {
      const late: Promise<unknown>[] = [];
      const ended = inTransaction(db, async (tx) => {
        const first = say(tx, `${how}, in time`);
        late.push(first.then(() => sleep(50)).then(() => say(tx, `${how}, too late`)));
        await first;
        if (how === 'refused') throw new Error('Refused.');
      });
      const [end] = await Promise.allSettled([ended]);
      expect(end.status).to.equal(how === 'refused' ? 'rejected' : 'fulfilled');
      await inTransaction(db, async (tx) => {
        await say(tx, `after ${how}`);
        const [heard] = await Promise.allSettled(late);
        expect(heard?.status).to.equal('rejected');
      });
      const expected = how === 'refused' ? ['after refused'] : ['after committed', 'committed, in time'];
      expect((await said()).filter((word) => word.includes(how))).to.deep.equal(expected);
    });
  }

  it('is run again when it failed to serialize, whichever of its statements is looked at first', async () => {
    let attempts = 0;
    await inTransaction(db, async (tx) => {
      attempts += 1;
      const failing = rows(
        acrossWorkspaces(tx),
        attempts === 1 ? sql`do $$ begin raise exception using errcode = '40001'; end $$` : sql`select 1`,
      );
      failing.catch(() => undefined);
      await say(tx, 'again');
      await failing;
    });
    expect(attempts).to.equal(2);
    expect((await said()).filter((word) => word === 'again')).to.have.lengthOf(1);
  });

  it('fails for what failed first, though nobody waited for it, and is run again for that', async () => {
    let attempts = 0;
    await inTransaction(db, async (tx) => {
      attempts += 1;
      if (attempts > 1) return;
      const failing = rows(
        acrossWorkspaces(tx),
        sql`do $$ begin raise exception using errcode = '40001'; end $$`,
      );
      failing.catch(() => undefined);
      await sleep(0);
    });
    expect(attempts).to.equal(2);
  });

  it('is run again also when what failed is told as the cause of something else', async () => {
    let attempts = 0;
    await inTransaction(db, async (tx) => {
      attempts += 1;
      try {
        if (attempts === 1)
          await rows(acrossWorkspaces(tx), sql`do $$ begin raise exception using errcode = '40P01'; end $$`);
      } catch (error) {
        throw new Error('One of several failed.', { cause: error });
      }
    });
    expect(attempts).to.equal(2);
  });

  for (const isEager of [false, true]) {
    it(`holds what it is told last${isEager ? ', begun with its first statement' : ''}`, async () => {
      await rows(acrossWorkspaces(db), sql`delete from said`);
      await inTransaction(
        db,
        async (tx) => {
          if (isEager) await rows(acrossWorkspaces(tx), sql`select 1`);
          answeredAtEnd(tx, () => say(tx, 'first'));
          answeredAtEnd(tx, () => say(tx, 'last'));
        },
        { isEager },
      );
      const written = await rows<{ xmin: string }>(
        acrossWorkspaces(db),
        sql`select distinct xmin::text from said`,
      );
      expect([await said(), written.length]).to.deep.equal([['first', 'last'], 1]);
    });
  }

  it('refuses to leave for its end what is not asked at once', async () => {
    const late = async (tx: Tx) => {
      await sleep(0);
      return say(tx, 'after the end');
    };
    const [end] = await Promise.allSettled([
      inTransaction(db, async (tx) => {
        await say(tx, 'with what comes late');
        answeredAtEnd(tx, () => late(tx));
      }),
    ]);
    expect(end.status).to.equal('rejected');
    await sleep(20);
    expect((await said()).filter((word) => /late|end/.test(word))).to.deep.equal([]);
  });
});
