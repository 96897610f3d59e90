import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { TestApp } from '../../support/app.ts';
import { newWorkspace, type Resource, sharedApp, type TestWorkspace } from './client.ts';
import { queriesOf } from './queries.ts';
import { listed, patchOf, refused, written } from './resources.ts';

describe('SCIM over HTTP: groups', () => {
  let app: TestApp;
  let workspace: TestWorkspace<Resource>;
  before(async () => {
    app = await sharedApp();
  });
  beforeEach(async () => {
    workspace = await newWorkspace<Resource>(app);
  });

  const user = async (userName: string, more: object = {}): Promise<string> => {
    const reply = await workspace.scim('POST', '/Users', { body: { userName, ...more } });
    expect(reply.status).to.equal(201);
    return reply.body.id;
  };
  const group = async (body: object): Promise<Resource> => {
    const reply = await workspace.scim('POST', '/Groups', { body });
    expect(reply.status, JSON.stringify(reply.body)).to.equal(201);
    return reply.body;
  };
  const members = (...ids: string[]) => ids.map((value) => ({ value }));

  it('is created, read, listed, replaced and deleted', async () => {
    const [ann, bob] = [await user('ann'), await user('bob')];
    const created = await group({ displayName: 'Testers', externalId: 'x', members: members(ann) });
    const path = `/Groups/${created.id}`;
    expect(written(created, app.url)).to.deep.equal({
      displayName: 'Testers',
      externalId: 'x',
      members: [ann],
    });
    const read = await workspace.scim('GET', path);
    expect(read.body).to.deep.equal(created);
    expect(read.headers.etag).to.equal(created.meta.version);
    expect(listed(await workspace.scim('GET', '/Groups'))).to.deep.equal([created]);
    const replaced = await workspace.scim('PUT', path, {
      body: { displayName: 'Testers', members: members(bob) },
    });
    expect(replaced.status).to.equal(200);
    expect(written(replaced.body, app.url)).to.deep.equal({ displayName: 'Testers', members: [bob] });
    expect((await workspace.scim('DELETE', path)).status).to.equal(204);
    for (const method of ['GET', 'DELETE']) refused(await workspace.scim(method, path), 404);
    expect(listed(await workspace.scim('GET', '/Groups'))).to.deep.equal([]);
    expect((await workspace.scim('GET', `/Users/${bob}`)).body).not.to.have.property('groups');
  });

  it("a member is shown with the user's name", async () => {
    const ann = await user('ann', { displayName: 'Ann "the best" Bell' });
    const bob = await user('bob', { name: { givenName: 'Bob', familyName: 'Jones' } });
    const cat = await user('cat\\');
    const created = await group({ displayName: 'g', members: members(ann, bob, cat) });
    const names = new Map<string, string>(created.members.map((one: Resource) => [one.value, one.display]));
    expect(names).to.deep.equal(
      new Map([
        [ann, 'Ann "the best" Bell'],
        [bob, 'Bob Jones'],
        [cat, 'cat\\'],
      ]),
    );
  });

  it('displayName is required, and unique without regard to case until the group is deleted', async () => {
    const first = await group({ displayName: 'Testers' });
    for (const body of [{}, { displayName: '' }, { displayName: ' ' }, { displayName: null }]) {
      refused(await workspace.scim('POST', '/Groups', { body }), 400, 'invalidValue');
    }
    const other = await group({ displayName: 'other' });
    const body = { displayName: 'TESTERS' };
    refused(await workspace.scim('POST', '/Groups', { body }), 409, 'uniqueness');
    refused(await workspace.scim('PUT', `/Groups/${other.id}`, { body }), 409, 'uniqueness');
    const patch = patchOf({ op: 'replace', value: body });
    refused(await workspace.scim('PATCH', `/Groups/${other.id}`, { body: patch }), 409, 'uniqueness');
    await workspace.scim('DELETE', `/Groups/${first.id}`);
    const again = await group(body);
    expect(again.id).not.to.equal(first.id);
  });

  it('PUT without members leaves them; with [] takes them', async () => {
    const ann = await user('ann');
    const { id } = await group({ displayName: 'g', externalId: 'x', members: members(ann) });
    const path = `/Groups/${id}`;
    const renamed = await workspace.scim('PUT', path, { body: { displayName: 'h' } });
    expect(written(renamed.body, app.url)).to.deep.equal({ displayName: 'h', members: [ann] });
    const emptied = await workspace.scim('PUT', path, { body: { displayName: 'h', members: [] } });
    expect(written(emptied.body, app.url)).to.deep.equal({ displayName: 'h' });
  });

  it('members that are no users of the workspace are named, on every verb, and nothing is changed', async () => {
    const elsewhere = await newWorkspace<Resource>(app);
    const stranger = await elsewhere.scim('POST', '/Users', { body: { userName: 'stranger' } });
    const gone = await user('gone');
    await workspace.scim('DELETE', `/Users/${gone}`);
    const ann = await user('ann');
    const nested = await group({ displayName: 'nested' });
    const kept = await group({ displayName: 'kept', members: members(ann) });
    const path = `/Groups/${kept.id}`;
    for (const id of [stranger.body.id, gone, nested.id, randomUUID(), 'nobody', 'x\u2603']) {
      const wrong = members(ann, id);
      const attempts = [
        await workspace.scim('POST', '/Groups', { body: { displayName: 'new', members: wrong } }),
        await workspace.scim('PUT', path, { body: { displayName: 'renamed', members: wrong } }),
        await workspace.scim('PATCH', path, {
          body: patchOf(
            { op: 'replace', path: 'displayName', value: 'renamed' },
            { op: 'remove', path: `members[value eq "${ann}"]` },
            { op: 'add', path: 'members', value: members(id) },
          ),
        }),
      ];
      for (const reply of attempts)
        expect(refused(reply, 400, 'invalidValue'))
          .to.include(id)
          .and.not.include(ann);
      expect((await workspace.scim('GET', path)).body).to.deep.equal(kept);
    }
    expect(listed(await workspace.scim('GET', '/Groups'))).to.have.lengthOf(2);
  });

  it('a member of type Group, and one without a value, are refused', async () => {
    const nested = await group({ displayName: 'nested' });
    for (const member of [{ value: nested.id, type: 'Group' }, { display: 'x' }, 5]) {
      const body = { displayName: 'g', members: [member] };
      refused(await workspace.scim('POST', '/Groups', { body }), 400, 'invalidValue');
    }
  });

  it('members in capitals, given twice, or as bare ids are one member', async () => {
    const ann = await user('ann');
    const sent = [{ value: ann.toUpperCase() }, { value: ann }, ann];
    const created = await group({ displayName: 'g', members: sent });
    expect(written(created, app.url)['members']).to.deep.equal([ann]);
    const path = `/Groups/${created.id}`;
    const patch = patchOf({ op: 'remove', path: `members[value eq "${ann.toUpperCase()}"]` });
    expect((await workspace.scim('PATCH', path, { body: patch })).status).to.equal(204);
    expect(written((await workspace.scim('GET', path)).body, app.url)).to.deep.equal({ displayName: 'g' });
  });

  it('a PATCH answers 204, and with attributes the resource', async () => {
    const ann = await user('ann');
    const created = await group({ displayName: 'g' });
    const path = `/Groups/${created.id}`;
    const add = patchOf({ op: 'add', path: 'members', value: members(ann) });
    const silent = await workspace.scim('PATCH', path, { body: add });
    expect(silent.status).to.equal(204);
    const shown = await workspace.scim('PATCH', path, { body: add, query: { attributes: 'members.value' } });
    expect(shown.status).to.equal(200);
    expect(shown.body).to.deep.equal({
      schemas: created.schemas,
      id: created.id,
      members: [{ value: ann }],
    });
    expect(shown.headers.etag).to.equal(silent.headers.etag);
  });

  it('several operations on members are done in their order', async () => {
    const [ann, bob, cat] = [await user('ann'), await user('bob'), await user('cat')];
    const { id } = await group({ displayName: 'g', members: members(ann) });
    const path = `/Groups/${id}`;
    const body = patchOf(
      { op: 'replace', path: 'members', value: members(bob) },
      { op: 'add', path: 'members', value: members(cat, ann) },
      { op: 'remove', path: `members[value eq "${bob}" or value eq "${ann}"]` },
      { op: 'add', value: { members: members(bob) } },
    );
    expect((await workspace.scim('PATCH', path, { body })).status).to.equal(204);
    const read = await workspace.scim('GET', path);
    expect(written(read.body, app.url)['members']).to.deep.equal([bob, cat].toSorted());
    const all = patchOf({ op: 'remove', path: 'members' });
    await workspace.scim('PATCH', path, { body: all });
    expect((await workspace.scim('GET', path)).body).not.to.have.property('members');
  });

  describe('a PATCH does not read the members', () => {
    /** A group with many members, made in the database. */
    async function bigGroup(count: number): Promise<{ path: string; ids: ReadonlySet<string> }> {
      const { id } = await group({ displayName: `of ${count}` });
      const added: { rows: { id: string }[] } = await app.core.db.raw(
        `with added as (
            insert into users (workspace_id, id, user_name, status, source, managed_by, active_since, created_at, updated_at)
            select :workspace, gen_random_uuid(), 'member ' || n, 'active', 'scim', 'idp', now(), now(), now()
            from generate_series(1, :count) n returning id),
          opened as (
            insert into memberships (workspace_id, group_id, user_id, since, since_event)
            select :workspace, :group, id, now(), gen_random_uuid() from added)
          select id from added`,
        { workspace: workspace.id, group: id, count },
      );
      return { path: `/Groups/${id}`, ids: new Set(added.rows.map((one) => one.id)) };
    }

    const idsIn = (row: unknown, ids: ReadonlySet<string>): number =>
      [...JSON.stringify(row).matchAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g)].filter(([id]) => ids.has(id)).length;

    for (const [what, operation] of [
      ['add', (id: string) => ({ op: 'add', path: 'members', value: [{ value: id }] })],
      ['remove', (id: string) => ({ op: 'remove', path: `members[value eq "${id}"]` })],
      ['Remove with a list', (id: string) => ({ op: 'Remove', path: 'members', value: [{ value: id }] })],
    ] as const) {
      it(`${what} of one: no row of any query tells of another member`, async () => {
        const ann = await user('ann');
        const { path, ids } = await bigGroup(2000);
        if (what !== 'add') {
          const body = patchOf({ op: 'add', path: 'members', value: [{ value: ann }] });
          expect((await workspace.scim('PATCH', path, { body })).status).to.equal(204);
        }
        const sent = await queriesOf(app.core.db, async () => {
          const reply = await workspace.scim('PATCH', path, { body: patchOf(operation(ann)) });
          expect(reply.status).to.equal(204);
        });
        expect(
          sent.filter(({ sql }) => sql.includes('memberships')),
          'it was about memberships',
        ).not.to.be.empty;
        const rows = sent.reduce((sum, { rows }) => sum + rows.length, 0);
        expect(rows, 'rows of all queries').to.be.lessThan(30);
        for (const { rows, bindings, sql } of sent) {
          expect(idsIn(rows, ids), `ids of members that came back from ${sql}`).to.equal(0);
          expect(idsIn(bindings, ids), `ids of members that were sent with ${sql}`).to.equal(0);
        }
        const reading = await queriesOf(app.core.db, async () => {
          const read = await workspace.scim('GET', path, { query: { attributes: 'members.value' } });
          expect(read.body.members).to.have.lengthOf(what === 'add' ? 2001 : 2000);
        });
        expect(idsIn(reading, ids), 'a GET, which does read them, would be seen').to.be.at.least(2000);
      });
    }

    it('a rename, and a PATCH that changes nothing, neither', async () => {
      const { path, ids } = await bigGroup(500);
      const sent = await queriesOf(app.core.db, async () => {
        await workspace.scim('PATCH', path, {
          body: patchOf({ op: 'replace', path: 'displayName', value: 'new' }),
        });
        const [first = ''] = ids;
        await workspace.scim('PATCH', path, {
          body: patchOf({ op: 'add', path: 'members', value: [{ value: first }] }),
        });
      });
      expect(sent.flatMap(({ rows }) => rows).filter((row) => idsIn(row, ids) > 0)).to.deep.equal([]);
    });
  });
});
