import { check, expectError, expectStatus, listed, same, sameSet, skip } from '../check.ts';
import type { Reply } from '../exchange.ts';
import { namesIn, people } from '../people.ts';
import type { Requirement, Tester } from '../requirement.ts';
import { at, type JsonObject, valuesOf } from '../values.ts';

const SEARCH = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';

/** POSTs a query; a server that has none may say 501: "does not support the request operation" (table 8). */
async function ask(t: Tester, endpoint: string, parameters: JsonObject): Promise<Reply> {
  const reply = await t.post(`${endpoint}/.search`, { schemas: [SEARCH], ...parameters });
  if (reply.status === 501) skip(`${endpoint}/.search answers 501, so the server does not support it`);
  return reply;
}

/** At the root; there a server may say that it cannot in more ways. */
async function askRoot(t: Tester, parameters: JsonObject): Promise<Reply> {
  const reply = await ask(t, '', parameters);
  if ([403, 404, 405].includes(reply.status)) skip(`/.search answers ${reply.status}`);
  if (at(reply.body, 'scimType') === 'tooMany') skip('/.search answers tooMany');
  return reply;
}

const ONE_TYPE: readonly Requirement[] = [
  {
    id: '7644-3.4.3-01',
    level: 'MUST',
    title: 'A POST to /.search of a type is a query',
    paragraph:
      'The inclusion of "/.search" on the end of a valid SCIM endpoint SHALL be used to indicate that the HTTP POST verb is intended to be a query operation.',
    test: async (t) => {
      const all = await people(t);
      const reply = await ask(t, t.server.users, { filter: all.among });
      sameSet(namesIn(all, listed(reply)), ['anna', 'bert', 'carla', 'dora'], 'found', reply);
      same(at(reply.body, 'totalResults'), 4, '"totalResults"', reply);
    },
  },
  {
    id: '7644-3.4.3-02',
    level: 'MUST',
    title: 'attributes is an array',
    paragraph:
      'attributes: A multi-valued list of strings indicating the names of resource attributes to return in the response.',
    writes: ['User:nickName', 'User:displayName'],
    test: async (t) => {
      const { among } = await people(t);
      const reply = await ask(t, t.server.users, { filter: among, attributes: ['userName', 'displayName'] });
      for (const user of listed(reply)) {
        const isRight = at(user, 'displayName') !== undefined && at(user, 'userName') !== undefined;
        check(isRight, 'displayName or userName is not shown', reply);
        check(at(user, 'nickName') === undefined, 'nickName is shown', reply);
      }
    },
  },
  {
    id: '7644-3.4.3-03',
    level: 'MUST',
    title: 'excludedAttributes is an array',
    paragraph:
      'excludedAttributes: A multi-valued list of strings indicating the names of resource attributes to be removed from the default set of attributes to return.',
    writes: ['User:nickName'],
    test: async (t) => {
      const { among } = await people(t);
      const reply = await ask(t, t.server.users, { filter: among, excludedAttributes: ['nickName'] });
      for (const user of listed(reply)) {
        check(at(user, 'nickName') === undefined, 'nickName is shown', reply);
        check(at(user, 'userName') !== undefined, 'userName is not shown', reply);
      }
    },
  },
  {
    id: '7644-3.4.3-04',
    level: 'MUST',
    title: 'Sorting',
    paragraph:
      'sortBy: A string indicating the attribute whose value SHALL be used to order the returned responses.',
    needs: ['filter', 'sort'],
    test: async (t) => {
      const all = await people(t);
      const reply = await ask(t, t.server.users, {
        filter: all.among,
        sortBy: 'userName',
        sortOrder: 'descending',
      });
      same(namesIn(all, listed(reply)), ['dora', 'carla', 'bert', 'anna'], 'the order', reply);
    },
  },
  {
    id: '7644-3.4.3-05',
    level: 'MUST',
    title: 'Paging by integers',
    paragraph:
      'startIndex: An integer indicating the 1-based index of the first query result. count: An integer indicating the desired maximum number of query results per page.',
    needs: ['filter', 'pagination.index'],
    test: async (t) => {
      const { among } = await people(t);
      const reply = await ask(t, t.server.users, { filter: among, startIndex: 3, count: 1 });
      check(listed(reply).length <= 1, `${listed(reply).length} are listed`, reply);
      same(at(reply.body, 'startIndex'), 3, '"startIndex"', reply);
      same(at(reply.body, 'totalResults'), 4, '"totalResults"', reply);
    },
  },
  {
    id: '7644-3.4.3-06',
    level: 'MUST',
    title: 'A count of 0 and a negative one count only',
    paragraph:
      'A negative value SHALL be interpreted as "0". A value of "0" indicates that no resource results are to be returned except for "totalResults". (section 3.4.2.4)',
    needs: ['filter', 'pagination.index'],
    test: async (t) => {
      const { among } = await people(t);
      for (const count of [0, -1]) {
        const reply = await ask(t, t.server.users, { filter: among, count });
        same(listed(reply), [], 'Resources', reply);
        same(at(reply.body, 'totalResults'), 4, '"totalResults"', reply);
      }
    },
  },
  {
    id: '7644-3.4.3-07',
    level: 'MUST',
    title: 'Nothing found is 200 with totalResults 0',
    paragraph: 'After receiving an HTTP POST request, a response is returned as specified in Section 3.4.2.',
    test: async (t) => {
      const reply = await ask(t, t.server.users, { filter: `userName eq "${t.unique()}"` });
      same(listed(reply), [], 'Resources', reply);
      same(at(reply.body, 'totalResults'), 0, '"totalResults"', reply);
    },
  },
  {
    id: '7644-3.4.3-08',
    level: 'MUST',
    title: 'A malformed filter is refused',
    paragraph: 'The filter string MUST be a valid filter (Section 3.4.2.2) expression.',
    test: async (t) => {
      expectError(await ask(t, t.server.users, { filter: 'userName eq' }), 400, 'invalidFilter');
    },
  },
  {
    id: '7644-3.4.3-09',
    level: 'MUST',
    title: 'A body that is no JSON object is refused',
    paragraph:
      'invalidSyntax: The request body message structure was invalid or did not conform to the request schema. POST (Search - Section 3.4.3) (section 3.12)',
    test: async (t) => {
      await ask(t, t.server.users, { count: 0 });
      for (const raw of ['{"filter":', '[]', '"x"']) {
        const headers = { 'Content-Type': 'application/scim+json' };
        expectError(
          await t.send('POST', `${t.server.users}/.search`, { raw, headers }),
          400,
          'invalidSyntax',
          'invalidValue',
        );
      }
    },
  },
  {
    id: '7644-3.4.3-10',
    level: 'MUST',
    title: 'Groups can be queried by POST',
    paragraph:
      'a SCIM client sends an HTTP POST request to the desired SCIM resource endpoint (ending in "/.search").',
    needs: ['filter', 'Group'],
    test: async (t) => {
      const group = await t.group();
      const filter = `displayName eq "${String(at(group.body, 'displayName'))}"`;
      const reply = await ask(t, t.server.groups, { filter });
      same(valuesOf(listed(reply), 'id'), [group.id], 'found', reply);
    },
  },
];

