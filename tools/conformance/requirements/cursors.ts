import { check, expectError, listed, same, sameSet, skip } from '../check.ts';
import { nextOf, walk } from '../cursoring.ts';
import { people, search } from '../people.ts';
import type { Requirement } from '../requirement.ts';
import { at, isUnassigned, shown, textAt, valuesOf } from '../values.ts';

const NEXT =
  'Service providers supporting cursor-based pagination MUST include nextCursor in all paged query responses except when returning the last page.';
const COUNT =
  'When specified, the service provider MUST NOT return more results than specified although it MAY return fewer results.';

const requirements: readonly Requirement[] = [
  {
    id: '9865-2-01',
    level: 'MUST',
    title: 'An empty cursor gives the first page, with a nextCursor',
    paragraph: `${NEXT} The cursor value MUST be empty or omitted for the first request of a cursor-paginated query.`,
    test: async (t) => {
      const { among } = await people(t);
      const reply = await search(t, among, { cursor: '', count: 2 });
      check(listed(reply).length > 0, 'the first page is empty', reply);
      check(nextOf(reply) !== undefined, 'there is no "nextCursor", though there is more', reply);
    },
  },
  {
    id: '9865-2-02',
    level: 'MUST',
    title: 'Following the cursors gives everything, once',
    paragraph:
      'nextCursor: A cursor value string that MAY be used in a subsequent request to obtain the next page of results.',
    test: async (t) => {
      const { of } = await people(t);
      for (const count of [1, 3]) {
        const ids = (await walk(t, count)).flatMap((page) => valuesOf(listed(page), 'id'));
        sameSet(
          ids,
          Object.values(of).map(({ id }) => id),
          `the ids on all pages of ${count}`,
        );
      }
    },
  },
  {
    id: '9865-2-03',
    level: 'MUST',
    title: 'The last page has no nextCursor',
    paragraph:
      'nextCursor MUST be omitted from a response only to indicate that there are no more result pages.',
    test: async (t) => {
      const { among } = await people(t);
      const reply = await search(t, among, { cursor: '', count: 50 });
      if (listed(reply).length < 4) skip('the server gives fewer than 4 results at once');
      // More could have come in between; an empty page may then be the last.
      const next = nextOf(reply);
      if (next === undefined) return;
      const last = await search(t, among, { cursor: next, count: 50 });
      same([listed(last), nextOf(last)], [[], undefined], 'the page after all results', last);
    },
  },
  {
    id: '9865-2-04',
    level: 'MUST',
    title: 'No page has more than count',
    paragraph: COUNT,
    test: async (t) => {
      for (const page of await walk(t, 2))
        check(listed(page).length <= 2, `${listed(page).length} are listed`, page);
    },
  },
  {
    id: '9865-2-05',
    level: 'MUST',
    title: 'Cursors hold unreserved characters only',
    paragraph:
      'This value may only contain characters from the unreserved characters set defined in section 2.3 of [RFC3986].',
    test: async (t) => {
      const { among } = await people(t);
      const reply = await search(t, among, { cursor: '', count: 1 });
      for (const name of ['nextCursor', 'previousCursor']) {
        const cursor = textAt(reply.body, name) ?? '';
        check(/^[A-Za-z0-9\-._~]*$/.test(cursor), `"${name}" is ${shown(cursor)}`, reply);
      }
    },
  },
  {
    id: '9865-2-06',
    level: 'MUST',
    title: 'The first page has no previousCursor',
    paragraph: 'previousCursor MUST not be returned with the first page.',
    test: async (t) => {
      const { among } = await people(t);
      const reply = await search(t, among, { cursor: '', count: 2 });
      check(isUnassigned(at(reply.body, 'previousCursor')), '"previousCursor" is there', reply);
    },
  },
  {
    id: '9865-2-07',
    level: 'MUST',
    title: 'previousCursor leads to the page before',
    paragraph:
      'previousCursor: A cursor value string that MAY be used in a subsequent request to obtain the previous page of results. Returning previousCursor is OPTIONAL.',
    test: async (t) => {
      const { among } = await people(t);
      const [first, second] = await walk(t, 2);
      if (first === undefined || second === undefined) skip('there is one page only');
      const cursor = textAt(second.body, 'previousCursor') ?? skip('the server gives no previousCursor');
      const back = await search(t, among, { cursor, count: 2 });
      same(valuesOf(listed(back), 'id'), valuesOf(listed(first), 'id'), 'the page before the second', back);
      check(
        isUnassigned(at(back.body, 'previousCursor')),
        'it is the first page and has a "previousCursor"',
        back,
      );
    },
  },
  {
    id: '9865-2-08',
    level: 'SHOULD',
    title: 'totalResults is the number on all pages, or not told',
    paragraph:
      'service providers should return an accurate value for totalResults which is the total number of resources for all pages. Service providers … unable to estimate totalResults MAY choose to omit the totalResults attribute.',
    test: async (t) => {
      for (const page of await walk(t, 3)) {
        const total = at(page.body, 'totalResults');
        if (total !== undefined) same(total, 4, '"totalResults"', page);
      }
    },
  },
  {
    id: '9865-2-09',
    level: 'MUST',
    title: 'A count of 0 lists nothing',
    paragraph:
      'A negative value SHALL be interpreted as "0". A value of "0" indicates that no resource results are to be returned except for "totalResults".',
    test: async (t) => {
      const { among } = await people(t);
      for (const count of [0, -1]) {
        const reply = await search(t, among, { cursor: '', count });
        if (reply.status !== 400) {
          same(listed(reply), [], 'Resources', reply);
          continue;
        }
        // Drafts of RFC 9865 had "between 1 and maxPageSize", and servers were built after them.
        expectError(reply, 400, 'invalidCount');
        t.note(`A count of ${count} with a cursor is answered with invalidCount.`);
      }
    },
  },
  {
    id: '9865-2-10',
    level: 'MUST',
    title: 'Nothing found is one page of nothing',
    paragraph:
      'nextCursor MUST be omitted from a response only to indicate that there are no more result pages.',
    test: async (t) => {
      const reply = await search(t, `userName eq "${t.unique()}"`, { cursor: '', count: 2 });
      same([listed(reply), nextOf(reply)], [[], undefined], 'Resources and nextCursor', reply);
    },
  },
  {
    id: '9865-2-11',
    level: 'MUST',
    title: 'Later pages obey the other parameters too',
    paragraph:
      'the client MUST query the same service provider endpoint with all query parameters and values being identical to the initial query with the exception of the cursor value.',
    writes: ['User:nickName'],
    test: async (t) => {
      for (const page of await walk(t, 2, { attributes: 'userName' })) {
        for (const user of listed(page)) {
          check(
            at(user, 'userName') !== undefined && at(user, 'nickName') === undefined,
            'attributes is not obeyed',
            page,
          );
        }
      }
    },
  },
];

/** RFC 9865 section 2. */
export const cursors: readonly Requirement[] = requirements.map((one) => ({
  needs: ['pagination.cursor', 'filter'],
  ...one,
}));
