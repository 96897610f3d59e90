import { expect } from 'chai';
import sql from 'sql-template-tag';
import { verifyAudit } from '../../src/core/audit/chain/verify.ts';
import type { UserId, WorkspaceId } from '../../src/lib/ids.ts';
import { holdNoting } from '../../src/store/audit/scim-requests.ts';
import { rows } from '../../src/store/db/query.ts';
import { acrossWorkspaces, scopeOf } from '../../src/store/db/scope.ts';
import { inTransaction } from '../../src/store/db/transaction.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { placesOf } from '../support/everything.ts';
import { brokenInvariants } from './invariants.ts';
import { atOnce, identityProvider, limitLicense, tally } from './provisioning.ts';

interface Answer {
  readonly id: string;
  readonly userName: string;
  readonly status: string;
  readonly erasedAt: string | null;
}

describe('erasing beside an identity provider', function () {
  this.timeout(60_000);
  let app: TestApp;
  let idp: ReturnType<typeof identityProvider>;

  before(async () => {
    app = await startApp({ jobs: { sealEveryMs: 5 } });
    idp = identityProvider(app);
    await limitLicense(app, 'testsigma', 'pro', 50);
  });
  afterEach(async () => {
    expect(await brokenInvariants(app.core)).to.deep.equal([]);
    const { rows } = await app.core.db.raw<{ rows: { id: WorkspaceId }[] }>('select id from workspaces');
    for (const { id } of rows) expect(await verifyAudit(app.core, id)).to.include({ ok: true });
  });
  after(() => app.stop());

  const admin = (method: string, path: string) =>
    app.request<Answer>(method, `/api/v1${path}`, { token: app.tokens.admin });
  const erase = (id: string) => admin('POST', `/users/${id}/erase`);
  const shown = async (id: string) => (await admin('GET', `/users/${id}`)).body;

  it('of an erasure and an activation at once, one is refused', async () => {
    const users = await atOnce(12, (i) => idp.user(`back-${i}@x.io`, { active: false }));
    const group = await idp.group('Back', users);
    const both = await atOnce(12, (i) =>
      Promise.all([
        erase(users[i]!),
        idp.setActive(users[i]!, true),
        ...(i % 2 === 0 ? [idp.removeMember(group, users[i]!)] : []),
      ]),
    );
    for (const [index, [erased, activated]] of both.entries()) {
      const user = await shown(users[index]!);
      expect([erased.status, activated.status]).to.deep.equal(user.erasedAt ? [200, 404] : [409, 200]);
      expect(user.status).to.equal(user.erasedAt ? 'inactive' : 'active');
    }
  });

  it('of several erasures at once there is one event', async () => {
    const id = await idp.user('often@x.io', { active: false });
    expect(tally((await atOnce(8, () => erase(id))).map(({ status }) => status))).to.deep.equal({ 200: 8 });
    const { rows } = await app.core.db.raw<{ rows: { count: number }[] }>(
      `select count(*) as count from audit_events where action = 'user.erased' and target_id = ?`,
      [id],
    );
    expect(rows[0]!.count).to.equal(1);
  });

  it('a push of the same name meanwhile brings the record back or makes another, never a named erased one', async () => {
    const users = await atOnce(10, (i) =>
      idp.user(`same-${i}@x.io`, { entitlements: [{ value: 'testsigma:pro' }] }),
    );
    for (const id of users) expect((await idp.send('DELETE', `/Users/${id}`)).status).to.equal(204);
    const both = await atOnce(10, (i) =>
      Promise.all([
        erase(users[i]!),
        idp.send('POST', '/Users', {
          userName: `same-${i}@x.io`,
          entitlements: [{ value: 'testsigma:pro' }],
        }),
      ]),
    );
    for (const [index, [erased, pushed]] of both.entries()) {
      const user = await shown(users[index]!);
      if (user.erasedAt) {
        expect(user.userName).to.contain('erased-');
        expect([erased.status, pushed.status === 201 || pushed.status === 503]).to.deep.equal([200, true]);
        if (pushed.status === 201) expect(pushed.body.id).not.to.equal(user.id);
      } else {
        expect([erased.status, pushed.status, pushed.body.id]).to.deep.equal([409, 201, user.id]);
      }
    }
  });

  it('what is joined, left and told meanwhile leaves nothing behind', async () => {
    const users = await atOnce(8, (i) => idp.user(`wander-${i}@x.io`, { active: false }));
    const group = await idp.group('Wanderers', users.slice(0, 4));
    await Promise.all(
      users.flatMap((id, index) => [
        erase(id),
        index < 4 ? idp.removeMember(group, id) : idp.addMember(group, id),
        idp.send('PATCH', `/Users/${id}`, {
          Operations: [{ op: 'replace', path: 'title', value: `Title of wander-${index}` }],
        }),
      ]),
    );
    // Refused by somebody who was faster, or told to come again.
    for (const id of users) expect((await erase(id)).status).to.equal(200);
    await app.provisioningLog.flush();
    expect(await placesOf(app.core.db, ['wander-'])).to.deep.equal([]);
  });

  it('a request that is noted while its person is being erased keeps nothing of what it said', async () => {
    const id = (await idp.user('noted@x.io', { active: false })) as UserId;
    await app.provisioningLog.flush();
    let flushing: Promise<void> | undefined;
    await inTransaction(app.core.db, async (tx) => {
      const [workspace] = await rows<{ id: WorkspaceId }>(
        acrossWorkspaces(tx),
        sql`select workspace_id as id from users where id = ${id}`,
      );
      await holdNoting(scopeOf(tx, workspace!.id));
      await rows(acrossWorkspaces(tx), sql`update users set erased_at = now() where id = ${id}`);
      expect((await idp.send('GET', `/Users/${id}?attributes=unheard-of`)).status).to.equal(200);
      flushing = app.provisioningLog.flush();
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    await flushing;
    const noted = await rows<{ method: string; query: string | null }>(
      acrossWorkspaces(app.core.db),
      sql`select method, query from provisioning_requests where path like ${`%${id}`} and method = 'GET'`,
    );
    expect(noted).to.deep.equal([{ method: 'GET', query: null }]);
  });
});