const ROOT: readonly Requirement[] = [
  {
    id: '7644-3.4.3-11',
    level: 'MUST',
    title: 'A POST to /.search at the root finds resources of all types',
    paragraph:
      'A query against a server root indicates that all resources within the server SHALL be included, subject to filtering. (section 3.4.2.1)',
    writes: ['User:displayName'],
    test: async (t) => {
      const displayName = t.unique();
      const user = await t.user({ displayName });
      const group = await t.group({ displayName });
      const reply = await askRoot(t, { filter: `displayName eq "${displayName}"` });
      sameSet(valuesOf(listed(reply), 'id'), [user.id, group.id], 'found', reply);
      same(at(reply.body, 'totalResults'), 2, '"totalResults"', reply);
    },
  },
  {
    id: '7644-3.4.3-12',
    level: 'MUST',
    title: 'An attribute that a type does not have has no value there',
    paragraph:
      'For filtered attributes that are not part of a particular resource type, the service provider SHALL treat the attribute as if there is no attribute value. For example, a presence or equality filter for an undefined attribute evaluates to false. (section 3.4.2.1)',
    writes: ['User:displayName'],
    test: async (t) => {
      const displayName = t.unique();
      const user = await t.user({ displayName });
      const group = await t.group({ displayName });
      const present = await askRoot(t, { filter: `userName pr and displayName eq "${displayName}"` });
      same(valuesOf(listed(present), 'id'), [user.id], 'found by userName pr', present);
      const absent = await askRoot(t, { filter: `not (userName pr) and displayName eq "${displayName}"` });
      same(valuesOf(listed(absent), 'id'), [group.id], 'found by not (userName pr)', absent);
    },
  },
  {
    id: '7644-3.4.3-13',
    level: 'MUST',
    title: 'The root can be restricted to a type',
    paragraph:
      'A filter expression using "meta.resourceType" MAY be used to restrict results to one or more specific resource types. (section 3.4.2.1)',
    writes: ['User:displayName'],
    test: async (t) => {
      const displayName = t.unique();
      await t.user({ displayName });
      const group = await t.group({ displayName });
      const filter = `meta.resourceType eq "Group" and displayName eq "${displayName}"`;
      const reply = await askRoot(t, { filter });
      same(valuesOf(listed(reply), 'id'), [group.id], 'found', reply);
    },
  },
  {
    id: '7644-3.4.3-14',
    level: 'MUST',
    title: 'The root pages over all types',
    paragraph: 'After receiving an HTTP POST request, a response is returned as specified in Section 3.4.2.',
    needs: ['filter', 'Group', 'pagination.index'],
    writes: ['User:displayName'],
    test: async (t) => {
      const displayName = t.unique();
      const made = [
        await t.user({ displayName }),
        await t.user({ displayName }),
        await t.group({ displayName }),
      ];
      const ids: unknown[] = [];
      for (const startIndex of [1, 2, 3]) {
        const filter = `displayName eq "${displayName}"`;
        const reply = await askRoot(t, { filter, startIndex, count: 1, attributes: ['displayName'] });
        same(at(expectStatus(reply, 200).body, 'totalResults'), 3, '"totalResults"', reply);
        ids.push(...valuesOf(listed(reply), 'id'));
      }
      sameSet(
        ids,
        made.map(({ id }) => id),
        'found on three pages',
      );
    },
  },
];

/** RFC 7644 section 3.4.3. */
export const searches: readonly Requirement[] = [
  ...ONE_TYPE.map((requirement): Requirement => ({ needs: ['filter'], ...requirement })),
  ...ROOT.map((requirement): Requirement => ({ needs: ['filter', 'Group'], ...requirement })),
];
