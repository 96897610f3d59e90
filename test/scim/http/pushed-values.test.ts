import { expect } from 'chai';
import type { TestApp } from '../../support/app.ts';
import { newToken, newWorkspace, type Resource, sharedApp, type TestWorkspace } from './client.ts';
import { patchOf } from './resources.ts';

describe('SCIM over HTTP: pushed roles and entitlements', () => {
  let app: TestApp;
  let workspace: TestWorkspace<Resource>;
  before(async () => {
    app = await sharedApp();
  });
  beforeEach(async () => {
    workspace = await newWorkspace<Resource>(app);
  });

  it('that are one value to the database, and two to JavaScript, or the other way round, are kept', async () => {
    const pairs = [
      ['\u0391\u03a3', '\u03b1\u03c3'],
      ['\u0391\u03a3', '\u03b1\u03c2'],
      ['\u0130', 'i'],
      ['\u0130', 'i\u0307'],
      ['\u212a', 'k'],
      ['\u1e9e', '\u00df'],
      ['\u0130', 'I', 'i', '\u0131'],
    ];
    for (const [index, values] of pairs.entries()) {
      const roles = values.map((value) => ({ value }));
      const body = { userName: `cased-${index}`, roles, entitlements: roles };
      const made = await workspace.scim('POST', '/Users', { body });
      expect(made.status, JSON.stringify(values)).to.equal(201);
      expect(made.body).to.deep.include({ roles, entitlements: roles });
      const path = `/Users/${made.body.id}`;
      for (const shown of [[...roles].reverse(), roles.slice(1), roles, []]) {
        const patch = patchOf({ op: 'replace', path: 'roles', value: shown });
        const patched = await workspace.scim('PATCH', path, { body: patch });
        expect(patched.status, JSON.stringify(values)).to.equal(200);
      }
    }
  });

  it('that were pushed again to an inactive user do not keep them from being invited again', async () => {
    const body = { userName: 'ann@x.io', emails: [{ value: 'ann@x.io' }], roles: [{ value: 'admin' }] };
    const { id } = (await workspace.scim('POST', '/Users', { body })).body;
    const path = `/Users/${id}`;
    for (const value of [{ active: false, roles: [] }, { roles: [{ value: 'ADMIN' }] }]) {
      const patched = await workspace.scim('PATCH', path, { body: patchOf({ op: 'replace', value }) });
      expect(patched.status).to.equal(200);
    }
    const token = await newToken(app, workspace.id, 'admin');
    const reply = await app.request('POST', `/api/v1/users/${id}/reinvite`, { token, body: {} });
    expect(reply.status, JSON.stringify(reply.body)).to.be.within(200, 201);
  });
});
