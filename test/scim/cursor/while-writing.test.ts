import { expect } from 'chai';
import type { TestApp } from '../../support/app.ts';
import { type Answer, type Scim } from '../bulk/answers.ts';
import { bulk, idOf, postUser } from '../bulk/bulk.ts';
import { newWorkspace, sharedApp } from '../http/client.ts';
import { patchOf } from '../http/resources.ts';
import { nextOf, pages, previousOf, walk } from './walk.ts';

describe('cursor paging while others write (RFC 9865)', () => {
  let app: TestApp;
  let scim: Scim;
  let staying: string[];
  let leaving: string[];

  before(async () => {
    app = await sharedApp();
  });
  beforeEach(async () => {
    ({ scim } = await newWorkspace<Answer>(app));
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
    const walking = { goesOn: true };
    const writing = (async () => {
      while (walking.goesOn) await write();
    })();
    const found = await walk(scim, '/Users', { sortBy: 'userName', count: 3 });
    walking.goesOn = false;
    await writing;
    expect(new Set(found).size).to.equal(found.length);
    const seen = new Set(found);
    expect(staying.filter((id) => !seen.has(id))).to.deep.equal([]);
  });

  it('a cursor goes on, forth and back, though the user it ended with is gone', async () => {
    const one = await scim('GET', '/Users', { query: { count: 60, cursor: '' } });
    const ids = one.body.Resources.map(({ id }) => id);
    const two = await scim('GET', '/Users', { query: { count: 60, cursor: nextOf(one) } });
    await scim('DELETE', `/Users/${ids.at(-1) ?? ''}`);
    await scim('DELETE', `/Users/${two.body.Resources[0]!.id}`);
    const again = await scim('GET', '/Users', {
      query: { count: 60, cursor: nextOf(one) },
    });
    expect(again.body.itemsPerPage).to.equal(59);
    const back = await scim('GET', '/Users', {
      query: { count: 60, cursor: previousOf(two) },
    });
    expect(back.body.Resources.map(({ id }) => id)).to.deep.equal(ids.slice(0, -1));
    expect(back.body).not.to.have.property('previousCursor');
  });

  it('a page that has been emptied leads back to where there is something', async () => {
    const [one, two] = await pages(scim, '/Users', { filter: 'title eq "T1"', count: 10 });
    for (const { id } of two!.body.Resources) await scim('DELETE', `/Users/${id}`);
    const query = { filter: 'title eq "T1"', count: 10 };
    const emptied = await scim('GET', '/Users', {
      query: { ...query, cursor: nextOf(one!) },
    });
    expect(emptied.body.Resources).to.deep.equal([]);
    expect(emptied.body).not.to.have.property('nextCursor');
    const back = await scim('GET', '/Users', {
      query: { ...query, cursor: previousOf(emptied) },
    });
    expect(back.body.Resources).to.deep.equal(one?.body.Resources);
  });
});
