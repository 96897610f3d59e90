import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { newWorkspace } from '../scim/http/client.ts';
import { startApp, type TestApp } from '../support/app.ts';

type Workspace = Awaited<ReturnType<typeof newWorkspace>>;

/** The first key of the lock that a change of a workspace holds; as store/change-lock.ts says it. */
const CHANGING = 1_383_033_964;

describe('a workspace that another instance holds in the middle of a change', function () {
  this.timeout(90_000);
  let app: TestApp;
  let other: pg.Client;

  before(async () => {
    app = await startApp({ jobs: null });
    other = new pg.Client(app.databaseUrl);
    await other.connect();
  });
  after(async () => {
    await other.end();
    await app.stop();
  });
  afterEach(() => other.query('rollback'));

  const hold = async (workspaces: readonly Workspace[], user?: string) => {
    await other.query('begin');
    for (const { id } of workspaces)
      await other.query('select pg_advisory_xact_lock($1, hashtext($2::uuid::text))', [CHANGING, id]);
    if (user !== undefined) await other.query('select from users where id = $1 for update', [user]);
  };
  const post = ({ scim }: Workspace, userName: string) => scim('POST', '/Users', { body: { userName } });

  /** Writes, reads and looks up in turn, and answers how long each took. All must succeed. */
  const measure = async (workspace: Workspace, forMs: number, name: string) => {
    const took: number[] = [];
    const begun = Date.now();
    for (let at = 0; Date.now() - begun < forMs; at++) {
      for (const ask of [
        () => post(workspace, `${name}${at}@x.io`),
        () => workspace.scim('GET', '/Users', { query: { filter: 'title co "x"' } }),
        () => workspace.scim('GET', '/Users', { query: { filter: `userName eq "${name}${at}@x.io"` } }),
      ]) {
        const from = Date.now();
        const { status, body } = await ask();
        expect(status, JSON.stringify(body)).to.be.below(300);
        took.push(Date.now() - from);
      }
    }
    return took.sort((a, b) => a - b);
  };
  const p99 = (took: readonly number[]) => took[Math.floor(took.length * 0.99)] ?? 0;

  it('holds up nobody else, and its own changes only while it is held', async () => {
    const held = await Promise.all(Array.from({ length: 6 }, () => newWorkspace(app)));
    const quiet = await newWorkspace(app);
    await hold(held);
    const waiting = held.flatMap((workspace) =>
      Array.from({ length: 10 }, (_, at) => post(workspace, `waiting${at}@x.io`)),
    );
    await sleep(100);
    const took = await measure(quiet, 5_000, 'quiet');
    expect(took.length).to.be.greaterThan(30);
    expect(p99(took)).to.be.below(1_000);
    // Reading what is held is not held up either.
    expect((await held[0]!.scim('GET', '/Users', { query: { count: 1 } })).status).to.equal(200);
    await other.query('rollback');
    const replies = await Promise.all(waiting);
    expect(replies.map(({ status }) => status)).to.deep.equal(Array(60).fill(201));
  });

  it('is told as busy when it is held for too long, and takes no connection meanwhile', async () => {
    const [held, quiet] = [await newWorkspace(app), await newWorkspace(app)];
    await hold([held]);
    const begun = Date.now();
    const waiting = Array.from({ length: 12 }, (_, at) => post(held, `late${at}@x.io`));
    await measure(quiet, 2_000, 'meanwhile');
    for (const reply of await Promise.all(waiting)) {
      expect(reply.status).to.equal(503);
      expect(reply.headers['retry-after']).to.match(/^[1-9]\d*$/);
    }
    expect(Date.now() - begun).to.be.below(25_000);
    await other.query('rollback');
    expect((await post(held, 'late0@x.io')).status).to.equal(201);
  });

  it('is the same where a row is held', async () => {
    const [held, quiet] = [await newWorkspace(app), await newWorkspace(app)];
    const { id } = (await post(held, 'row@x.io')).body as { id: string };
    await hold([], id);
    const patch = { Operations: [{ op: 'replace', path: 'active', value: false }] };
    const waiting = Array.from({ length: 10 }, () => held.scim('PATCH', `/Users/${id}`, { body: patch }));
    await sleep(100);
    expect(p99(await measure(quiet, 3_000, 'besides'))).to.be.below(1_000);
    // Neither are other people of the workspace.
    const from = Date.now();
    expect((await post(held, 'another@x.io')).status).to.equal(201);
    expect(Date.now() - from).to.be.below(3_000);
    await other.query('rollback');
    for (const { status } of await Promise.all(waiting)) expect(status).to.equal(200);
  });

  it('lets changes of all at once get through between those to people', async () => {
    const workspace = await newWorkspace(app);
    let isOver = false;
    let made = 0;
    const people = Promise.all(
      Array.from({ length: 12 }, async (_, lane) => {
        for (let at = 0; !isOver; at++) {
          const { status } = await post(workspace, `lane${lane}-${at}@x.io`);
          expect(status).to.equal(201);
          made += 1;
        }
      }),
    );
    const admin = app.tokens.operator;
    const took: number[] = [];
    for (let at = 0; at < 10; at++) {
      const from = Date.now();
      const { status } = await app.request('PUT', '/api/v1/roles/viewer', {
        token: admin,
        headers: { 'X-Workspace': workspace.id },
        body: { name: `Viewer ${at}` },
      });
      expect(status).to.equal(200);
      took.push(Date.now() - from);
    }
    isOver = true;
    await people;
    expect(Math.max(...took)).to.be.below(3_000);
    expect(made).to.be.greaterThan(20);
  });
});
