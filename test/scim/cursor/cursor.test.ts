import { expect } from 'chai';
import { cursorKey, sealCursor } from '../../../src/scim/query/cursor.ts';
import type { TestApp } from '../../support/app.ts';
import { type Answer, type Replied, type Scim } from '../bulk/answers.ts';
import { newWorkspace, sharedApp } from '../http/client.ts';
import { LIST_RESPONSE, refused } from '../http/resources.ts';
import { nextOf, pages, walk } from './walk.ts';

const SECRET = 'k'.repeat(32);

describe('cursor paging (RFC 9865)', () => {
  let app: TestApp;
  let scim: Scim;
  let id: string;

  before(async () => {
    app = await sharedApp();
  });
  beforeEach(async () => {
    const workspace = await newWorkspace<Answer>(app);
    ({ scim, id } = workspace);
    for (let at = 0; at < 12; at++) {
      await scim('POST', '/Users', {
        body: {
          userName: `u${String(at).padStart(2, '0')}@x.io`,
          ...(at % 4 === 0 ? {} : { title: ['A', 'b', 'C'][at % 3] }),
        },
      });
    }
  });

  const first = (query: Record<string, string | number> = {}) =>
    scim('GET', '/Users', { query: { cursor: '', count: 5, ...query } });
  const names = (reply: Replied) => reply.body.Resources.map((user) => user.userName);

  it('an empty cursor begins; each page leads to the next, and the last to none', async () => {
    const one = await first();
    expect(one.status).to.equal(200);
    expect(one.body).to.have.all.keys('schemas', 'totalResults', 'itemsPerPage', 'nextCursor', 'Resources');
    expect(one.body).to.deep.include({ schemas: [LIST_RESPONSE], totalResults: 12, itemsPerPage: 5 });
    const two = await first({ cursor: nextOf(one) });
    expect(two.body).to.include.keys('nextCursor', 'previousCursor').and.include({ itemsPerPage: 5 });
    const three = await first({ cursor: nextOf(two) });
    expect(three.body).to.include({ totalResults: 12, itemsPerPage: 2 }).and.not.have.property('nextCursor');
    expect(new Set([one, two, three].flatMap(names))).to.have.property('size', 12);
  });

  it('a page that is just full is the last all the same', async () => {
    const { body } = await first({ count: 12 });
    expect(body).to.include({ itemsPerPage: 12 }).and.not.have.any.keys('nextCursor', 'previousCursor');
    expect((await first({ filter: 'userName eq "nobody"' })).body).to.deep.equal({
      schemas: [LIST_RESPONSE],
      totalResults: 0,
      itemsPerPage: 0,
      Resources: [],
    });
  });

  it('previousCursor leads back over the same pages', async () => {
    for (const query of [{}, { sortBy: 'title' }, { sortBy: 'title', sortOrder: 'descending' }]) {
      const forth = await pages(scim, '/Users', { ...query, count: 5 });
      const back: Replied[] = [];
      let cursor: string | undefined = forth.at(-1)?.body.previousCursor;
      while (cursor !== undefined) {
        const page: Replied = await scim('GET', '/Users', { query: { ...query, count: 5, cursor } });
        back.unshift(page);
        cursor = page.body.previousCursor;
      }
      expect(back.map(names)).to.deep.equal(forth.slice(0, -1).map(names));
      const again = await scim('GET', '/Users', {
        query: { ...query, count: 5, cursor: nextOf(back[0]!) },
      });
      expect(names(again)).to.deep.equal(names(forth[1]!));
    }
  });

  it('pages are in the order that pages by position have, whatever they are sorted by', async () => {
    const orders = [
      {},
      { sortBy: 'id', sortOrder: 'descending' },
      ...[
        'userName',
        'title',
        'meta.created',
        'active',
        'emails',
        'name.familyName',
        'groups.display',
      ].flatMap((sortBy) => [{ sortBy }, { sortBy, sortOrder: 'descending' }]),
    ];
    for (const order of orders) {
      const byPosition = await scim('GET', '/Users', { query: { ...order, count: 100 } });
      for (const count of [1, 4, 5]) {
        expect(await walk(scim, '/Users', { ...order, count }), JSON.stringify(order)).to.deep.equal(
          byPosition.body.Resources.map((user) => user.id),
        );
      }
    }
  });

  it('what has no value comes last, and first when descending', async () => {
    const titles = async (query: object) =>
      (await pages(scim, '/Users', { ...query, sortBy: 'title', count: 5 })).flatMap(({ body }) =>
        body.Resources.map((user) => user.title),
      );
    const ascending = await titles({});
    expect(ascending.slice(-3)).to.deep.equal([undefined, undefined, undefined]);
    expect(ascending.slice(0, 9)).to.deep.equal(['A', 'A', 'A', 'b', 'b', 'b', 'C', 'C', 'C']);
    expect(await titles({ sortOrder: 'descending' })).to.deep.equal(ascending.toReversed());
  });

  it('goes with filter, attributes and groups, and with .search', async () => {
    for (let at = 0; at < 5; at++) await scim('POST', '/Groups', { body: { displayName: `G${at}` } });
    expect(await walk(scim, '/Groups', { sortBy: 'displayName', count: 2 })).to.have.lengthOf(5);
    const filter = 'title eq "a" or title eq "c"';
    const found = await pages(scim, '/Users', { filter, attributes: 'title', count: 4 });
    expect(found.map(({ body }) => body.itemsPerPage)).to.deep.equal([4, 2]);
    expect(found[0]?.body.Resources[0]).to.have.all.keys('schemas', 'id', 'title');

    const search = { filter, count: 4, attributes: ['title'] };
    const one = await scim('POST', '/Users/.search', { body: { ...search, cursor: '' } });
    expect(one.body).to.include({ totalResults: 6, itemsPerPage: 4 });
    const two = await scim('POST', '/Users/.search', { body: { ...search, cursor: one.body.nextCursor } });
    expect(two.body).to.include({ itemsPerPage: 2 }).and.not.have.property('nextCursor');
  });

  it('a cursor belongs to its filter, order, path and workspace', async () => {
    const query = { filter: 'userName co "x"', sortBy: 'title' };
    const cursor = nextOf(await first(query));
    expect((await first({ ...query, cursor })).status).to.equal(200);
    expect((await first({ ...query, cursor, count: 2, attributes: 'userName' })).status).to.equal(200);
    const others = [
      { ...query, filter: 'userName co "X"' },
      { sortBy: 'title' },
      { filter: query.filter },
      { ...query, sortOrder: 'descending' },
      { ...query, sortBy: 'nickName' },
    ];
    for (const other of others) refused(await first({ ...other, cursor }), 400, 'invalidCursor');
    refused(await scim('GET', '/Groups', { query: { cursor: nextOf(await first()) } }), 400, 'invalidCursor');
    const elsewhere = await newWorkspace<Answer>(app);
    refused(await elsewhere.scim('GET', '/Users', { query: { ...query, cursor } }), 400, 'invalidCursor');
  });

  it('what is no cursor is invalidCursor', async () => {
    const nextCursor = nextOf(await first());
    expect(nextCursor).to.match(/^[A-Za-z0-9._~-]+$/);
    const wrong = [
      'x',
      ' ',
      '%00',
      `${nextCursor}x`,
      `${nextCursor}=`,
      nextCursor.slice(1),
      nextCursor.slice(0, -2),
      nextCursor.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
      'A'.repeat(9000),
    ];
    for (const cursor of wrong) refused(await first({ cursor }), 400, 'invalidCursor');
  });

  it('tells nothing of what it holds', async () => {
    const nextCursor = nextOf(await first({ sortBy: 'userName' }));
    expect(Buffer.from(nextCursor, 'base64url').toString('latin1')).not.to.contain('x.io');
  });

  it('a cursor of an hour ago is expiredCursor', async () => {
    const query = JSON.stringify([id, '/Users', {}]);
    const sealed = (secondsAgo: number) =>
      sealCursor(cursorKey(SECRET), query, { backwards: false }, Date.now() - secondsAgo * 1000);
    expect((await first({ cursor: sealed(3590) })).status).to.equal(200);
    expect(refused(await first({ cursor: sealed(3602) }), 400, 'expiredCursor')).to.contain('3600');
  });

  it('count is a whole number from 1; more than the most is the most', async () => {
    for (const count of [0, -1, '1.5', 'ten', '1e2']) refused(await first({ count }), 400, 'invalidCount');
    expect((await first({ count: 100_000 })).body.itemsPerPage).to.equal(12);
    expect((await first({ count: '' })).body.itemsPerPage).to.equal(12);
  });

  it('startIndex and cursor ask for two ways at once', async () => {
    refused(await first({ startIndex: 1 }), 400, 'invalidValue');
    expect((await scim('GET', '/Users?cursor&count=5')).body).to.include.keys('nextCursor');
    const byPosition = await scim('GET', '/Users', { query: { count: 5 } });
    expect(byPosition.body).to.include({ startIndex: 1 }).and.not.have.property('nextCursor');
  });

  it('sorts by long texts, which a cursor holds only in part', async () => {
    const long = 'ü"\\'.repeat(1000);
    for (const end of ['b', 'a', 'c']) {
      await scim('POST', '/Users', { body: { userName: `long-${end}`, nickName: `${long}${end}` } });
    }
    expect(await walk(scim, '/Users', { sortBy: 'nickName', count: 1 })).to.have.lengthOf(15);
    expect(
      await walk(scim, '/Users', { sortBy: 'nickName', sortOrder: 'descending', count: 1 }),
    ).to.have.lengthOf(15);
  });
});
