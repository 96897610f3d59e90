import { expect } from 'chai';
import type { TestApp } from '../../support/app.ts';
import { type Answer, type Replied, ROLLCALL, type Scim } from '../bulk/answers.ts';
import { bulk, idOf } from '../bulk/bulk.ts';
import { newWorkspace, sharedApp } from '../http/client.ts';
import { patchOf, refused } from '../http/resources.ts';

describe('characteristics of attributes (RFC 7643 sections 2.2 and 7)', () => {
  let app: TestApp;
  let scim: Scim;

  before(async () => {
    app = await sharedApp();
  });
  beforeEach(async () => {
    ({ scim } = await newWorkspace<Answer>(app));
  });

  const READ_ONLY = {
    id: 'mine',
    meta: { version: 'mine', resourceType: 'mine' },
    groups: [{ value: 'mine' }],
    [ROLLCALL]: { status: 'inactive', access: [{ kind: 'mine' }], organization: 'kept' },
  };

  it('what is readOnly is ignored by POST and PUT', async () => {
    const created = await scim('POST', '/Users', { body: { userName: 'r@x.io', ...READ_ONLY } });
    expect(created.status).to.equal(201);
    const { id } = created.body as { id: string };
    const replaced = await scim('PUT', `/Users/${id}`, { body: { userName: 'r@x.io', ...READ_ONLY } });
    for (const { body } of [created, replaced]) {
      expect(body.id).to.equal(id).and.not.equal('mine');
      expect(body).not.to.have.property('groups');
      expect(body.meta.version).to.match(/^W/);
      expect(body[ROLLCALL]).to.include({ status: 'active', organization: 'kept' });
    }
    expect(replaced.headers.etag, 'nothing changed').to.equal(created.headers.etag);
  });

  it('what is readOnly is refused by a PATCH that names it', async () => {
    const { body } = await scim('POST', '/Users', { body: { userName: 'r@x.io' } });
    const group = await scim('POST', '/Groups', {
      body: { displayName: 'R', members: [{ value: body.id }] },
    });
    const user = `/Users/${body.id}`;
    const refusals: readonly [string, string, unknown][] = [
      [user, 'id', 'x'],
      [user, 'meta.created', '2020-01-01T00:00:00Z'],
      [user, 'groups', []],
      [user, 'groups.value', 'x'],
      [user, `${ROLLCALL}:status`, 'inactive'],
      [user, `${ROLLCALL}:access`, []],
      [`/Groups/${group.body.id}`, 'id', 'x'],
      [`/Groups/${group.body.id}`, `members[value eq "${body.id}"].display`, 'x'],
      [`/Groups/${group.body.id}`, `members[value eq "${body.id}"].value`, 'x'],
    ];
    for (const [target, path, value] of refusals) {
      const operation = { op: 'replace', path, value };
      refused(await scim('PATCH', target, { body: patchOf(operation) }), 400, 'mutability');
      const [answer] = await bulk(scim, [{ method: 'PATCH', path: target, data: patchOf(operation) }]);
      expect(answer?.response, path).to.include({ status: '400', scimType: 'mutability' });
    }
    const whole = patchOf({ op: 'replace', value: { id: 'x', groups: [], title: 'T' } });
    expect((await scim('PATCH', user, { body: whole })).body).to.include({
      id: body.id,
      title: 'T',
    });
  });

  it('what is writeOnly is never shown, asked for or not, and cannot be found out', async () => {
    const secret = 'correct horse';
    const shown: Replied[] = [];
    const attributes = 'userName,password';
    const body = { userName: 'w@x.io', password: secret };
    const created = await scim('POST', '/Users', { body, query: { attributes } });
    const user = `/Users/${created.body.id}`;
    const patch = patchOf({ op: 'replace', path: 'password', value: secret });
    shown.push(
      created,
      await scim('PUT', user, { body, query: { attributes } }),
      await scim('PATCH', user, { body: patch, query: { attributes } }),
      await scim('GET', user, { query: { attributes } }),
      await scim('GET', '/Users', { query: { attributes } }),
      await scim('POST', '/Users/.search', { body: { attributes: ['password'] } }),
      await scim('POST', '/.search', { body: { attributes: ['password'] } }),
    );
    for (const reply of shown) {
      expect(reply.status).to.be.below(300);
      expect(JSON.stringify(reply.body)).not.to.contain(secret).and.not.to.contain('"password"');
    }
    for (const path of ['/Users', '/']) {
      refused(await scim('GET', path, { query: { filter: 'password pr' } }), 403, 'sensitive');
    }
    refused(await scim('GET', '/Users', { query: { sortBy: 'password' } }), 400, 'invalidPath');
  });

  it('what is returned on request is there when asked for, also after a write', async () => {
    const query = { attributes: `${ROLLCALL}:access` };
    const body = { userName: 'q@x.io', entitlements: [{ value: 'testsigma' }] };
    const created = await scim('POST', '/Users', { body, query });
    const user = `/Users/${created.body.id}`;
    const replies = [
      created,
      await scim('PUT', user, { body, query }),
      await scim('PATCH', user, { body: patchOf(), query }),
      await scim('GET', user, { query }),
    ];
    for (const reply of replies) {
      expect(reply.body).to.have.all.keys('schemas', 'id', ROLLCALL);
      const [access] = reply.body[ROLLCALL]?.access ?? [];
      expect(access).to.include({ kind: 'entitlement', target: 'testsigma' });
    }
    expect((await scim('GET', user)).body[ROLLCALL]).not.to.have.property('access');
  });

  it('attributes and excludedAttributes are obeyed by every write; id and schemas are always there', async () => {
    const query = { attributes: 'displayName,name.givenName' };
    const body = { userName: 'a@x.io', displayName: 'A', name: { givenName: 'G', familyName: 'F' } };
    const created = await scim('POST', '/Users', { body, query });
    const user = `/Users/${created.body.id}`;
    for (const { body: shown } of [
      created,
      await scim('PUT', user, { body, query }),
      await scim('PATCH', user, { body: patchOf({ op: 'add', path: 'title', value: 'T' }), query }),
    ]) {
      expect(shown).to.have.all.keys('schemas', 'id', 'displayName', 'name');
      expect(shown.name).to.deep.equal({ givenName: 'G' });
    }
    const excluded = { excludedAttributes: 'name,id,schemas' };
    const replaced = await scim('PUT', user, { body, query: excluded });
    expect(replaced.body).to.include.keys('schemas', 'id', 'userName').and.not.have.property('name');

    const group = await scim('POST', '/Groups', {
      body: { displayName: 'G', members: [{ value: created.body.id }] },
      query: { attributes: 'members.value' },
    });
    expect(group.body.members).to.deep.equal([{ value: created.body.id }]);
    const path = `/Groups/${group.body.id}`;
    const patched = await scim('PATCH', path, { body: patchOf(), query: { attributes: 'displayName' } });
    expect(patched.body).to.have.all.keys('schemas', 'id', 'displayName');
    expect((await scim('PATCH', path, { body: patchOf() })).status).to.equal(204);
  });

  it('in a bulk request too: what may not be written is ignored, what may not be shown is not', async () => {
    const [answer] = await bulk(scim, [
      {
        method: 'POST',
        path: '/Users?attributes=userName',
        bulkId: 'b',
        data: { userName: 'b@x.io', password: 'correct horse', ...READ_ONLY },
      },
    ]);
    expect(answer?.status).to.equal('201');
    expect(JSON.stringify(answer)).not.to.contain('correct horse');
    expect((await scim('GET', `/Users/${idOf(answer)}`)).body[ROLLCALL]?.status).to.equal('active');
  });
});
