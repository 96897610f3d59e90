import { expect } from 'chai';
import { nameKey } from '../../src/core/audit/identifier-index.ts';
import { newId, type WorkspaceId } from '../../src/lib/ids.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { standingIn } from '../support/everything.ts';
import { erasingIn } from './erasing.ts';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

describe('erasing a person of whom much is known', function () {
  this.timeout(120_000);
  let app: TestApp;
  let admin: ReturnType<typeof erasingIn>;

  before(async () => {
    app = await startApp({ rateLimitPerSecond: 0, jobs: { sealEveryMs: 20 } });
    admin = erasingIn(app);
  });
  after(() => app.stop());

  const get = (filter: string) => admin.scim('GET', `/Users?filter=${encodeURIComponent(filter)}`);
  const deactivate = (id: string) =>
    admin.scim('PATCH', `/Users/${id}`, { Operations: [{ op: 'replace', path: 'active', value: false }] });

  /** Writes each request that is kept and says a text so many times more. */
  const repeat = async (text: string, times: number) => {
    await app.provisioningLog.flush();
    await app.core.db.raw(
      `insert into provisioning_requests (workspace_id, id, at, token_name, request_id, method, path, query, body,
         status, scim_type, detail, duration_ms, user_agent, mentions)
       select workspace_id, gen_random_uuid(), at, token_name, request_id, method, path, query, body, status, scim_type,
         detail, duration_ms, user_agent, mentions
       from provisioning_requests, generate_series(1, ?)
       where position(? in query) > 0`,
      [times, text],
    );
  };

  it('goes on in pages, with 5,000 addresses of older versions', async () => {
    const emails = (version: number) =>
      Array.from({ length: 1_000 }, (_, n) => ({
        value: `n${version}-${n}@zorkmid-${n}.example`,
        display: `Grue ${version} of ${n}`,
      }));
    const id = await admin.user('much@x.io', { emails: emails(0) });
    for (let version = 1; version < 5; version += 1) {
      const body = { userName: 'much@x.io', emails: emails(version) };
      expect((await admin.scim('PUT', `/Users/${id}`, body)).status).to.equal(200);
    }
    for (let n = 0; n < 1_000; n += 100) {
      await get(`emails.value eq "n${n % 5}-${n}@zorkmid-${n}.example"`);
      await get(`emails.display eq "Grue 2 of ${n}"`);
    }
    await deactivate(id);
    await app.provisioningLog.flush();
    expect(await standingIn(app.core.db, ['zorkmid', 'Grue 2 of'])).not.to.deep.equal([]);
    await admin.erase(id);
    expect(await standingIn(app.core.db, ['zorkmid', 'Grue 2 of'])).to.deep.equal([]);
  });

  it('takes what is hardly anybody else’s out of all requests, however many', async () => {
    const id = await admin.user('often@x.io', { [ENTERPRISE]: { employeeNumber: 'E-98127-frotz' } });
    await get(`${ENTERPRISE}:employeeNumber eq "E-98127-frotz"`);
    await repeat('frotz', 1_200);
    await deactivate(id);
    await admin.erase(id);
    expect(await standingIn(app.core.db, ['frotz'])).to.deep.equal([]);
  });

  it('leaves a text that stands in very many requests and is that of many', async () => {
    const id = await admin.user('one@x.io', { [ENTERPRISE]: { department: 'Dept of Lanterns' } });
    await get(`${ENTERPRISE}:department eq "Dept of Lanterns"`);
    await repeat('Lanterns', 1_200);
    await deactivate(id);
    await admin.erase(id);
    expect(await standingIn(app.core.db, ['Dept of Lanterns'])).to.have.lengthOf(1);
  });

  it('finds requests about the person by an externalId in the form of an id, and takes it out of their paths', async () => {
    const object = 'c0ffee00-1234-4abc-9def-0123456789ab';
    const id = await admin.user('object@x.io', { externalId: object });
    await admin.scim('GET', `/Users/${object.toUpperCase()}`);
    await admin.scim('GET', `/Users/${object}?attributes=userName`);
    await deactivate(id);
    await app.provisioningLog.flush();
    await admin.erase(id);
    expect(await standingIn(app.core.db, [object])).to.deep.equal([]);
    const { rows } = await app.core.db.raw<{ rows: { path: string }[] }>(
      "select distinct path from provisioning_requests where path like '%(erased)%'",
    );
    expect(rows).to.deep.equal([{ path: '/scim/v2/Users/(erased)' }]);
  });

  it('takes out what was asked while it went on', async () => {
    const id = await admin.user('meanwhile@x.io', { nickName: 'Xyzzyplover', title: 'Chief Zymurgist' });
    await deactivate(id);
    await app.provisioningLog.flush();
    await app.core.db.raw(`
      create function wait_long() returns trigger language plpgsql as $$ begin perform pg_sleep(6.5); return null; end $$;
      create trigger wait_long before update on provisioning_requests for each statement execute function wait_long()`);
    const erased = admin.erase(id);
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    await get('nickName eq "Xyzzyplover" and title eq "Chief Zymurgist"');
    await get('title eq "Chief Zymurgist"');
    await erased;
    await app.core.db.raw('drop trigger wait_long on provisioning_requests');
    await app.provisioningLog.flush();
    expect(await standingIn(app.core.db, ['Xyzzyplover', 'Zymurgist'])).to.deep.equal([]);
  });

  it('takes out what was asked before its end and answered long after, and leaves what was asked later', async () => {
    const id = await admin.user('slowly@x.io', { nickName: 'Quendorian' });
    await deactivate(id);
    await admin.erase(id);
    const { rows } = await app.core.db.raw<{ rows: { id: WorkspaceId }[] }>('select id from workspaces');
    const workspace = rows[0]!.id;
    const answered = (request: string, durationMs: number) =>
      app.provisioningLog.note({
        ...{ workspace_id: workspace, id: newId(), request_id: request, token_name: 't', method: 'GET' },
        ...{
          path: '/scim/v2/Users',
          body: null,
          status: 200,
          scim_type: null,
          detail: null,
          user_agent: null,
        },
        ...{ at: new Date(Date.now() + 20_000), duration_ms: durationMs },
        query: 'filter=nickName eq "Quendorian"',
        mentions: [nameKey(workspace, 'Quendorian')],
      });
    answered('before', 30_000);
    answered('after', 10);
    await app.provisioningLog.flush();
    const { rows: kept } = await app.core.db.raw<{ rows: { request_id: string }[] }>(
      "select request_id from provisioning_requests where query like '%Quendorian%'",
    );
    expect(kept).to.deep.equal([{ request_id: 'after' }]);
  });
});
