import { expect } from 'chai';
import { startApp, type TestApp } from '../../support/app.ts';
import { newWorkspace, type Body, type ScimClient } from '../http/client.ts';
import { patchOf } from '../http/resources.ts';
import { bulk, idOf, postUser } from '../bulk/bulk.ts';
import { pages, walk } from './walk.ts';

describe('cursor paging while others write (RFC 9865)', () => {
  let app: TestApp;
  let scim: ScimClient;
  let staying: string[];
  let leaving: string[];

  before(async () => {
    app = await startApp();
  });
  beforeEach(async () => {
    ({ scim } = await newWorkspace(app));
    const made = await bulk(
      scim,
      Array.from({ length: 120 }, (_, at) =>
        postUser(`u${at}`, `user${(at * 37) % 120}@x.io`, at % 3 === 0 ? {} : { title: `T${at % 7}` }),
      ),
    );
    const ids = made.map(idOf);
    leaving = ids.filter((_, at) => at % 5 === 0);
    staying = ids.filter((_, at) => at % 5 !== 0);
  });
  after(() => app.stop());

  /** Adds, changes and removes until the walk is over, and says how much was done. */
  function writer(): { write: () => Promise<void>; writes: () => number } {
    let writes = 0;
    const removed = [...leaving];
    const write = async () => {
      writes += 1;
      const gone = removed.pop();
      await Promise.all([
        scim('POST', '/Users', { body: { userName: `new${writes}@x.io`, title: `T${writes % 7}` } }),
        ...(gone === undefined ? [] : [scim('DELETE', `/Users/${gone}`)]),
        scim('PATCH', `/Users/${staying[writes % staying.length] ?? ''}`, {
          body: patchOf({ op: 'replace', path: 'nickName', value: `N${writes}` }),
        }),
      ]);
    };
    return { write, writes: () => writes };
  }

  const orders: readonly Record<string, string>[] = [
    {},
    { sortBy: 'userName' },
    { sortBy: 'title' },
    { sortBy: 'title', sortOrder: 'descending' },
    { sortBy: 'meta.created', sortOrder: 'descending' },
  ];
  for (const order of orders) {
    it(`nobody who was there throughout is skipped or comes twice: ${JSON.stringify(order)}`, async () => {
      const { write, writes } = writer();
      const found = await walk(scim, '/Users', { ...order, count: 7 }, write);
      expect(new Set(found).size, 'nobody twice').to.equal(found.length);
      const seen = new Set(found);
      expect(staying.filter((id) => !seen.has(id))).to.deep.equal([]);
      expect(writes()).to.be.greaterThan(15);
    });
  }

  it('also when the writes do not wait for the pages', async () => {
    const { write } = writer();
    let isWalking = true;
    const writing = (async () => {
      while (isWalking) await write();
    })();
    const found = await walk(scim, '/Users', { sortBy: 'userName', count: 3 });
    isWalking = false;
    await writing;
    expect(new Set(found).size).to.equal(found.length);
    const seen = new Set(found);
    expect(staying.filter((id) => !seen.has(id))).to.deep.equal([]);
  });

  it('a cursor goes on, forth and back, though the user it ended with is gone', async () => {
    const [one] = await pages(scim, '/Users', { count: 60 });
    const ids = (one?.body.Resources as Body[]).map(({ id }) => id as string);
    const two = await scim('GET', '/Users', { query: { count: 60, cursor: one?.body.nextCursor as string } });
    await scim('DELETE', `/Users/${ids.at(-1) ?? ''}`);
    await scim('DELETE', `/Users/${two.body.Resources[0].id as string}`);
    const again = await scim('GET', '/Users', {
      query: { count: 60, cursor: one?.body.nextCursor as string },
    });
    expect(again.body.itemsPerPage).to.equal(59);
    const back = await scim('GET', '/Users', {
      query: { count: 60, cursor: two.body.previousCursor as string },
    });
    expect((back.body.Resources as Body[]).map(({ id }) => id as string)).to.deep.equal(ids.slice(0, -1));
    expect(back.body).not.to.have.property('previousCursor');
  });

  it('a page that has been emptied leads back to where there is something', async () => {
    const [one, two] = await pages(scim, '/Users', { filter: 'title eq "T1"', count: 10 });
    for (const { id } of two?.body.Resources as Body[]) await scim('DELETE', `/Users/${id as string}`);
    const query = { filter: 'title eq "T1"', count: 10 };
    const emptied = await scim('GET', '/Users', {
      query: { ...query, cursor: one?.body.nextCursor as string },
    });
    expect(emptied.body.Resources).to.deep.equal([]);
    expect(emptied.body).not.to.have.property('nextCursor');
    const back = await scim('GET', '/Users', {
      query: { ...query, cursor: emptied.body.previousCursor as string },
    });
    expect(back.body.Resources).to.deep.equal(one?.body.Resources);
  });
});
