import { check, same, skip } from '../check.ts';
import { people, search } from '../people.ts';
import type { Requirement } from '../requirement.ts';
import { at, isUnassigned, numberAt, shown } from '../values.ts';

/** RFC 9865 section 4. */
export const cursorConfig: readonly Requirement[] = [
  {
    id: '9865-4-01',
    level: 'MUST',
    title: '"pagination" says whether cursors and indexes are supported',
    paragraph:
      'cursor: A Boolean value specifying support of cursor-based pagination. REQUIRED. index: A Boolean value specifying support of index-based pagination. REQUIRED.',
    test: (t) => {
      const pagination =
        at(t.server.config, 'pagination') ??
        skip('ServiceProviderConfig has no "pagination", which is OPTIONAL');
      for (const name of ['cursor', 'index']) {
        const value = at(pagination, name);
        check(typeof value === 'boolean', `"pagination.${name}" is ${shown(value)}`, t.server.replies.config);
      }
    },
  },
  {
    id: '9865-4-02',
    level: 'MUST',
    title: 'The default method and the limits are of their types',
    paragraph:
      'defaultPaginationMethod: … Possible values are "cursor" and "index". defaultPageSize, maxPageSize, cursorTimeout: Positive integer.',
    test: (t) => {
      const pagination =
        at(t.server.config, 'pagination') ??
        skip('ServiceProviderConfig has no "pagination", which is OPTIONAL');
      const { config: reply } = t.server.replies;
      const method = at(pagination, 'defaultPaginationMethod');
      check(
        isUnassigned(method) || method === 'cursor' || method === 'index',
        `the default is ${shown(method)}`,
        reply,
      );
      for (const name of ['defaultPageSize', 'maxPageSize', 'cursorTimeout']) {
        if (isUnassigned(at(pagination, name))) continue;
        const value = numberAt(pagination, name);
        check(
          Number.isInteger(value) && (value ?? 0) > 0,
          `"pagination.${name}" is ${shown(at(pagination, name))}`,
          reply,
        );
      }
    },
  },
  {
    id: '9865-4-03',
    level: 'SHOULD',
    title: 'Who gives a nextCursor says in ServiceProviderConfig that they support cursors',
    paragraph:
      'A SCIM service provider implementing cursor-based pagination SHOULD include the following additional attribute in JSON document returned by the /ServiceProviderConfig endpoint: pagination.',
    needs: ['filter'],
    test: async (t) => {
      const { among } = await people(t);
      const reply = await search(t, among, { cursor: '', count: 1 });
      if (reply.status !== 200 || isUnassigned(at(reply.body, 'nextCursor')))
        skip('the server gives no nextCursor');
      same(at(t.server.config, 'pagination', 'cursor'), true, '"pagination.cursor"', t.server.replies.config);
    },
  },
];
