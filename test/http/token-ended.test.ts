import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller } from '../../src/core/context/caller.ts';
import { contextOf } from '../../src/core/context/context.ts';
import { partsWhileTokenLive } from '../../src/core/context/live-token.ts';
import { issueToken } from '../../src/core/workspaces/tokens.ts';
import type { WorkspaceId } from '../../src/lib/ids.ts';
import { openDb } from '../../src/store/db/pool.ts';
import { startApp, type TestApp } from '../support/app.ts';

describe('a token that ends while something is read', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp({ jobs: null });
  });
  after(() => app.stop());

  it('gets nothing of what was read, at both edges', async () => {
    const { rows } = await app.core.db.raw<{ rows: { id: WorkspaceId }[] }>('select id from workspaces');
    const system: Caller = {
      workspaceId: rows[0]!.id,
      actor: { kind: 'system', name: 'test' },
      requestId: 'test',
    };
    const admin = await issueToken(contextOf(app.core, system), { name: 'admin', scope: 'admin' });
    const scim = await issueToken(contextOf(app.core, system), { name: 'scim', scope: 'scim' });
    const search = { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'] };
    const ask = () =>
      Promise.all([
        app.request('GET', '/api/v1/users', { token: admin.token }),
        app.request('GET', '/scim/v2/Users', { token: scim.token }),
        app.request('GET', '/scim/v2/', { token: scim.token }),
        app.request('POST', '/scim/v2/Users/.search', { token: scim.token, body: search }),
        app.request('GET', '/api/v1/users', { token: app.tokens.admin }),
      ]);
    expect((await ask()).map(({ status }) => status)).to.deep.equal([200, 200, 200, 200, 200]);
    const other = openDb({ url: app.databaseUrl, poolSize: 1 });
    try {
      const lock = await other.transaction();
      await lock.raw('lock table users in access exclusive mode');
      const answers = ask();
      await sleep(300);
      await app.core.db.raw('update tokens set revoked_at = now() where id in (?, ?)', [admin.id, scim.id]);
      await sleep(1_000);
      await lock.rollback();
      const replies = await answers;
      expect(replies.map(({ status }) => status)).to.deep.equal([401, 401, 401, 401, 200]);
      expect(replies[0].headers.get('www-authenticate')).to.contain('invalid_token');
    } finally {
      await other.destroy();
    }
  });

  it('gets no further parts of what is read for long', async () => {
    const { rows } = await app.core.db.raw<{ rows: { id: WorkspaceId }[] }>('select id from workspaces');
    const workspaceId = rows[0]!.id;
    const system: Caller = { workspaceId, actor: { kind: 'system', name: 'test' }, requestId: 'test' };
    const { id } = await issueToken(contextOf(app.core, system), { name: 'parts', scope: 'scim' });
    async function* parts(): AsyncGenerator<number> {
      yield 1;
      yield 2;
      await app.core.db.raw('update tokens set revoked_at = now() where id = ?', [id]);
      await sleep(1_100);
      yield 3;
    }
    const caller: Caller = { ...system, credential: { workspaceId, tokenId: id } };
    const got: number[] = [];
    let error: unknown;
    try {
      for await (const part of partsWhileTokenLive(contextOf(app.core, caller), parts())) got.push(part);
    } catch (thrown) {
      error = thrown;
    }
    expect(got).to.deep.equal([1, 2]);
    expect(error).to.have.property('kind', 'unauthenticated');
  });
});
