import { expect } from 'chai';
import fc from 'fast-check';
import type { TestApp } from '../../support/app.ts';
import { newWorkspace, sharedApp } from '../http/client.ts';
import { listed, patchOf, refused } from '../http/resources.ts';
import { type Answer, ENTERPRISE, type Scim } from './answers.ts';
import { bulk, idOf, postGroup, postUser, sendBulk, statuses } from './bulk.ts';

describe('bulk: operations (RFC 7644 section 3.7)', () => {
  let app: TestApp;
  let scim: Scim;

  before(async () => {
    app = await sharedApp();
  });
  beforeEach(async () => {
    ({ scim } = await newWorkspace<Answer>(app));
  });

  it('creates, replaces, patches and deletes, each with its location, version and status', async () => {
    const answered = await bulk(scim, [
      postUser('u', 'one@x.io'),
      postGroup('g', 'One', 'bulkId:u'),
      { method: 'PUT', path: '/Users/bulkId:u', data: { userName: 'uno@x.io' } },
      { method: 'PATCH', path: '/Groups/bulkId:g', data: patchOf({ op: 'remove', path: 'members' }) },
      { method: 'PATCH', path: '/Users/bulkId:u', data: patchOf({ op: 'add', path: 'title', value: 'T' }) },
      { method: 'DELETE', path: '/Groups/bulkId:g' },
    ]);
    const [user, group] = answered;
    const [userId, groupId] = [idOf(user), idOf(group)];
    const users = `${app.url}/scim/v2/Users/${userId}`;
    const groups = `${app.url}/scim/v2/Groups/${groupId}`;
    expect(answered).to.deep.equal([
      { method: 'POST', bulkId: 'u', location: users, version: 'W/"1"', status: '201' },
      { method: 'POST', bulkId: 'g', location: groups, version: 'W/"1"', status: '201' },
      { method: 'PUT', location: users, version: 'W/"2"', status: '200' },
      { method: 'PATCH', location: groups, version: 'W/"2"', status: '204' },
      { method: 'PATCH', location: users, version: 'W/"3"', status: '200' },
      { method: 'DELETE', location: groups, status: '204' },
    ]);
    const { body } = await scim('GET', `/Users/${userId}`);
    expect(body).to.include({ userName: 'uno@x.io', title: 'T' });
    refused(await scim('GET', `/Groups/${groupId}`), 404);
  });

  it('an operation that fails ends no other', async () => {
    const answered = await bulk(scim, [
      postUser('a', 'same@x.io'),
      postUser('b', 'same@x.io'),
      { method: 'DELETE', path: '/Users/nobody' },
      postUser('c', ''),
      postUser('d', 'other@x.io'),
    ]);
    expect(statuses(answered)).to.deep.equal(['201', '409', '404', '400', '201']);
    const [, taken, missing] = answered;
    expect(taken).to.include({ method: 'POST', bulkId: 'b' }).and.not.to.have.property('location');
    expect(taken?.response).to.include({ scimType: 'uniqueness' });
    expect(missing?.location).to.equal(`${app.url}/scim/v2/Users/nobody`);
    expect(listed(await scim('GET', '/Users'))).to.have.lengthOf(2);
  });

  it('one operation does all of what it says, or nothing', async () => {
    const [user] = await bulk(scim, [postUser('u', 'whole@x.io')]);
    const [, group] = await bulk(scim, [
      postGroup('g', 'Half', idOf(user), 'nobody'),
      postGroup('h', 'Whole', idOf(user)),
    ]);
    expect(listed(await scim('GET', '/Groups'))).to.have.lengthOf(1);
    expect(group?.status).to.equal('201');
  });

  it('failOnErrors ends the request after that many errors; what was done stays', async () => {
    const wrong = { method: 'DELETE', path: '/Users/nobody' };
    const operations = [
      postUser('a', 'a@x.io'),
      wrong,
      postUser('b', 'b@x.io'),
      wrong,
      postUser('c', 'c@x.io'),
    ];
    const answered = await bulk(scim, operations, { failOnErrors: 2 });
    expect(statuses(answered)).to.deep.equal(['201', '404', '201', '404']);
    expect(listed(await scim('GET', '/Users'))).to.have.lengthOf(2);
    expect(await bulk(scim, [wrong, wrong, wrong], { failOnErrors: 1 })).to.have.lengthOf(1);
    for (const none of [undefined, null, 0]) {
      expect(await bulk(scim, [wrong, wrong, wrong], { failOnErrors: none })).to.have.lengthOf(3);
    }
  });

  it('version is If-Match', async () => {
    const [user] = await bulk(scim, [postUser('u', 'versioned@x.io')]);
    const path = `/Users/${idOf(user)}`;
    const data = { userName: 'versioned@x.io', title: 'T' };
    const answered = await bulk(scim, [
      { method: 'PUT', path, version: 'W/"7"', data },
      { method: 'PATCH', path, version: 'nonsense', data: patchOf() },
      { method: 'PUT', path, version: user?.version, data },
      { method: 'DELETE', path, version: user?.version },
      { method: 'DELETE', path, version: '*' },
    ]);
    expect(statuses(answered)).to.deep.equal(['412', '412', '200', '412', '204']);
  });

  it('names have any case, as in every message', async () => {
    const { status, body } = await scim('POST', '/Bulk', {
      body: { operations: [{ Method: 'post', Path: 'Users', BulkId: 'x', Data: { username: 'case@x.io' } }] },
    });
    expect(status).to.equal(200);
    expect(body.Operations[0]).to.include({ status: '201', method: 'post', bulkId: 'x' });
  });

  it('an empty request does nothing', async () => {
    expect(await bulk(scim, [])).to.deep.equal([]);
  });

  it('what is wrong with the request is refused as a whole, and nothing is done', async () => {
    const good = postUser('a', 'never@x.io');
    const wrong: unknown[] = [
      [],
      'text',
      null,
      {},
      { Operations: {} },
      { Operations: [good, null] },
      { Operations: [good, []] },
      { Operations: [good, good] },
      { schemas: ['urn:x'], Operations: [good] },
      { failOnErrors: -1, Operations: [good] },
      { failOnErrors: 1.5, Operations: [good] },
      { failOnErrors: '1', Operations: [good] },
    ];
    for (const body of wrong) {
      refused(await scim('POST', '/Bulk', { body: JSON.stringify(body) }), 400, 'invalidSyntax');
    }
    refused(await scim('POST', '/Bulk', { body: '{' }), 400, 'invalidSyntax');
    expect(listed(await scim('GET', '/Users'))).to.deep.equal([]);
  });

  it('what is wrong with one operation is its own', async () => {
    const data = { userName: 'x@x.io' };
    const wrong: readonly [object, string][] = [
      [{ path: '/Users', bulkId: '1', data }, '400'],
      [{ method: 'GET', path: '/Users' }, '400'],
      [{ method: 7, path: '/Users' }, '400'],
      [{ method: 'POST', path: '/Users', data }, '400'],
      [{ method: 'POST', path: '/Users', bulkId: '', data }, '400'],
      [{ method: 'POST', path: '/Users', bulkId: 7, data }, '400'],
      [{ method: 'POST', path: '/Users', bulkId: '2' }, '400'],
      [{ method: 'POST', path: '/Users', bulkId: '3', data: [] }, '400'],
      [{ method: 'POST', path: '/Users/x', bulkId: '4', data }, '400'],
      [{ method: 'PUT', path: '/Users', data }, '400'],
      [{ method: 'PUT', path: '/Users/x', version: 1, data }, '400'],
      [{ method: 'DELETE' }, '400'],
      [{ method: 'DELETE', path: ['/Users/x'] }, '400'],
      [{ method: 'DELETE', path: '/Schemas/x' }, '404'],
      [{ method: 'DELETE', path: '/Users/x/y' }, '404'],
      [{ method: 'DELETE', path: '/Users/%' }, '404'],
      [{ method: 'DELETE', path: '' }, '404'],
    ];
    const answered = await bulk(scim, [
      ...wrong.map(([operation]) => operation),
      postUser('last', 'last@x.io'),
    ]);
    expect(statuses(answered)).to.deep.equal([...wrong.map(([, status]) => status), '201']);
  });

  it('more than 1,000 operations or 1 MiB are 413, which names the limit', async () => {
    const one = { method: 'DELETE', path: '/Users/x' };
    expect(refused(await sendBulk(scim, Array(1001).fill(one)), 413)).to.contain('1000');
    const large = postUser('a', 'large@x.io', { title: 'x'.repeat(1_048_576) });
    expect(refused(await sendBulk(scim, [large]), 413)).to.contain('1048576');
    expect(listed(await scim('GET', '/Users'))).to.deep.equal([]);
  });

  it('what is nested without end is refused, on every path, and the server stays up', async () => {
    for (const [method, path] of [
      ['POST', '/Bulk'],
      ['POST', '/Users'],
      ['PUT', '/Users/x'],
      ['PATCH', '/Groups/x'],
      ['POST', '/.search'],
    ] as const) {
      for (const depth of [64, 5_000, 30_000]) {
        const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`;
        const reply = await scim(method, path, { body: `{"Operations":${deep},"filter":${deep}}` });
        refused(reply, 400, 'invalidSyntax');
      }
    }
    expect((await scim('GET', '/Users')).status).to.equal(200);
  });

  it('no shape of an operation gets a 5xx, or keeps the others from theirs', async () => {
    const likely = (...values: unknown[]) =>
      fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, fc.jsonValue({ maxDepth: 2 }));
    const operation = fc.record(
      {
        method: likely('POST', 'PUT', 'PATCH', 'DELETE', 'get'),
        path: likely(
          '/Users',
          '/Groups',
          '/Users/x',
          '/Groups/bulkId:a',
          '/Users/bulkId:zz',
          '/',
          '//',
          '/Users/%zz',
        ),
        bulkId: fc.oneof(fc.uuid(), fc.jsonValue({ maxDepth: 1 })),
        version: likely('W/"1"', '*', '', null),
        data: likely(
          { userName: 'shape@x.io', displayName: 'Shape', members: [{ value: 'bulkId:a' }] },
          { Operations: [{ op: 'add', path: 'members[value eq "bulkId:a"]', value: 'bulkId:b' }] },
          { [ENTERPRISE]: { manager: 'bulkId:a' } },
          { __proto__: { userName: 'x' }, '': [] },
        ),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { maxLength: 8 }),
        likely(undefined, null, 0, 1, 2),
        async (list, most) => {
          const reply = await sendBulk(scim, [...list, { method: 'DELETE', path: '/Users/last' }], {
            failOnErrors: most,
          });
          expect(reply.status).to.be.oneOf([200, 400]);
          if (reply.status === 400) return;
          for (const { status } of reply.body.Operations) expect(Number(status)).to.be.within(200, 499);
          if (typeof most !== 'number') expect(reply.body.Operations.at(-1)?.status).to.equal('404');
        },
      ),
      { numRuns: 200 },
    );
  }).timeout(60_000);

  it('1,000 operations are done one after the other, in order', async () => {
    const users = Array.from({ length: 500 }, (_, at) => postUser(`u${at}`, `user${at}@x.io`));
    const patches = Array.from({ length: 499 }, (_, at) => ({
      method: 'PATCH',
      path: '/Groups/bulkId:g',
      data: patchOf({ op: 'add', path: 'members', value: [{ value: `bulkId:u${at}` }] }),
    }));
    const answered = await bulk(scim, [postGroup('g', 'All'), ...users, ...patches]);
    expect(new Set(statuses(answered))).to.deep.equal(new Set(['201', '204']));
    expect(answered).to.have.lengthOf(1000);
    expect(answered.at(-1)?.version).to.equal('W/"500"');
    const { body } = await scim('GET', `/Groups/${idOf(answered[0])}`);
    expect(body.members).to.have.lengthOf(499);
  }).timeout(60_000);

  it('40 bulks at once on the same users and groups end without a deadlock', async () => {
    const made = await bulk(scim, [
      ...Array.from({ length: 6 }, (_, at) => postUser(`u${at}`, `busy${at}@x.io`)),
      ...Array.from({ length: 4 }, (_, at) => postGroup(`g${at}`, `Busy ${at}`)),
    ]);
    const ids = made.map(idOf);
    const [users, groups] = [ids.slice(0, 6), ids.slice(6)];
    const replies = await Promise.all(
      Array.from({ length: 40 }, (_, at) => {
        const turned = [...groups.slice(at % 4), ...groups.slice(0, at % 4)];
        const operations = turned.map((group, turn) => ({
          method: 'PATCH',
          path: `/Groups/${group}`,
          data: patchOf(
            { op: 'add', path: 'members', value: users.map((value) => ({ value })).slice(turn) },
            { op: 'remove', path: `members[value eq "${users[(at + turn) % 6] ?? ''}"]` },
          ),
        }));
        const path = `/Users/${users[at % 6] ?? ''}`;
        const title = patchOf({ op: 'replace', path: 'title', value: `${at}` });
        return bulk(scim, [...operations, { method: 'PATCH', path, data: title }]);
      }),
    );
    expect(new Set(replies.flatMap(statuses))).to.deep.equal(new Set(['204', '200']));
  }).timeout(60_000);
});
