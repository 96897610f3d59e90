import { check, expectError, expectStatus, LIST_SCHEMA, listed, same, sameSet, skip } from '../check.ts';
import { namesIn, people, type Person, search } from '../people.ts';
import type { Requirement, Tester } from '../requirement.ts';
import { USER } from '../server.ts';
import { at, items, numberAt, shown, textAt } from '../values.ts';

/** The four, in the order that the answer has them in. */
async function order(t: Tester, query: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const all = await people(t);
  const reply = await search(t, all.among, query);
  const names = namesIn(all, listed(reply));
  sameSet(names, Object.keys(all.of), `those listed, sorted by ${shown(query)}`, reply);
  return names;
}

/** The value that a multi-valued attribute sorts by: that of the primary one, else of the first. */
function leading(emails: unknown): string {
  const list = items(emails);
  const one = list.find((email) => at(email, 'primary') === true) ?? list[0];
  return textAt(one, 'value') ?? '';
}

const SORTED: readonly Requirement[] = [
  {
    id: '7644-3.4.2.3-01',
    level: 'MUST',
    title: 'Ascending',
    paragraph: 'sortBy … specifies the attribute whose value SHALL be used to order the returned responses.',
    test: async (t) => {
      const names = await order(t, { sortBy: 'userName', sortOrder: 'ascending' });
      same(names, ['anna', 'bert', 'carla', 'dora'], 'the order');
    },
  },
  {
    id: '7644-3.4.2.3-02',
    level: 'MUST',
    title: 'Descending',
    paragraph: 'sortOrder: … Allowed values are "ascending" and "descending".',
    test: async (t) => {
      const names = await order(t, { sortBy: 'userName', sortOrder: 'descending' });
      same(names, ['dora', 'carla', 'bert', 'anna'], 'the order');
    },
  },
  {
    id: '7644-3.4.2.3-03',
    level: 'MUST',
    title: 'Ascending when nothing is said',
    paragraph:
      'If a value for "sortBy" is provided and no "sortOrder" is specified, "sortOrder" SHALL default to ascending.',
    test: async (t) => {
      same(await order(t, { sortBy: 'userName' }), ['anna', 'bert', 'carla', 'dora'], 'the order');
    },
  },
  {
    id: '7644-3.4.2.3-04',
    level: 'MUST',
    title: 'Without regard to case',
    paragraph:
      'for case-insensitive attributes, sort the result using case-insensitive Unicode alphabetic sort order.',
    writes: ['User:nickName'],
    test: async (t) => {
      same(
        await order(t, { sortBy: 'nickName' }),
        ['anna', 'bert', 'dora', 'carla'],
        'the order by nickName',
      );
    },
  },
  {
    id: '7644-3.4.2.3-05',
    level: 'MUST',
    title: 'What has no value is last ascending, and first descending',
    paragraph:
      'if there is no data for the specified "sortBy" value, they are … ordered last if ascending and first if descending.',
    writes: ['User:title'],
    test: async (t) => {
      same((await order(t, { sortBy: 'title' })).at(-1), 'carla', 'the last, ascending');
      same(
        (await order(t, { sortBy: 'title', sortOrder: 'descending' }))[0],
        'carla',
        'the first, descending',
      );
    },
  },
  {
    id: '7644-3.4.2.3-06',
    level: 'MUST',
    title: 'A multi-valued attribute by its primary value, or else the first',
    paragraph:
      "if it's a multi-valued attribute, resources are sorted by the value of the primary attribute, if any, or else the first value in the list, if any.",
    writes: ['User:emails.value', 'User:emails.primary'],
    test: async (t) => {
      const { of } = await people(t);
      const expected = (Object.keys(of) as Person[]).toSorted((a, b) => {
        const [left, right] = [leading(at(of[a].body, 'emails')), leading(at(of[b].body, 'emails'))];
        return left === '' ? 1 : right === '' || left < right ? -1 : 1;
      });
      const reply = await t.get(t.server.users, { sortBy: 'emails', count: 1 });
      // "the attribute name must be a path to a sub-attribute": a server may want it said.
      same(
        await order(t, { sortBy: reply.status === 400 ? 'emails.value' : 'emails' }),
        expected,
        'the order by emails',
      );
    },
  },
  {
    id: '7644-3.4.2.3-07',
    level: 'MUST',
    title: 'By a sub-attribute',
    paragraph:
      'If the attribute is complex, the attribute name must be a path to a sub-attribute … e.g., "sortBy=name.givenName".',
    writes: ['User:name.familyName'],
    test: async (t) => {
      const names = await order(t, { sortBy: 'name.familyName' });
      same(names.slice(0, 2), ['bert', 'anna'], 'the first two by name.familyName');
    },
  },
  {
    id: '7644-3.4.2.3-08',
    level: 'MUST',
    title: 'Dates in the order of time',
    paragraph: '"sortOrder" MUST sort according to the attribute type.',
    test: async (t) => {
      const all = await people(t);
      const reply = await search(t, all.among, { sortBy: 'meta.created', sortOrder: 'descending' });
      const times = listed(reply).map((user) => Date.parse(textAt(user, 'meta', 'created') ?? ''));
      same(
        times,
        times.toSorted((a, b) => b - a),
        'the times in the order of the answer',
        reply,
      );
    },
  },
  {
    id: '7644-3.4.2.3-09',
    level: 'MUST',
    title: 'By a name with the URI of its schema, and in any case',
    paragraph: 'The "sortBy" attribute MUST be in standard attribute notation (Section 3.10) form.',
    test: async (t) => {
      const names = await order(t, { sortBy: `${USER.toUpperCase()}:USERNAME`, sortOrder: 'descending' });
      same(names, ['dora', 'carla', 'bert', 'anna'], 'the order');
    },
  },
  {
    id: '7644-3.4.2.3-10',
    level: 'MUST',
    title: 'Pages keep the order',
    paragraph: 'sortBy … specifies the attribute whose value SHALL be used to order the returned responses.',
    needs: ['sort', 'filter', 'pagination.index'],
    test: async (t) => {
      const all = await people(t);
      const names: string[] = [];
      for (const startIndex of [1, 2, 3, 4]) {
        const page = await search(t, all.among, { sortBy: 'userName', startIndex, count: 1 });
        names.push(...namesIn(all, listed(page)));
      }
      same(names, ['anna', 'bert', 'carla', 'dora'], 'the order over four pages');
    },
  },
];

