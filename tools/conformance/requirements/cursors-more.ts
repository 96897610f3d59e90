import { check, expectError, expectErrorForm, expectStatus, listed, same, sameSet, skip } from '../check.ts';
import { nextOf, walk } from '../cursoring.ts';
import { namesIn, people, search } from '../people.ts';
import type { Requirement } from '../requirement.ts';
import { at, textAt, valuesOf } from '../values.ts';

const requirements: readonly Requirement[] = [
  {
    id: '9865-2.1-01',
    level: 'SHOULD',
    title: 'A cursor that is none is 400 with invalidCursor',
    paragraph:
      'the service provider SHOULD return the appropriate HTTP response status code and detailed JSON error response. … invalidCursor: Cursor value is invalid.',
    test: async (t) => {
      const { among } = await people(t);
      for (const cursor of ['no-such-cursor', '~', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA']) {
        const reply = await search(t, among, { cursor, count: 2 });
        expectError(reply, 400, 'invalidCursor', 'expiredCursor');
        expectErrorForm(reply);
      }
    },
  },
  {
    id: '9865-2.1-02',
    level: 'SHOULD',
    title: 'A forged cursor is detected',
    paragraph:
      'Service providers should be able to easily detect forged cursor values and immediately return an invalidCursor. (section 5.2)',
    test: async (t) => {
      const { among } = await people(t);
      const next = nextOf(await search(t, among, { cursor: '', count: 1 })) ?? skip('there is no nextCursor');
      const forged = `${next.slice(0, -1)}${next.endsWith('A') ? 'B' : 'A'}${next}`;
      expectError(
        await search(t, among, { cursor: forged, count: 1 }),
        400,
        'invalidCursor',
        'expiredCursor',
      );
    },
  },
  {
    id: '9865-2.2-01',
    level: 'SHOULD',
    title: 'Pages are sorted',
    paragraph:
      'If sorting is implemented as described Section 3.4.2.3 of [RFC7644], then cursor-paged results should be sorted.',
    needs: ['pagination.cursor', 'filter', 'sort'],
    test: async (t) => {
      const all = await people(t);
      for (const [sortOrder, expected] of [
        ['ascending', ['anna', 'bert', 'carla', 'dora']],
        ['descending', ['dora', 'carla', 'bert', 'anna']],
      ] as const) {
        const walked = await walk(t, 1, { sortBy: 'userName', sortOrder });
        same(
          walked.flatMap((page) => namesIn(all, listed(page))),
          expected,
          `the order, ${sortOrder}`,
        );
      }
    },
  },
  {
    id: '9865-2.4-01',
    level: 'MUST',
    title: 'A query that names no method of paging is answered',
    paragraph:
      'service providers supporting both pagination methods MUST choose a default pagination method to use when responding to requests that have not specified a pagination query parameter.',
    test: async (t) => {
      const { among } = await people(t);
      const reply = await search(t, among, { count: 2 });
      check(listed(reply).length > 0, 'nothing is listed', reply);
      const method = textAt(t.server.config, 'pagination', 'defaultPaginationMethod');
      if (method === 'index')
        same(nextOf(reply), undefined, '"nextCursor", where index is the default', reply);
      if (method === 'cursor')
        check(nextOf(reply) !== undefined, 'cursor is the default, and there is no "nextCursor"', reply);
    },
  },
  {
    id: '9865-2.4-02',
    level: 'MUST',
    title: 'startIndex asks for paging by index',
    paragraph: "clients can use the 'startIndex' or 'cursor' query parameters to request a specific method.",
    needs: ['pagination.cursor', 'pagination.index', 'filter'],
    test: async (t) => {
      const { among } = await people(t);
      const reply = await search(t, among, { startIndex: 2, count: 2 });
      listed(reply);
      same(at(reply.body, 'startIndex'), 2, '"startIndex"', reply);
      same(nextOf(reply), undefined, '"nextCursor"', reply);
    },
  },
  {
    id: '9865-3-01',
    level: 'MUST',
    title: 'A POST to /.search pages by cursors in its body',
    paragraph:
      'When posting to /.search, the client would pass the parameters defined in Section 2 in the body of the POST request.',
    test: async (t) => {
      const { among, of } = await people(t);
      const schemas = ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'];
      const ids: unknown[] = [];
      let cursor: string | undefined = '';
      for (let page = 0; cursor !== undefined && page < 6; page += 1) {
        const body = { schemas, filter: among, cursor, count: 3 };
        const reply = await t.post(`${t.server.users}/.search`, body);
        if (reply.status === 501) skip('/.search answers 501');
        ids.push(...valuesOf(listed(expectStatus(reply, 200)), 'id'));
        cursor = nextOf(reply);
      }
      sameSet(
        ids,
        Object.values(of).map(({ id }) => id),
        'the ids on all pages',
      );
    },
  },
];

/** RFC 9865 sections 2.1 to 3. */
export const moreCursors: readonly Requirement[] = requirements.map((one) => ({
  needs: ['pagination.cursor', 'filter'],
  ...one,
}));
