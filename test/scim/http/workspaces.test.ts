import { expect } from 'chai';
import { ENTERPRISE_USER } from '../../../src/scim/schema/urns.ts';
import type { TestApp } from '../../support/app.ts';
import { newWorkspace, type Resource, sharedApp, type TestWorkspace } from './client.ts';
import { listed, patchOf, refused } from './resources.ts';

describe('SCIM over HTTP: another workspace sees nothing', () => {
  let app: TestApp;
  let here: TestWorkspace<Resource>;
  let there: TestWorkspace<Resource>;
  let user: string;
  let group: string;
  before(async () => {
    app = await sharedApp();
    [here, there] = [await newWorkspace<Resource>(app), await newWorkspace<Resource>(app)];
    const emails = [{ value: 'ann@example.org', type: 'work' }];
    const ann = await here.scim('POST', '/Users', { body: { userName: 'ann', externalId: 'x', emails } });
    user = ann.body.id;
    const body = { displayName: 'g', externalId: 'x', members: [{ value: user }] };
    group = (await here.scim('POST', '/Groups', { body })).body.id;
  });

  const everything = async (): Promise<unknown> => [
    (await here.scim('GET', `/Users/${user}`)).body,
    (await here.scim('GET', `/Groups/${group}`)).body,
  ];

  it('every verb on its ids is 404, as for an id that nobody has, and does nothing', async () => {
    const before = await everything();
    for (const path of [`/Users/${user}`, `/Groups/${group}`]) {
      const bodies: Record<string, object | undefined> = {
        GET: undefined,
        HEAD: undefined,
        PUT: { userName: 'ann', displayName: 'g' },
        PATCH: patchOf({ op: 'add', path: 'externalId', value: 'y' }),
        DELETE: undefined,
      };
      for (const [method, body] of Object.entries(bodies)) {
        for (const headers of [{}, { 'If-Match': '*' }, { 'If-Match': 'W/"1"' }, { 'If-None-Match': '*' }]) {
          const reply = await there.scim(method, path, { body, headers });
          expect(reply.status, `${method} ${path}`).to.equal(404);
        }
      }
    }
    expect(await everything()).to.deep.equal(before);
  });

  it('lists, counts, filters, sorts and searches hold nothing of it', async () => {
    for (const type of ['Users', 'Groups']) {
      const filters = [
        'externalId eq "x"',
        'id pr',
        `id eq "${type === 'Users' ? user : group}"`,
        'not (id eq "x")',
      ];
      const queries: Record<string, string | number>[] = [
        {},
        { count: 0 },
        { sortBy: 'externalId' },
        ...filters.map((filter) => ({ filter })),
      ];
      for (const query of queries) {
        const replies = [
          await there.scim('GET', `/${type}`, { query }),
          await there.scim('POST', `/${type}/.search`, { body: query }),
        ];
        for (const reply of replies) {
          expect(listed(reply)).to.deep.equal([]);
          expect(reply.body.totalResults).to.equal(0);
        }
      }
    }
    const byMember = { filter: `members.value eq "${user}"` };
    expect(listed(await there.scim('GET', '/Groups', { query: byMember }))).to.deep.equal([]);
    const byEmail = { filter: 'emails.value eq "ann@example.org"' };
    expect(listed(await there.scim('GET', '/Users', { query: byEmail }))).to.deep.equal([]);
  });

  it('its names are free, and adoption and restoration stop at the border', async () => {
    const body = { userName: 'ann', externalId: 'x' };
    const mine = await there.scim('POST', '/Users', { body });
    expect(mine.status).to.equal(201);
    expect(mine.body.id).not.to.equal(user);
    expect(mine.body).not.to.have.property('groups');
    const same = await there.scim('POST', '/Groups', { body: { displayName: 'g' } });
    expect(same.status).to.equal(201);
    await there.scim('DELETE', `/Users/${mine.body.id}`);
    await there.scim('DELETE', `/Groups/${same.body.id}`);
    expect((await here.scim('GET', `/Users/${user}`)).status).to.equal(200);
  });

  it('its users cannot be members: 400, naming them', async () => {
    const mine = await there.scim('POST', '/Groups', { body: { displayName: 'mine' } });
    const path = `/Groups/${mine.body.id}`;
    const members = [{ value: user }];
    const replies = [
      await there.scim('POST', '/Groups', { body: { displayName: 'other', members } }),
      await there.scim('PUT', path, { body: { displayName: 'mine', members } }),
      await there.scim('PATCH', path, { body: patchOf({ op: 'add', path: 'members', value: members }) }),
      await there.scim('PATCH', path, { body: patchOf({ op: 'replace', value: { members } }) }),
    ];
    for (const reply of replies) expect(refused(reply, 400, 'invalidValue')).to.include(user);
    expect((await there.scim('GET', path)).body).to.deep.equal(mine.body);
    expect((await here.scim('GET', `/Users/${user}`)).body.groups).to.have.lengthOf(1);
  });

  it('removing its users from an own group is no error, and takes nobody from theirs', async () => {
    const mine = await there.scim('POST', '/Groups', { body: { displayName: 'mine too' } });
    const path = `/Groups/${mine.body.id}`;
    const patch = patchOf({ op: 'remove', path: `members[value eq "${user}"]` });
    expect((await there.scim('PATCH', path, { body: patch })).status).to.equal(204);
    expect((await here.scim('GET', `/Groups/${group}`)).body.members).to.have.lengthOf(1);
  });

  it('its id as a manager is only a text', async () => {
    const body = { userName: 'bob', [ENTERPRISE_USER]: { manager: { value: user } } };
    const bob = await there.scim('POST', '/Users', { body });
    expect(bob.body[ENTERPRISE_USER]!.manager).to.deep.equal({ value: user });
  });
});
