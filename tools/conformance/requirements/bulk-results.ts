import { bulk, codeOf, needingBulk, pathOfResult } from '../bulking.ts';
import { check, ERROR_SCHEMA, same } from '../check.ts';
import type { Requirement } from '../requirement.ts';
import { at, isObject, items, shown, textAt } from '../values.ts';

/** RFC 7644 section 3.7.3. */
export const bulkResults: readonly Requirement[] = needingBulk([
  {
    id: '7644-3.7.3-01',
    level: 'MUST',
    title: 'The result of every processed operation is told',
    paragraph: 'The service provider response MUST include the result of all processed operations.',
    test: async (t) => {
      const operations = Array.from({ length: 12 }, (_, index) => ({
        method: 'POST',
        path: t.server.users,
        bulkId: `user-${index}`,
        data: t.userBody(),
      }));
      const results = await bulk(t, operations);
      same(
        results.map((result) => at(result, 'bulkId')).toSorted(),
        operations.map(({ bulkId }) => bulkId).toSorted(),
        'the bulkIds',
      );
    },
  },
  {
    id: '7644-3.7.3-02',
    level: 'MUST',
    title: 'Every result but that of a failed POST has a location',
    paragraph:
      'A "location" attribute that includes the resource\'s endpoint MUST be returned for all operations except for failed POST operations (which have no location).',
    test: async (t) => {
      const [user, other] = [await t.user(), await t.user()];
      const missing = `${t.server.users}/${t.unique()}`;
      const results = await bulk(t, [
        { method: 'PUT', path: user.path, data: t.userBody() },
        { method: 'PUT', path: missing, data: t.userBody() },
        { method: 'DELETE', path: user.path },
        {
          method: 'POST',
          path: t.server.users,
          bulkId: 'a',
          data: t.userBody({ userName: at(other.body, 'userName') }),
        },
      ]);
      for (const result of results.slice(0, 3)) pathOfResult(result);
      check(
        !isObject(at(results[3], 'location')) && (textAt(results[3], 'location') ?? '') === '',
        'a failed POST has a location',
      );
    },
  },
  {
    id: '7644-3.7.3-03',
    level: 'SHOULD',
    title: 'The status of each operation is a text',
    paragraph: '"status": "201"',
    test: async (t) => {
      const results = await bulk(t, [
        { method: 'POST', path: t.server.users, bulkId: 'a', data: t.userBody() },
        { method: 'DELETE', path: `${t.server.users}/${t.unique()}` },
      ]);
      same(
        results.map((result) => at(result, 'status')),
        ['201', '404'],
        '"status"',
      );
    },
  },
  {
    id: '7644-3.7.3-04',
    level: 'MUST',
    title: 'An error is told as a SCIM Error in "response"',
    paragraph:
      'When indicating a response with an HTTP status other than a 200-series response, the response body MUST be included. When indicating an error, the "response" attribute MUST contain the detail error response as per Section 3.12. (section 3.7)',
    test: async (t) => {
      const taken = (await t.user()).body;
      const results = await bulk(t, [
        { method: 'DELETE', path: `${t.server.users}/${t.unique()}` },
        {
          method: 'POST',
          path: t.server.users,
          bulkId: 'a',
          data: t.userBody({ userName: at(taken, 'userName') }),
        },
      ]);
      for (const result of results) {
        const response = at(result, 'response');
        check(
          items(at(response, 'schemas')).includes(ERROR_SCHEMA),
          `"response" is no SCIM Error: ${shown(response)}`,
        );
        same(at(response, 'status'), codeOf(result), '"status" of the error');
      }
    },
  },
]);
