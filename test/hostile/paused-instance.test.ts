import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { requestsTo, type Send } from '../support/app.ts';
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts';
import { type ServerProcess, startProcess } from '../support/process.ts';

const OPERATOR = 'operator-token-of-the-paused-instance';
const SCIM = 'scim-token-of-the-paused-instance';
const ADMIN = 'admin-token-of-the-paused-instance';

describe('two instances of which one is paused in the middle of changes', () => {
  let database: TestDatabase;
  let other: pg.Client;
  let paused: ServerProcess;
  let running: ServerProcess;
  let [toPaused, toRunning]: Send[] = [];

  before(async () => {
    database = await createEmptyDatabase();
    other = new pg.Client(database.url);
    await other.connect();
    const env = {
      DATABASE_URL: database.url,
      SECRET_KEY: 'k'.repeat(32),
      OPERATOR_TOKEN: OPERATOR,
      SCIM_TOKEN: SCIM,
      ADMIN_TOKEN: ADMIN,
      RATE_LIMIT_PER_SECOND: '0',
      LOG_LEVEL: 'error',
    };
    paused = await startProcess({ ...env, LOG_LEVEL: 'info' });
    await paused.listening;
    running = await startProcess({ ...env, LOG_LEVEL: 'info' });
    await running.listening;
    [toPaused, toRunning] = [requestsTo(paused.url), requestsTo(running.url)];
  });
  after(async () => {
    paused.signal('SIGCONT');
    paused.signal('SIGTERM');
    running.signal('SIGTERM');
    await Promise.all([paused.ended, running.ended]);
    await other.end();
    await database.drop();
  });

  const newWorkspace = async (name: string) => {
    const made = await toRunning!<{ id: string }>('POST', '/api/v1/workspaces', {
      token: OPERATOR,
      body: { key: name, name },
    });
    const issued = await toRunning!<{ token: string }>('POST', '/api/v1/tokens', {
      token: OPERATOR,
      headers: { 'X-Workspace': made.body.id },
      body: { name, scope: 'scim' },
    });
    return issued.body.token;
  };
  const post = (send: Send, token: string, userName: string) =>
    send('POST', '/scim/v2/Users', { token, body: { userName } });
  /** How many transactions have been left alone for some milliseconds. */
  const idle = async (ms: number) => {
    const { rows } = await other.query<{ count: string }>(
      `select count(*) as count from pg_stat_activity
        where datname = current_database() and state like 'idle in transaction%'
          and clock_timestamp() - state_change > $1 * interval '1 ms'`,
      [ms],
    );
    return Number(rows[0]?.count);
  };

  it('leaves others alone, and what it held is free after seconds', async () => {
    const busy = await Promise.all(['one', 'two', 'three'].map(newWorkspace));
    const quiet = await newWorkspace('quiet');
    // Until it is caught with a transaction open.
    let isOver = false;
    const flood = Array.from({ length: 24 }, async (_, lane) => {
      for (let at = 0; !isOver; at++) {
        const reply = await post(toPaused!, busy[lane % 3]!, `p${lane}-${at}@x.io`).catch(() => undefined);
        if (reply === undefined) return;
      }
    });
    for (let tries = 0; ; tries++) {
      await sleep(150);
      paused.signal('SIGSTOP');
      await sleep(50);
      if ((await idle(40)) > 0) break;
      expect(tries).to.be.below(100);
      paused.signal('SIGCONT');
    }

    const begun = Date.now();
    const waiting = busy.flatMap((token, index) =>
      Array.from({ length: 20 }, (_, at) => post(toRunning!, token, `w${index}-${at}@x.io`)),
    );
    const took: number[] = [];
    let freeAfter: number | undefined;
    for (let at = 0; Date.now() - begun < 8_000; at++) {
      for (const ask of [
        () => post(toRunning!, quiet, `q${at}@x.io`),
        () => toRunning!('GET', '/scim/v2/Users?filter=title%20co%20%22x%22', { token: quiet }),
      ]) {
        const from = Date.now();
        expect((await ask()).status).to.be.below(300);
        took.push(Date.now() - from);
      }
      if (freeAfter === undefined && (await idle(1_000)) === 0 && Date.now() - begun > 1_500)
        freeAfter = Date.now() - begun;
    }
    took.sort((a, b) => a - b);
    expect(took[Math.floor(took.length * 0.99)]).to.be.below(1_000);
    expect(freeAfter).to.be.below(8_000);
    expect((await Promise.all(waiting)).map(({ status }) => status)).to.deep.equal(Array(60).fill(201));

    isOver = true;
    paused.signal('SIGCONT');
    await Promise.all(flood);
    expect((await post(toPaused!, busy[0]!, 'after@x.io')).status).to.equal(201);
    expect((await toPaused!('GET', '/readyz')).status).to.equal(200);
  });
});