/** RFC 7644 sections 3.4.2, 3.4.2.1 and 3.4.2.3. */
export const lists: readonly Requirement[] = [
  {
    id: '7644-3.4.2-01',
    level: 'MUST',
    title: 'A list is a ListResponse with totalResults',
    paragraph: `Responses MUST be identified using the following URI: "${LIST_SCHEMA}". totalResults … REQUIRED.`,
    test: async (t) => {
      await t.user();
      const reply = await t.get(t.server.users);
      const total = numberAt(reply.body, 'totalResults');
      check(listed(reply).length > 0, 'no user is listed', reply);
      check(Number.isInteger(total) && (total ?? 0) > 0, `"totalResults" is ${shown(total)}`, reply);
    },
  },
  {
    id: '7644-3.4.2-02',
    level: 'MUST',
    title: 'Resources are listed when totalResults is not zero',
    paragraph: 'Resources … REQUIRED if "totalResults" is non-zero.',
    needs: ['filter'],
    test: async (t) => {
      const all = await people(t);
      const reply = await search(t, all.among);
      same(at(reply.body, 'totalResults'), 4, '"totalResults"', reply);
      same(listed(reply).length, 4, 'the number of Resources', reply);
    },
  },
  {
    id: '7644-3.4.2-03',
    level: 'MUST',
    title: 'Nothing found is 200 with totalResults 0',
    paragraph:
      'A query that does not return any matches SHALL return success (HTTP status code 200) with "totalResults" set to a value of 0.',
    needs: ['filter'],
    test: async (t) => {
      const reply = await search(t, `userName eq "${t.unique()}"`);
      same(listed(reply), [], 'Resources', reply);
      same(at(reply.body, 'totalResults'), 0, '"totalResults"', reply);
    },
  },
  {
    id: '7644-3.4.2-04',
    level: 'SHOULD',
    title: 'Unknown query parameters are ignored',
    paragraph:
      'SCIM service providers … SHOULD ignore any query parameters they do not recognize instead of rejecting the query.',
    test: async (t) => {
      listed(await t.get(t.server.users, { count: 1, noSuchParameter: 'x', 'a.b[c]': '1' }));
      const user = await t.user();
      expectStatus(await t.get(user.path, { noSuchParameter: 'x' }), 200);
    },
  },
  {
    id: '7644-3.4.2-05',
    level: 'MUST',
    title: 'What is listed is shown as when it is read',
    paragraph: 'Resources: A multi-valued list of complex objects containing the requested resources.',
    needs: ['filter'],
    test: async (t) => {
      const user = await t.user();
      const reply = await search(t, `userName eq "${String(at(user.body, 'userName'))}"`);
      same(listed(reply), [await t.read(user)], 'the Resources', reply);
    },
  },
  {
    id: '7644-3.4.2.1-01',
    level: 'MAY',
    title: 'The root can be queried',
    paragraph:
      'Queries MAY be performed against a SCIM resource object, a resource type endpoint, or a SCIM server root.',
    needs: ['filter'],
    test: async (t) => {
      const { tag, of } = await people(t);
      const reply = await t.get('/', { filter: `userName eq "${tag}-anna@example.com"` });
      if (reply.status >= 400) {
        expectError(reply, [400, 403, 404, 405, 501]);
        skip(`the server answers ${reply.status}`);
      }
      same(
        listed(reply).map((one) => at(one, 'id')),
        [of.anna.id],
        'found at the root',
        reply,
      );
    },
  },
  ...SORTED.map((requirement): Requirement => ({ needs: ['sort', 'filter'], ...requirement })),
];
