import { expect } from 'chai';
import { ROLLCALL_USER } from '../../../src/scim/schema/rollcall.ts';
import { CORE_USER, ENTERPRISE_USER } from '../../../src/scim/schema/urns.ts';
import type { TestApp } from '../../support/app.ts';
import { newWorkspace, type Resource, sharedApp, type TestWorkspace } from './client.ts';
import { listed, patchOf } from './resources.ts';

const ANN = {
  userName: 'ann',
  active: true,
  name: { familyName: 'Bell', givenName: 'Ann' },
  emails: [
    { value: 'a@work.example', type: 'work' },
    { value: 'a@home.example', type: 'home', display: 'Home' },
  ],
  [ENTERPRISE_USER]: { department: 'd', manager: { value: 'm' } },
};
const SCHEMAS = [CORE_USER, ENTERPRISE_USER, ROLLCALL_USER];

/** What is asked for, and what is shown beside `id` and `schemas`. */
const asked: readonly (readonly [Record<string, string | readonly string[]>, object])[] = [
  [{ attributes: 'userName' }, { userName: 'ann' }],
  [{ attributes: 'USERNAME, name.givenname' }, { userName: 'ann', name: { givenName: 'Ann' } }],
  [{ attributes: ['userName', 'active'] }, { userName: 'ann', active: true }],
  [{ attributes: 'emails.value' }, { emails: [{ value: 'a@work.example' }, { value: 'a@home.example' }] }],
  [{ attributes: 'emails.display' }, { emails: [{ display: 'Home' }] }],
  [{ attributes: `${ENTERPRISE_USER}:department` }, { [ENTERPRISE_USER]: { department: 'd' } }],
  [{ attributes: ENTERPRISE_USER }, { [ENTERPRISE_USER]: ANN[ENTERPRISE_USER] }],
  [{ attributes: `${ENTERPRISE_USER}:manager.value` }, { [ENTERPRISE_USER]: { manager: { value: 'm' } } }],
  [{ attributes: `${CORE_USER}:userName` }, { userName: 'ann' }],
  [{ attributes: `${ROLLCALL_USER}:status` }, { [ROLLCALL_USER]: { status: 'active' } }],
  [{ attributes: 'shoeSize' }, {}],
  [{ attributes: 'id' }, {}],
  [{ attributes: 'password' }, {}],
  [{ attributes: 'userName,emails', excludedAttributes: 'emails' }, { userName: 'ann' }],
  [
    { excludedAttributes: `name,emails,active,meta,${ROLLCALL_USER},${ENTERPRISE_USER}:manager` },
    { userName: 'ann', [ENTERPRISE_USER]: { department: 'd' } },
  ],
  [
    {
      excludedAttributes: `emails.type,emails.display,name.familyName,id,schemas,meta,${ROLLCALL_USER},${ENTERPRISE_USER}`,
    },
    {
      userName: 'ann',
      active: true,
      name: { givenName: 'Ann' },
      emails: [{ value: 'a@work.example' }, { value: 'a@home.example' }],
    },
  ],
];

describe('SCIM over HTTP: attributes and excludedAttributes', () => {
  let app: TestApp;
  let workspace: TestWorkspace<Resource>;
  let ann: Resource;
  before(async () => {
    app = await sharedApp();
    workspace = await newWorkspace<Resource>(app);
    ann = (await workspace.scim('POST', '/Users', { body: ANN })).body;
  });

  for (const [query, shown] of asked) {
    it(`on every verb: ${JSON.stringify(query)}`, async () => {
      const path = `/Users/${ann.id}`;
      const expected = { schemas: SCHEMAS, id: ann.id, ...shown };
      const read = await workspace.scim('GET', path, { query });
      expect(read.body).to.deep.equal(expected);
      expect(read.headers.etag).to.equal(ann.meta.version);
      expect(listed(await workspace.scim('GET', '/Users', { query }))).to.deep.equal([expected]);
      const search = await workspace.scim('POST', '/Users/.search', { body: query });
      expect(listed(search)).to.deep.equal([expected]);
      expect((await workspace.scim('PUT', path, { query, body: ANN })).body).to.deep.equal(expected);
      const patch = patchOf({ op: 'replace', path: 'active', value: true });
      const patched = await workspace.scim('PATCH', path, { query, body: patch });
      expect(patched.status).to.equal(200);
      expect(patched.body).to.deep.equal(expected);

      const alone = await newWorkspace<Resource>(app);
      const created = await alone.scim('POST', '/Users', { query, body: ANN });
      expect(created.status).to.equal(201);
      expect(created.body).to.deep.equal({ ...expected, id: created.body.id });
      expect(created.headers.location).to.equal(`${app.url}/scim/v2/Users/${created.body.id}`);
      expect(created.headers.etag).to.equal('W/"1"');
    });
  }

  it('groups: on every verb, members and their parts', async () => {
    const body = { displayName: 'g', externalId: 'x', members: [{ value: ann.id }] };
    const group = (await workspace.scim('POST', '/Groups', { body })).body;
    const path = `/Groups/${group.id}`;
    const base = { schemas: group.schemas, id: group.id };
    const table: readonly (readonly [Record<string, string>, object])[] = [
      [{ attributes: 'displayName' }, { displayName: 'g' }],
      [{ attributes: 'members.value' }, { members: [{ value: ann.id }] }],
      [{ attributes: 'members.display,members.type' }, { members: [{ display: 'Ann Bell', type: 'User' }] }],
      [{ attributes: 'externalId', excludedAttributes: 'members' }, { externalId: 'x' }],
    ];
    for (const [query, shown] of table) {
      const expected = { ...base, ...shown };
      expect((await workspace.scim('GET', path, { query })).body).to.deep.equal(expected);
      expect(listed(await workspace.scim('GET', '/Groups', { query }))).to.deep.equal([expected]);
      expect((await workspace.scim('PUT', path, { query, body })).body).to.deep.equal(expected);
      const patch = patchOf({ op: 'replace', path: 'displayName', value: 'g' });
      expect((await workspace.scim('PATCH', path, { query, body: patch })).body).to.deep.equal(expected);
    }
    const query = { excludedAttributes: 'members,meta' };
    expect((await workspace.scim('GET', path, { query })).body).to.deep.equal({
      ...base,
      displayName: 'g',
      externalId: 'x',
    });
    await workspace.scim('DELETE', path);
  });
});
