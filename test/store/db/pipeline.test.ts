import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import sql, { raw } from 'sql-template-tag';
import { onBehalfOf } from '../../../src/store/db/on-behalf.ts';
import { type Db, openDb } from '../../../src/store/db/pool.ts';
import { composedRows, lookedUpRow, preparedRow, preparedRows } from '../../../src/store/db/prepared.ts';
import { rows } from '../../../src/store/db/query.ts';
import { acrossWorkspaces } from '../../../src/store/db/scope.ts';
import { inTransaction } from '../../../src/store/db/transaction.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';

interface Numbered {
  readonly number: number;
}

describe('statements that are sent together', () => {
  let database: TestDatabase;
  let db: Db;

  before(async () => {
    database = await createDatabase();
    db = openDb({ url: database.url, poolSize: 4 });
    await rows(acrossWorkspaces(db), sql`create table counted (number integer primary key, said text)`);
  });
  after(async () => {
    await db.destroy();
    await database.drop();
  });

  const half = (number: number) => sql`select 100 / ${number}::integer as number`;

  it('answer what the driver answers to each alone', async () => {
    const everything = sql`select * from (values
        (1, true, 1.5::numeric, 'é "x" \\', null::text, '{"a": [1, null]}'::jsonb, '\\x00ff'::bytea,
          '2026-02-28T23:59:59.123Z'::timestamptz, '2026-02-28'::date, 9007199254740991::bigint,
          array['a', null, 'b,"c'], gen_random_uuid()),
        (2, false, null, '', 'x', 'null', null, null, null, null, null, null)) as v`;
    const alone = (await db.raw<{ rows: Record<string, unknown>[] }>(everything.sql)).rows;
    const known = (all: readonly Record<string, unknown>[]) => all.map(({ column12: _, ...rest }) => rest);
    for (let turn = 0; turn < 3; turn++) {
      const [named, unnamed] = await inTransaction(db, (tx) =>
        Promise.all([
          preparedRows<Record<string, unknown>>(acrossWorkspaces(tx), 'everything', everything),
          rows<Record<string, unknown>>(acrossWorkspaces(tx), everything),
        ]),
      );
      expect(known(named)).to.deep.equal(known(alone));
      expect(known(unnamed)).to.deep.equal(known(alone));
    }
  });

  it('are run in the order in which they were asked, each seeing those before it', async () => {
    const seen = await inTransaction(db, async (tx) => {
      const asked = [1, 2, 3].flatMap((number) => [
        rows<{ count: number }>(acrossWorkspaces(tx), sql`insert into counted (number) values (${number})`),
        rows<{ count: number }>(acrossWorkspaces(tx), sql`select count(*) as count from counted`),
      ]);
      return (await Promise.all(asked)).flat().map(({ count }) => count);
    });
    expect(seen).to.deep.equal([1, 2, 3]);
  });

  it('fail together after the first that fails, whose error they tell, and what was said before stays answered', async () => {
    const outcomes = await inTransaction(db, (tx) =>
      Promise.allSettled([
        rows(acrossWorkspaces(tx), half(4)),
        rows(acrossWorkspaces(tx), half(0)),
        rows(acrossWorkspaces(tx), half(5)),
      ]),
    ).catch((error: unknown) => error);
    expect((outcomes as Error).message).to.contain('division by zero');

    let inside: readonly PromiseSettledResult<unknown>[] = [];
    await inTransaction(db, async (tx) => {
      inside = await Promise.allSettled([
        rows(acrossWorkspaces(tx), half(4)),
        rows(acrossWorkspaces(tx), half(0)),
        rows(acrossWorkspaces(tx), half(5)),
      ]);
    }).catch(() => undefined);
    expect(inside.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'rejected']);
    expect(inside[0]).to.deep.include({ value: [{ number: 25 }] });
    // Each connection of the pool is as good as new.
    const after = await Promise.all(
      [1, 2, 4, 5].map((number) => rows<Numbered>(acrossWorkspaces(db), half(number))),
    );
    expect(after.flat().map(({ number }) => number)).to.deep.equal([100, 50, 25, 20]);
  });

  it('commit nothing when what goes out with COMMIT fails', async () => {
    const [ended] = await Promise.allSettled([
      inTransaction(db, async (tx) => {
        await rows(acrossWorkspaces(tx), sql`delete from counted`);
        // Nobody waits: COMMIT goes out with them.
        rows(acrossWorkspaces(tx), sql`insert into counted (number) values (10)`).catch(() => undefined);
        rows(acrossWorkspaces(tx), sql`insert into counted (number) values (10)`).catch(() => undefined);
      }),
    ]);
    expect(ended.status).to.equal('rejected');
    const left = await rows<Numbered>(acrossWorkspaces(db), sql`select number from counted order by 1`);
    expect(left.map(({ number }) => number)).to.deep.equal([1, 2, 3]);
    const open = await rows(
      acrossWorkspaces(db),
      sql`select from pg_stat_activity where datname = current_database() and state like 'idle in%'`,
    );
    expect(open).to.deep.equal([]);
  });

  it('are prepared anew where they came after one that failed, or were refused themselves', async () => {
    const later = sql`select number from not_there_yet where number = ${1}::integer`;
    const behind = sql`select ${7}::integer * 1 as number`;
    const one = openDb({ url: database.url, poolSize: 1 });
    try {
      for (let turn = 0; turn < 2; turn++) {
        const outcomes = await inTransaction(one, (tx) =>
          Promise.allSettled([
            preparedRow(acrossWorkspaces(tx), 'later', later),
            preparedRow(acrossWorkspaces(tx), 'behind', behind),
          ]),
        ).catch((error: unknown) => error);
        expect(String(outcomes)).to.contain('not_there_yet');
      }
      await rows(acrossWorkspaces(one), sql`create table not_there_yet as select 1 as number`);
      for (let turn = 0; turn < 3; turn++) {
        expect(await preparedRow(acrossWorkspaces(one), 'later', later)).to.deep.equal({ number: 1 });
        expect(await preparedRow(acrossWorkspaces(one), 'behind', behind)).to.deep.equal({ number: 7 });
      }
    } finally {
      await one.destroy();
    }
  });

  it('fail by themselves when a value cannot be written', async () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const [written, other] = await inTransaction(db, (tx) =>
      Promise.allSettled([
        rows(acrossWorkspaces(tx), sql`select ${circle}::text`),
        rows<Numbered>(acrossWorkspaces(tx), half(4)),
      ]),
    );
    expect(written.status === 'rejected' && String(written.reason)).to.contain('circular');
    expect(other).to.deep.include({ value: [{ number: 25 }] });
  });

  it('follow a text of several statements, and come before the next', async () => {
    const seen = await inTransaction(db, async (tx) => {
      const first = rows<{ word: string }>(
        acrossWorkspaces(tx),
        sql`select current_setting('test.word', true) as word`,
      );
      const script = tx.ask({ text: "set local test.word = 'said'; select 1; select 2" });
      const last = rows<{ word: string }>(
        acrossWorkspaces(tx),
        sql`select current_setting('test.word', true) as word`,
      );
      await script;
      return [(await first)[0]?.word ?? '', (await last)[0]?.word];
    });
    expect(seen).to.deep.equal(['', 'said']);
  });

  it('are not answered as done when what they did could not be committed', async () => {
    await rows(
      acrossWorkspaces(db),
      sql`create table asking (number integer
      references counted (number) deferrable initially deferred)`,
    );
    const [alone] = await Promise.allSettled([
      rows(acrossWorkspaces(db), sql`insert into asking values (${12345})`),
    ]);
    expect(alone.status === 'rejected' && String(alone.reason)).to.contain('foreign key');
    const [ended] = await Promise.allSettled([
      inTransaction(db, (tx) => rows(acrossWorkspaces(tx), sql`insert into asking values (${12345})`)),
    ]);
    expect(ended.status === 'rejected' && String(ended.reason)).to.contain('foreign key');
    expect(await rows(acrossWorkspaces(db), sql`select from asking`)).to.deep.equal([]);
  });

  it('keep their connection when the URL says how long a query may take', async () => {
    const url = new URL(database.url);
    url.searchParams.set('query_timeout', '300');
    const one = openDb({ url: url.href, poolSize: 1 });
    try {
      const pid = sql`select pg_backend_pid() as number`;
      const [before] = await rows<Numbered>(acrossWorkspaces(one), pid);
      const [late] = await Promise.allSettled([rows(acrossWorkspaces(one), half(0))]);
      expect(late.status).to.equal('rejected');
      await sleep(200);
      await rows(acrossWorkspaces(one), sql`select pg_sleep(0.2)`);
      await sleep(200);
      expect((await rows<Numbered>(acrossWorkspaces(one), pid))[0]).to.deep.equal(before);
    } finally {
      await one.destroy();
    }
  });

  describe('as lookups', () => {
    const pid = (number: number) =>
      lookedUpRow<{ pid: number; number: number }>(
        acrossWorkspaces(db),
        'pid',
        sql`select pg_backend_pid() as pid, ${number}::integer as number`,
      );

    it('share a connection, twenty at most, and each gets its own answer', async () => {
      const few = await Promise.all(Array.from({ length: 20 }, (_, number) => pid(number)));
      expect(new Set(few.map((found) => found?.pid)).size).to.equal(1);
      const many = await Promise.all(Array.from({ length: 50 }, (_, number) => pid(number)));
      expect(many.map((found) => found?.number)).to.deep.equal(Array.from({ length: 50 }, (_, n) => n));
      const shares = new Map<number, number>();
      for (const found of many) shares.set(found?.pid ?? 0, (shares.get(found?.pid ?? 0) ?? 0) + 1);
      expect(Math.max(...shares.values())).to.equal(20);
    });

    it('do not share a failure', async () => {
      const asked = [1, 0, 4, 0, 5].map((number) =>
        composedRows<Numbered>(acrossWorkspaces(db), half(number), { lookup: 'unique' }),
      );
      const outcomes = await Promise.allSettled(asked);
      expect(
        outcomes.map((one) => (one.status === 'fulfilled' ? one.value[0]?.number : 'failed')),
      ).to.deep.equal([100, 'failed', 25, 'failed', 20]);
    });

    it('do not share the loss of a connection', async () => {
      const others = Array.from({ length: 12 }, (_, number) =>
        composedRows<Numbered>(
          acrossWorkspaces(db),
          number === 5
            ? sql`select pg_terminate_backend(pg_backend_pid()) as number`
            : sql`select ${number}::integer + 0 as number`,
          { lookup: 'unique' },
        ),
      );
      const outcomes = await Promise.allSettled(others);
      const told = outcomes.map((one) => (one.status === 'fulfilled' ? one.value[0]?.number : 'lost'));
      expect(told).to.deep.equal([0, 1, 2, 3, 4, 'lost', 6, 7, 8, 9, 10, 11]);
    });

    it('of several workspaces share no connection, nor with tokens', async () => {
      const [one, other] = ['a', 'b'].map((workspaceId) => onBehalfOf(db, { workspaceId }));
      const asked = [db, one!, other!, db, one!, other!].map((asking) =>
        lookedUpRow<{ pid: number }>(
          acrossWorkspaces(asking),
          'pid_of',
          sql`select pg_backend_pid() as pid from pg_sleep(0.2)`,
        ),
      );
      const [a, b, c, ...again] = (await Promise.all(asked)).map((found) => found?.pid);
      expect(new Set([a, b, c]).size).to.equal(3);
      expect(again).to.deep.equal([a, b, c]);
    });

    it('are stopped together when together they take too long, and asked again alone', async () => {
      const own = onBehalfOf(db, { workspaceId: 'slow' });
      const begun = performance.now();
      const slow = Array.from({ length: 14 }, (_, number) =>
        lookedUpRow<Numbered>(
          acrossWorkspaces(own),
          'slow',
          sql`select ${number}::integer as number from pg_sleep(0.4)`,
        ),
      );
      const found = await Promise.all(slow);
      expect(found.map((one) => one?.number)).to.deep.equal(Array.from({ length: 14 }, (_, n) => n));
      // One after the other they would take 5.6 s.
      expect(performance.now() - begun).to.be.lessThan(4_500);
    });

    it('wait for a connection each for as long as any other', async () => {
      const full = openDb({ url: database.url, poolSize: 1, waitMs: 500 });
      try {
        const holding = rows(acrossWorkspaces(full), sql`select pg_sleep(0.7)`);
        await sleep(20);
        const early = lookedUpRow<Numbered>(acrossWorkspaces(full), 'early', half(1));
        early.catch(() => undefined);
        await sleep(400);
        const late = lookedUpRow<Numbered>(acrossWorkspaces(full), 'late', half(2));
        const outcomes = await Promise.allSettled([early, late]);
        expect(outcomes.map(({ status }) => status)).to.deep.equal(['rejected', 'fulfilled']);
        await holding;
      } finally {
        await full.destroy();
      }
    });

    it('are all told when there is no database', async () => {
      const away = openDb({ url: 'postgres://nobody@127.0.0.1:1/nothing', poolSize: 1 });
      const asked = [1, 2, 3].map((number) => lookedUpRow(acrossWorkspaces(away), 'away', half(number)));
      const outcomes = await Promise.allSettled(asked);
      await away.destroy();
      expect(outcomes.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected', 'rejected']);
    });

    it('see what their transaction wrote', async () => {
      const seen = await inTransaction(db, async (tx) => {
        await rows(acrossWorkspaces(tx), sql`insert into counted (number, said) values (77, 'inside')`);
        return lookedUpRow<{ said: string }>(
          acrossWorkspaces(tx),
          'inside',
          sql`select said from counted where number = ${77} ${raw('')}`,
        );
      });
      expect(seen).to.deep.equal({ said: 'inside' });
    });
  });
});
