import { check, listed, same, sameSet } from '../check.ts';
import { people, search } from '../people.ts';
import type { Requirement } from '../requirement.ts';
import { at, numberAt, shown, valuesOf } from '../values.ts';

const START =
  'startIndex: The 1-based index of the first query result. A value less than 1 SHALL be interpreted as 1.';
const COUNT =
  'count: Non-negative integer. … the service provider MUST NOT return more results than specified, although it MAY return fewer results. A negative value SHALL be interpreted as "0". A value of "0" indicates that no resource results are to be returned except for "totalResults".';

const PAGED: readonly Requirement[] = [
  {
    id: '7644-3.4.2.4-01',
    level: 'MUST',
    title: 'No more than count are listed, and totalResults is all of them',
    paragraph: COUNT,
    test: async (t) => {
      const reply = await search(t, (await people(t)).among, { count: 2 });
      check(listed(reply).length <= 2, `${listed(reply).length} are listed`, reply);
      same(at(reply.body, 'totalResults'), 4, '"totalResults"', reply);
    },
  },
  {
    id: '7644-3.4.2.4-02',
    level: 'MUST',
    title: 'A part of a list tells its startIndex and itemsPerPage',
    paragraph:
      'startIndex … REQUIRED when partial results are returned due to pagination. itemsPerPage … REQUIRED when partial results are returned due to pagination. (section 3.4.2)',
    test: async (t) => {
      const reply = await search(t, (await people(t)).among, { startIndex: 2, count: 2 });
      const found = listed(reply);
      same(at(reply.body, 'startIndex'), 2, '"startIndex"', reply);
      same(at(reply.body, 'itemsPerPage'), found.length, '"itemsPerPage"', reply);
    },
  },
  {
    id: '7644-3.4.2.4-03',
    level: 'MUST',
    title: 'A count of 0 counts only',
    paragraph: COUNT,
    test: async (t) => {
      const reply = await search(t, (await people(t)).among, { count: 0 });
      same(listed(reply), [], 'Resources', reply);
      same(at(reply.body, 'totalResults'), 4, '"totalResults"', reply);
    },
  },
  {
    id: '7644-3.4.2.4-04',
    level: 'MUST',
    title: 'A negative count is 0',
    paragraph: COUNT,
    test: async (t) => {
      const reply = await search(t, (await people(t)).among, { count: -3 });
      same(listed(reply), [], 'Resources', reply);
      same(at(reply.body, 'totalResults'), 4, '"totalResults"', reply);
    },
  },
  ...([0, -5] as const).map((startIndex, index): Requirement => ({
    id: `7644-3.4.2.4-0${index + 5}`,
    level: 'MUST',
    title: `A startIndex of ${startIndex} is 1`,
    paragraph: START,
    test: async (t) => {
      const { among } = await people(t);
      const first = await search(t, among, { startIndex: 1, count: 2 });
      const reply = await search(t, among, { startIndex, count: 2 });
      same(valuesOf(listed(reply), 'id'), valuesOf(listed(first), 'id'), 'the resources listed', reply);
      same(at(reply.body, 'startIndex'), 1, '"startIndex"', reply);
    },
  })),
  {
    id: '7644-3.4.2.4-07',
    level: 'MUST',
    title: 'Pages follow each other without a gap or an overlap',
    paragraph:
      'to continue paging, set the startIndex to 11 and re-fetch, i.e., /Users?startIndex=11&count=10.',
    test: async (t) => {
      const { among, of } = await people(t);
      const ids: unknown[] = [];
      for (let page = 0; page < 6 && ids.length < 4; page += 1) {
        const reply = await search(t, among, { startIndex: ids.length + 1, count: 3 });
        const found = valuesOf(listed(reply), 'id');
        check(found.length > 0, `the page from ${ids.length + 1} on is empty`, reply);
        ids.push(...found);
      }
      sameSet(
        ids,
        Object.values(of).map(({ id }) => id),
        'the ids on all pages',
      );
    },
  },
  {
    id: '7644-3.4.2.4-08',
    level: 'MUST',
    title: 'Past the end nothing is listed',
    paragraph: START,
    test: async (t) => {
      const reply = await search(t, (await people(t)).among, { startIndex: 5, count: 10 });
      same(listed(reply), [], 'Resources', reply);
      same(at(reply.body, 'totalResults'), 4, '"totalResults"', reply);
    },
  },
  {
    id: '7644-3.4.2.4-09',
    level: 'MUST',
    title: 'A very large count or startIndex is no error',
    paragraph: `${COUNT} ${START}`,
    test: async (t) => {
      const { among } = await people(t);
      const many = await search(t, among, { count: 2_000_000_000 });
      same(listed(many).length, 4, 'the number of Resources', many);
      const far = await search(t, among, { startIndex: 2_000_000_000 });
      same(listed(far), [], 'Resources', far);
    },
  },
  {
    id: '7644-3.4.2.4-10',
    level: 'MUST',
    title: 'No more than maxResults are listed',
    paragraph:
      'maxResults: An integer value specifying the maximum number of resources returned in a response. (RFC 7643 section 5)',
    test: async (t) => {
      const max = numberAt(t.server.config, 'filter', 'maxResults') ?? Infinity;
      const reply = await t.get(t.server.users, { count: 100_000, attributes: 'userName' });
      check(listed(reply).length <= max, `${listed(reply).length} are listed, maxResults is ${max}`, reply);
    },
  },
  {
    id: '7644-3.4.2.4-11',
    level: 'MUST',
    title: 'The numbers of a list are integers',
    paragraph: 'Table 7: itemsPerPage: Non-negative integer. totalResults: Non-negative integer.',
    test: async (t) => {
      const reply = await search(t, (await people(t)).among, { startIndex: 1, count: 3 });
      for (const name of ['itemsPerPage', 'totalResults', 'startIndex']) {
        const value = numberAt(reply.body, name);
        check(
          Number.isInteger(value) && (value ?? -1) >= 0,
          `"${name}" is ${shown(at(reply.body, name))}`,
          reply,
        );
      }
    },
  },
];

/** RFC 7644 section 3.4.2.4. */
export const pages: readonly Requirement[] = PAGED.map((requirement) => ({
  needs: ['filter', 'pagination.index'],
  ...requirement,
}));
