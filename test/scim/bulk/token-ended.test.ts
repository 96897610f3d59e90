import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller } from '../../../src/core/context/caller.ts';
import { contextOf } from '../../../src/core/context/context.ts';
import { issueToken, revokeToken } from '../../../src/core/workspaces/tokens.ts';
import type { WorkspaceId } from '../../../src/lib/ids.ts';
import { openDb } from '../../../src/store/db/pool.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { newWorkspace, scimClient } from '../http/client.ts';
import { refused } from '../http/resources.ts';
import type { Answer, Scim } from './answers.ts';
import { bulk, managedBy, postUser, sendBulk, statuses } from './bulk.ts';

describe('bulk: a token that ends', () => {
  let app: TestApp;
  let scim: Scim;
  /** With a token that stays. */
  let lasting: Scim;
  let id: WorkspaceId;
  let system: Caller;
  let tokenId: string;

  before(async () => {
    app = await startApp({ jobs: null });
  });
  beforeEach(async () => {
    ({ scim: lasting, id } = await newWorkspace<Answer>(app));
    system = { workspaceId: id, actor: { kind: 'system', name: 'test' }, requestId: 'test' };
    const issued = await issueToken(contextOf(app.core, system), { name: 'to be revoked', scope: 'scim' });
    tokenId = issued.id;
    scim = scimClient<Answer>(app.url, { token: issued.token, headers: HEADERS });
  });
  after(() => app.stop());

  const HEADERS = { 'Content-Type': 'application/scim+json' };
  const total = async () => (await lasting('GET', '/Users', { query: { count: 0 } })).body.totalResults;
  const users = Array.from({ length: 300 }, (_, at) => postUser(`u${at}`, `u${at}@x.io`));

  /** Waits until a user is there. */
  async function made(userName: string): Promise<void> {
    for (;;) {
      const query = { filter: `userName eq "${userName}"`, count: 0 };
      if ((await lasting('GET', '/Users', { query })).body.totalResults === 1) return;
      await sleep(2);
    }
  }

  /** Keeps changes of the workspace waiting while `meanwhile` happens. */
  async function whileChangesWait(meanwhile: () => Promise<unknown>): Promise<void> {
    const other = openDb({ url: app.databaseUrl, poolSize: 1 });
    try {
      const lock = await other.transaction();
      await lock.raw('select pg_advisory_xact_lock(1383033964, hashtext(?))', [id]);
      await sleep(200);
      await meanwhile();
      await lock.rollback();
    } finally {
      await other.destroy();
    }
  }

  it('changes nothing more once it is revoked; what was done keeps its result', async () => {
    const running = bulk(scim, users);
    await made('u20@x.io');
    await revokeToken(contextOf(app.core, system), tokenId);
    const atRevocation = await total();
    const answered = statuses(await running);
    const done = answered.filter((status) => status === '201').length;
    expect(done).to.be.within(21, 299);
    expect(answered).to.deep.equal([
      ...Array<string>(done).fill('201'),
      ...Array<string>(300 - done).fill('401'),
    ]);
    // The one operation that had begun may end.
    expect(done - atRevocation).to.be.within(0, 1);
    expect(await total()).to.equal(done);
  }).timeout(60_000);

  it('changes nothing more once it has expired', async () => {
    const expiresAt = new Date(Date.now() + 1_000);
    const { token } = await issueToken(contextOf(app.core, system), {
      name: 'short',
      scope: 'scim',
      expiresAt,
    });
    const expiring = scimClient<Answer>(app.url, { token, headers: HEADERS });
    let answered: ReturnType<typeof sendBulk> | undefined;
    await whileChangesWait(async () => {
      answered = sendBulk(expiring, users.slice(0, 3));
      await sleep(1_000);
    });
    refused(await answered!, 401);
    expect(await total()).to.equal(0);
  }).timeout(60_000);

  it('ends the whole request, when nothing was done before', async () => {
    let answered: ReturnType<typeof sendBulk> | undefined;
    await whileChangesWait(async () => {
      answered = sendBulk(scim, users.slice(0, 3));
      await sleep(200);
      await app.core.db.raw('update tokens set revoked_at = now() where id = ?', [tokenId]);
    });
    const reply = await answered!;
    refused(reply, 401);
    expect(reply.headers['www-authenticate']).to.contain('Bearer');
    expect(await total()).to.equal(0);
  }).timeout(60_000);

  it('makes nothing of a circle', async () => {
    const circle = [
      { ...postUser('a', 'a@x.io', managedBy('bulkId:b')) },
      { ...postUser('b', 'b@x.io', managedBy('bulkId:a')) },
    ];
    const first = postUser('first', 'first@x.io');
    const { body } = await lasting('POST', '/Users', { body: { userName: 'last@x.io' } });
    const last = { method: 'DELETE', path: `/Users/${body.id}` };
    const revoke = ({ bindings = [] }: { bindings?: readonly unknown[] }) => {
      if (!bindings.includes('first@x.io')) return;
      app.core.db.removeListener('query', revoke);
      void app.core.db.raw('update tokens set revoked_at = now() where id = ?', [tokenId]).then();
    };
    app.core.db.on('query', revoke);
    const padding = users.slice(0, 50);
    const answered = statuses(await bulk(scim, [first, ...padding, ...circle, last]));
    expect(answered.slice(-3)).to.deep.equal(['401', '401', '401']);
    expect(answered[0]).to.equal('201');
    expect((await lasting('GET', `/Users/${body.id}`)).status).to.equal(200);
  }).timeout(60_000);

  it('is refused by every change that has waited, at both edges', async () => {
    const admin = await issueToken(contextOf(app.core, system), { name: 'admin', scope: 'admin' });
    const answers: Promise<number>[] = [];
    await whileChangesWait(async () => {
      answers.push(scim('POST', '/Users', { body: { userName: 'x@x.io' } }).then(({ status }) => status));
      const asAdmin = (method: string, path: string, body: object) =>
        app.request(method, `/api/v1${path}`, { token: admin.token, body }).then(({ status }) => status);
      answers.push(asAdmin('POST', '/projects', { key: 'p', name: 'P' }));
      answers.push(asAdmin('PUT', '/mapping-rules', { rules: [] }));
      answers.push(asAdmin('POST', '/invitations', { emails: 'a@x.io' }));
      await sleep(300);
      await app.core.db.raw('update tokens set revoked_at = now() where id in (?, ?)', [tokenId, admin.id]);
    });
    expect(await Promise.all(answers)).to.deep.equal([401, 401, 401, 401]);
    expect(await total()).to.equal(0);
  }).timeout(60_000);

  it('is an operator’s, which acts in another workspace', async () => {
    const { rows } = await app.core.db.raw<{ rows: { id: WorkspaceId }[] }>(
      `select id from workspaces where key = 'default'`,
    );
    const home: Caller = { ...system, workspaceId: rows[0]!.id };
    const operator = await issueToken(contextOf(app.core, home), { name: 'operator', scope: 'operator' });
    const create = (key: string) =>
      app
        .request('POST', '/api/v1/projects', {
          token: operator.token,
          body: { key, name: key },
          headers: { 'X-Workspace': id },
        })
        .then(({ status }) => status);
    expect(await create('one')).to.equal(201);
    let waiting = Promise.resolve(0);
    await whileChangesWait(async () => {
      waiting = create('two');
      await sleep(300);
      await revokeToken(contextOf(app.core, home), operator.id);
    });
    expect(await waiting).to.equal(401);
  }).timeout(60_000);
});
