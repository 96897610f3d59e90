import { expect } from 'chai';
import type { TestApp } from '../../support/app.ts';
import { newWorkspace, type Resource, sharedApp, type TestWorkspace } from './client.ts';
import { patchOf, refused } from './resources.ts';

const BODIES = {
  Users: {
    put: (n: number) => ({ userName: 'ann', title: `t${n}` }),
    patch: (n: number) => patchOf({ op: 'replace', path: 'title', value: `t${n}` }),
  },
  Groups: {
    put: (n: number) => ({ displayName: `g${n}` }),
    patch: (n: number) => patchOf({ op: 'replace', path: 'displayName', value: `g${n}` }),
  },
} as const;

describe('SCIM over HTTP: versions', () => {
  let app: TestApp;
  let workspace: TestWorkspace<Resource>;
  before(async () => {
    app = await sharedApp();
  });
  beforeEach(async () => {
    workspace = await newWorkspace<Resource>(app);
  });

  const audit = async (): Promise<unknown[]> => {
    const found: { rows: unknown[] } = await app.core.db.raw(
      'select * from audit_events where workspace_id = ? order by at, id',
      [workspace.id],
    );
    return found.rows;
  };

  for (const type of ['Users', 'Groups'] as const) {
    const { put, patch } = BODIES[type];

    it(`${type}: If-Match lets a change through when a tag matches, else 412 and nothing is done`, async () => {
      const created = await workspace.scim('POST', `/${type}`, { body: put(0) });
      const path = `/${type}/${created.body.id}`;
      const first = created.headers.etag!;
      const send = (method: string, tag: string, n: number) => {
        const body = method === 'DELETE' ? undefined : method === 'PUT' ? put(n) : patch(n);
        return workspace.scim(method, path, { body, headers: { 'If-Match': tag } });
      };
      const second = (await send('PUT', first, 1)).headers.etag!;
      expect(second).not.to.equal(first);
      const read = await workspace.scim('GET', path);
      expect(read.headers.etag).to.equal(second);
      for (const method of ['PUT', 'PATCH', 'DELETE']) {
        for (const tag of [first, 'W/"99"', '"abc"', 'nonsense', `${first}, W/"77"`]) {
          refused(await send(method, tag, 2), 412);
        }
      }
      expect((await workspace.scim('GET', path)).body).to.deep.equal(read.body);

      const third = (await send('PATCH', `${first}, ${second}`, 3)).headers.etag!;
      expect(third).not.to.equal(second);
      const fourth = (await send('PUT', '*', 4)).headers.etag!;
      expect(fourth).not.to.equal(third);
      expect((await send('DELETE', fourth, 0)).status).to.equal(204);
      for (const method of ['PUT', 'PATCH', 'DELETE']) refused(await send(method, fourth, 5), 404);
    });

    it(`${type}: If-None-Match is 304 without a body when the version is known, also for HEAD`, async () => {
      const created = await workspace.scim('POST', `/${type}`, { body: put(0) });
      const path = `/${type}/${created.body.id}`;
      const tag = created.headers.etag!;
      for (const known of [tag, tag.slice(2), '*', `"x", ${tag}`]) {
        for (const method of ['GET', 'HEAD']) {
          const reply = await workspace.scim(method, path, { headers: { 'If-None-Match': known } });
          expect(reply.status, `${method} ${known}`).to.equal(304);
          expect(reply.headers.etag).to.equal(tag);
          expect(reply.body).to.equal(undefined);
        }
      }
      const fresh = await workspace.scim('GET', path, { headers: { 'If-None-Match': 'W/"0", "x"' } });
      expect(fresh.status).to.equal(200);
      await workspace.scim('PATCH', path, { body: patch(1) });
      const changed = await workspace.scim('GET', path, { headers: { 'If-None-Match': tag } });
      expect(changed.status).to.equal(200);
      expect(changed.headers.etag).not.to.equal(tag);
    });

    it(`${type}: a PUT or PATCH of what is there leaves version, lastModified and audit as they were`, async () => {
      const created = await workspace.scim('POST', `/${type}`, { body: put(0) });
      const path = `/${type}/${created.body.id}`;
      const before = [(await workspace.scim('GET', path)).body, await audit()];
      for (const body of [put(0), { ...put(0), meta: { version: 'W/"9"' }, id: 'x', schemas: ['x'] }]) {
        const reply = await workspace.scim('PUT', path, { body });
        expect(reply.headers.etag).to.equal(created.headers.etag);
        expect(reply.body).to.deep.equal(before[0]);
      }
      for (const body of [patch(0), patchOf(), patchOf({ op: 'remove', path: 'externalId' })]) {
        const reply = await workspace.scim('PATCH', path, { body });
        expect(reply.status).to.equal(type === 'Users' ? 200 : 204);
        expect(reply.headers.etag).to.equal(created.headers.etag);
      }
      expect([(await workspace.scim('GET', path)).body, await audit()]).to.deep.equal(before);
    });

    it(`${type}: a change makes a new version, a later lastModified and one audit event`, async () => {
      const created = await workspace.scim('POST', `/${type}`, { body: put(0) });
      const path = `/${type}/${created.body.id}`;
      const events = (await audit()).length;
      const seen: Resource[] = [created.body];
      for (const n of [1, 2, 3]) {
        await workspace.scim('PATCH', path, { body: patch(n) });
        seen.push((await workspace.scim('GET', path)).body);
      }
      expect(new Set(seen.map((one) => one.meta.version))).to.have.property('size', 4);
      expect(new Set(seen.map((one) => one.meta.created))).to.have.property('size', 1);
      const times = seen.map((one) => one.meta.lastModified);
      expect(times).to.deep.equal(times.toSorted());
      expect((await audit()).length).to.equal(events + 3);
    });
  }

  it("PATCHes of a group's members: none that changes nothing, one version for one request that does", async () => {
    const users: string[] = [];
    for (const userName of ['ann', 'bob']) {
      users.push((await workspace.scim('POST', '/Users', { body: { userName } })).body.id);
    }
    const members = users.map((value) => ({ value }));
    const created = await workspace.scim('POST', '/Groups', { body: { displayName: 'g' } });
    const path = `/Groups/${created.body.id}`;
    const add = patchOf({ op: 'add', path: 'members', value: members });
    const first = await workspace.scim('PATCH', path, { body: add });
    expect([created.headers.etag, first.headers.etag]).to.deep.equal(['W/"1"', 'W/"2"']);
    const before = [(await workspace.scim('GET', path)).body, await audit()];
    for (const operation of [
      { op: 'add', path: 'members', value: members.slice(0, 1) },
      { op: 'replace', path: 'members', value: members.toReversed() },
      { op: 'remove', path: 'members[value eq "01a20085-324e-71be-8929-806e43cdaf92"]' },
      { op: 'remove', path: 'members', value: [] },
    ].slice(0, 3)) {
      const reply = await workspace.scim('PATCH', path, { body: patchOf(operation) });
      expect(reply.headers.etag).to.equal('W/"2"');
    }
    await workspace.scim('PUT', path, { body: { displayName: 'g', members } });
    expect([(await workspace.scim('GET', path)).body, await audit()]).to.deep.equal(before);
  });

  it('a list has no ETag, and is not 304', async () => {
    await workspace.scim('POST', '/Users', { body: { userName: 'ann' } });
    const reply = await workspace.scim('GET', '/Users', { headers: { 'If-None-Match': '*' } });
    expect(reply.status).to.equal(200);
    expect(reply.headers).not.to.have.property('etag');
  });

  it('a failed change of several leaves the version', async () => {
    const created = await workspace.scim('POST', '/Users', { body: { userName: 'ann' } });
    const path = `/Users/${created.body.id}`;
    const body = patchOf({ op: 'add', path: 'title', value: 't' }, { op: 'add', path: 'active', value: 'x' });
    refused(await workspace.scim('PATCH', path, { body }), 400, 'invalidValue');
    expect((await workspace.scim('GET', path)).body).to.deep.equal(created.body);
  });
});
