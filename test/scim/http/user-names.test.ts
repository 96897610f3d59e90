import { expect } from 'chai';
import type { TestApp } from '../../support/app.ts';
import { newToken, newWorkspace, type Resource, sharedApp, type TestWorkspace } from './client.ts';
import { listed, patchOf, refused } from './resources.ts';

const COMPOSED = 'Zo\u00eb-1@example.org';
const DECOMPOSED = 'Zoe\u0308-1@example.org';
const WIDE = '\uff3ao\u00eb\uff0d\uff11@example.org';

/** RFC 7644 section 5: a userName is prepared as RFC 7613 has it before it is compared. */
describe('SCIM over HTTP: userName, prepared', () => {
  let app: TestApp;
  let workspace: TestWorkspace<Resource>;
  let user: Resource;
  before(async () => {
    app = await sharedApp();
  });
  beforeEach(async () => {
    workspace = await newWorkspace<Resource>(app);
    const reply = await workspace.scim('POST', '/Users', { body: { userName: DECOMPOSED } });
    expect(reply.status).to.equal(201);
    user = reply.body;
  });

  const found = async (filter: string): Promise<string[]> =>
    listed(await workspace.scim('GET', '/Users', { query: { filter } })).map((one) => one.userName);

  it('is kept prepared, in the case that was sent', () => {
    expect(user.userName).to.equal(COMPOSED);
  });

  it('is taken, however it is written', async () => {
    for (const userName of [COMPOSED, DECOMPOSED, WIDE, DECOMPOSED.toUpperCase()]) {
      const body = { userName };
      refused(await workspace.scim('POST', '/Users', { body }), 409, 'uniqueness');
    }
    const other = await workspace.scim('POST', '/Users', { body: { userName: 'other' } });
    const path = `/Users/${other.body.id}`;
    refused(await workspace.scim('PUT', path, { body: { userName: WIDE } }), 409, 'uniqueness');
    const patch = patchOf({ op: 'replace', path: 'userName', value: WIDE });
    refused(await workspace.scim('PATCH', path, { body: patch }), 409, 'uniqueness');
  });

  it('written another way is no change', async () => {
    const path = `/Users/${user.id}`;
    const put = await workspace.scim('PUT', path, { body: { userName: WIDE } });
    expect(put.body.meta).to.deep.equal(user.meta);
    for (const value of [DECOMPOSED, WIDE]) {
      const patch = patchOf({ op: 'replace', path: 'userName', value });
      expect((await workspace.scim('PATCH', path, { body: patch })).body.meta).to.deep.equal(user.meta);
    }
    const cased = patchOf({ op: 'replace', path: 'userName', value: DECOMPOSED.toUpperCase() });
    const renamed = await workspace.scim('PATCH', path, { body: cased });
    expect(renamed.body.userName).to.equal(COMPOSED.toUpperCase());
    expect(renamed.body.meta.version).not.to.equal(user.meta.version);
  });

  it('is found by every operator, however it is written', async () => {
    for (const filter of [
      `userName eq "${DECOMPOSED}"`,
      `userName eq "${WIDE.toLowerCase()}"`,
      'userName sw "zoe\u0308"',
      'userName co "e\u0308\uff0d"',
      'userName ew "\uff11@example.org"',
      `urn:ietf:params:scim:schemas:core:2.0:User:userName ge "${WIDE}"`,
      'userName gt "\uff3ao"',
      `not (userName ne "${DECOMPOSED}")`,
    ]) {
      expect(await found(filter), filter).to.deep.equal([COMPOSED]);
    }
    const search = { filter: `userName eq "${WIDE}"` };
    expect(listed(await workspace.scim('POST', '/.search', { body: search }))).to.have.lengthOf(1);
  });

  it('brings a deleted record back, however it is written', async () => {
    await workspace.scim('DELETE', `/Users/${user.id}`);
    const again = await workspace.scim('POST', '/Users', { body: { userName: WIDE } });
    expect(again.status).to.equal(201);
    expect(again.body.id).to.equal(user.id);
  });

  it('names a user to the companion API, however it is written', async () => {
    const token = await newToken(app, workspace.id, 'admin');
    for (const name of [COMPOSED, DECOMPOSED, WIDE]) {
      const path = `/api/v1/access?user=${encodeURIComponent(name)}`;
      const reply = await app.request<{ user: { id: string } }>('GET', path, { token });
      expect(reply.status, name).to.equal(200);
      expect(reply.body.user.id).to.equal(user.id);
      const log = await app.request('GET', `/api/v1/scim-requests?user=${encodeURIComponent(name)}`, {
        token,
      });
      expect(log.status).to.equal(200);
    }
  });

  it('that its preparation makes too long is refused', async () => {
    const body = { userName: '\u0958'.repeat(200) };
    refused(await workspace.scim('POST', '/Users', { body }), 400, 'invalidValue');
    refused(await workspace.scim('PUT', `/Users/${user.id}`, { body }), 400, 'invalidValue');
  });
});
