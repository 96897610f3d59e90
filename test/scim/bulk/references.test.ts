import { expect } from 'chai';
import type { TestApp } from '../../support/app.ts';
import { newWorkspace, sharedApp } from '../http/client.ts';
import { listed, patchOf } from '../http/resources.ts';
import { type Answer, ENTERPRISE, type Scim } from './answers.ts';
import { bulk, idOf, managedBy, postGroup, postUser, statuses } from './bulk.ts';

describe('bulk: bulkId (RFC 7644 sections 3.7.1 and 3.7.2)', () => {
  let app: TestApp;
  let scim: Scim;

  before(async () => {
    app = await sharedApp();
  });
  beforeEach(async () => {
    ({ scim } = await newWorkspace<Answer>(app));
  });

  const memberIds = async (id: string): Promise<string[]> => {
    const { body }: { body: Partial<Answer> } = await scim('GET', `/Groups/${id}`);
    return (body.members ?? []).map(({ value }) => value);
  };
  const managerOf = async (id: string): Promise<string | undefined> =>
    (await scim('GET', `/Users/${id}`)).body[ENTERPRISE]?.manager.value;

  it('stands for the id in members, managers, paths and value paths', async () => {
    const answered = await bulk(scim, [
      postUser('boss', 'boss@x.io'),
      postUser('u', 'u@x.io', managedBy('bulkId:boss')),
      postGroup('g', 'G', 'bulkId:u', 'bulkId:boss'),
      {
        method: 'PATCH',
        path: '/Groups/bulkId:g',
        data: patchOf({ op: 'remove', path: 'members[value eq "bulkId:boss"]' }),
      },
    ]);
    const [boss, u, g] = answered.map(idOf);
    expect(statuses(answered)).to.deep.equal(['201', '201', '201', '204']);
    expect(await managerOf(u!)).to.equal(boss);
    expect(await memberIds(g!)).to.deep.equal([u]);
  });

  it('what refers to something made later waits for it; the answer keeps the order of the request', async () => {
    const answered = await bulk(scim, [
      postGroup('g', 'Early', 'bulkId:u1', 'bulkId:u2'),
      postUser('u1', 'u1@x.io', managedBy('bulkId:u2')),
      { method: 'PATCH', path: '/Users/bulkId:u2', data: patchOf({ op: 'add', path: 'title', value: 'T' }) },
      postUser('u2', 'u2@x.io'),
    ]);
    expect(answered.map(({ method, bulkId }) => [method, bulkId])).to.deep.equal([
      ['POST', 'g'],
      ['POST', 'u1'],
      ['PATCH', undefined],
      ['POST', 'u2'],
    ]);
    expect(statuses(answered)).to.deep.equal(['201', '201', '200', '201']);
    const [g, u1, , u2] = answered.map(idOf);
    expect(await memberIds(g!)).to.have.members([u1, u2]);
    expect(await managerOf(u1!)).to.equal(u2);
    expect((await scim('GET', `/Users/${u2!}`)).body.title).to.equal('T');
  });

  it('operations on one resource keep their order, though one of them waits', async () => {
    const [group] = await bulk(scim, [postGroup('g', 'Ordered')]);
    const path = `/Groups/${idOf(group)}`;
    const answered = await bulk(scim, [
      {
        method: 'PATCH',
        path,
        data: patchOf({ op: 'add', path: 'members', value: [{ value: 'bulkId:u' }] }),
      },
      { method: 'PATCH', path, data: patchOf({ op: 'remove', path: 'members' }) },
      postUser('u', 'u@x.io'),
    ]);
    expect(statuses(answered)).to.deep.equal(['204', '204', '201']);
    expect(await memberIds(idOf(group))).to.deep.equal([]);
  });

  it('managers who are each other’s are made, and then completed', async () => {
    const answered = await bulk(scim, [
      postUser('a', 'a@x.io', managedBy('bulkId:b')),
      postGroup('g', 'Circle', 'bulkId:a', 'bulkId:c'),
      postUser('b', 'b@x.io', managedBy('bulkId:c')),
      postUser('c', 'c@x.io', managedBy('bulkId:a')),
    ]);
    expect(statuses(answered)).to.deep.equal(['201', '201', '201', '201']);
    const [a, g, b, c] = answered.map(idOf);
    expect([await managerOf(a!), await managerOf(b!), await managerOf(c!)]).to.deep.equal([b, c, a]);
    expect(await memberIds(g!)).to.have.members([a, c]);
    for (const one of answered) {
      const { headers } = await scim('GET', one.location?.slice(`${app.url}/scim/v2`.length) ?? '');
      expect(headers.etag).to.equal(one.version);
    }
  });

  it('somebody may be their own manager, and a group and a user may name each other', async () => {
    const answered = await bulk(scim, [
      postUser('self', 'self@x.io', managedBy('bulkId:self')),
      postGroup('g', 'Team', 'bulkId:u'),
      postUser('u', 'u@x.io', managedBy('bulkId:g')),
    ]);
    expect(statuses(answered)).to.deep.equal(['201', '201', '201']);
    const [self, g, u] = answered.map(idOf);
    expect(await managerOf(self!)).to.equal(self);
    expect(await managerOf(u!)).to.equal(g);
    expect(await memberIds(g!)).to.deep.equal([u]);
  });

  it('of a circle one may be somebody who is there already, and is restored', async () => {
    const [before] = (await bulk(scim, [postUser('two', 'back@x.io')])).map(idOf);
    expect((await scim('DELETE', `/Users/${before!}`)).status).to.equal(204);
    const answered = await bulk(scim, [
      postUser('one', 'new@x.io', managedBy('bulkId:two')),
      postUser('two', 'back@x.io', managedBy('bulkId:one')),
    ]);
    expect(statuses(answered)).to.deep.equal(['201', '201']);
    const [one, two] = answered.map(idOf);
    expect(two).to.equal(before);
    expect([await managerOf(one!), await managerOf(two!)]).to.deep.equal([two, one]);
  });

  it('of a circle in which one fails nothing is made', async () => {
    const answered = await bulk(scim, [
      postUser('taken', 'taken@x.io'),
      postUser('a', 'a@x.io', managedBy('bulkId:b')),
      postUser('b', 'taken@x.io', managedBy('bulkId:a')),
      postGroup('g', 'After', 'bulkId:a'),
      postUser('z', 'z@x.io'),
    ]);
    expect(statuses(answered)).to.deep.equal(['201', '409', '409', '409', '201']);
    expect(answered[2]?.response).to.include({ scimType: 'uniqueness' });
    const names = listed(await scim('GET', '/Users')).map((user) => user.userName);
    expect(names).to.have.members(['taken@x.io', 'z@x.io']);
    expect(listed(await scim('GET', '/Groups'))).to.deep.equal([]);
    const again = await scim('POST', '/Users', { body: { userName: 'a@x.io' } });
    expect(again.status).to.equal(201);
  });

  it('what refers to nothing, or to what failed, is 409', async () => {
    const answered = await bulk(scim, [
      postGroup('g', 'Nothing', 'bulkId:nobody'),
      postUser('bad', ''),
      postUser('u', 'u@x.io', managedBy('bulkId:bad')),
      postGroup('h', 'Nothing', 'bulkId:u'),
      { method: 'DELETE', path: '/Users/bulkId:nobody' },
      postUser('x', 'x@x.io', managedBy('bulkId:y')),
      postUser('y', 'y@x.io', { ...managedBy('bulkId:x'), title: 'bulkId:nobody' }),
    ]);
    expect(statuses(answered)).to.deep.equal(['409', '400', '409', '409', '409', '409', '409']);
    expect(answered[4]?.location).to.contain('/Users/');
    expect(listed(await scim('GET', '/Users'))).to.deep.equal([]);
  });

  it('an id in the data that only looks like one, inside a longer text, stays as it is', async () => {
    const [user] = await bulk(scim, [postUser('u', 'u@x.io', { title: 'see bulkId:u' })]);
    expect((await scim('GET', `/Users/${idOf(user)}`)).body.title).to.equal('see bulkId:u');
  });

  it('names such as __proto__ are names like any other', async () => {
    const answered = await bulk(scim, [
      { method: 'POST', path: '/Users', bulkId: '__proto__', data: { userName: 'p@x.io' } },
      postGroup('constructor', 'P', 'bulkId:__proto__'),
      postGroup('toString', 'Q', 'bulkId:hasOwnProperty'),
    ]);
    expect(statuses(answered)).to.deep.equal(['201', '201', '409']);
    expect({}).not.to.have.property('p');
  });

  it('a long chain that is sent backwards is made, each waiting for the next', async () => {
    const users = Array.from({ length: 300 }, (_, at) =>
      postUser(`u${at}`, `chain${at}@x.io`, at < 299 ? managedBy(`bulkId:u${at + 1}`) : {}),
    );
    const answered = await bulk(scim, users);
    expect(new Set(statuses(answered))).to.deep.equal(new Set(['201']));
    expect(await managerOf(idOf(answered[0]))).to.equal(idOf(answered[1]));
  }).timeout(60_000);

  it('a large circle is made', async () => {
    // Each waits for all others: whoever looks through all of them for each, each time, does not end.
    const users = Array.from({ length: 250 }, (_, at) =>
      postUser(`u${at}`, `ring${at}@x.io`, managedBy(`bulkId:u${(at + 1) % 250}`)),
    );
    const answered = await bulk(scim, users);
    expect(new Set(statuses(answered))).to.deep.equal(new Set(['201']));
    expect(await managerOf(idOf(answered[249]))).to.equal(idOf(answered[0]));
  }).timeout(120_000);
});
