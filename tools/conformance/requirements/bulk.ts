import {
  bulk,
  codeOf,
  expectCode,
  idOfResult,
  needingBulk,
  pathOfResult,
  resultsIn,
  sendBulk,
} from '../bulking.ts';
import { expectError, expectStatus, listed, same } from '../check.ts';
import type { Requirement } from '../requirement.ts';
import { at, textAt } from '../values.ts';

const CONTINUE =
  'The service provider MUST continue performing as many changes as possible and disregard partial failures.';

/** RFC 7644 section 3.7. */
export const bulkOperations: readonly Requirement[] = needingBulk([
  {
    id: '7644-3.7-01',
    level: 'MUST',
    title: 'A processed bulk request is 200 with a BulkResponse',
    paragraph: 'If a bulk job is processed successfully, HTTP response code 200 OK MUST be returned.',
    test: async (t) => {
      const reply = await sendBulk(t, [
        { method: 'POST', path: t.server.users, bulkId: 'a', data: t.userBody() },
      ]);
      same(resultsIn(reply).length, 1, 'the number of results', reply);
    },
  },
  {
    id: '7644-3.7-02',
    level: 'MUST',
    title: 'A POST answers its bulkId, 201 and where the resource is',
    paragraph: 'The service provider MUST return the same "bulkId" together with the newly created resource.',
    test: async (t) => {
      const data = t.userBody();
      const [result] = await bulk(t, [{ method: 'POST', path: t.server.users, bulkId: 'qwerty', data }]);
      expectCode(result, '201');
      same(at(result, 'bulkId'), 'qwerty', '"bulkId"');
      same(at(result, 'method'), 'POST', '"method"');
      const made = expectStatus(await t.get(pathOfResult(result)), 200);
      same(at(made.body, 'userName'), data['userName'], 'userName of what was made', made);
    },
  },
  {
    id: '7644-3.7-03',
    level: 'MUST',
    title: 'A PUT replaces',
    paragraph: 'data: The resource data as it would appear for a single SCIM POST, PUT, or PATCH operation.',
    test: async (t) => {
      const user = await t.user();
      const data = t.userBody();
      const [result] = await bulk(t, [{ method: 'PUT', path: user.path, data }]);
      expectCode(result, '200');
      same(idOfResult(result), user.id, '"location"');
      same(at(await t.read(user), 'userName'), data['userName'], 'userName');
    },
  },
  {
    id: '7644-3.7-04',
    level: 'MUST',
    title: 'A PATCH modifies',
    paragraph: 'data: The resource data as it would appear for a single SCIM POST, PUT, or PATCH operation.',
    needs: ['patch'],
    writes: ['User:nickName'],
    test: async (t) => {
      const user = await t.user();
      const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];
      const data = { schemas, Operations: [{ op: 'add', path: 'nickName', value: 'Babs' }] };
      const [result] = await bulk(t, [{ method: 'PATCH', path: user.path, data }]);
      expectCode(result, '200', '204');
      same(idOfResult(result), user.id, '"location"');
      same(at(await t.read(user), 'nickName'), 'Babs', 'nickName');
    },
  },
  {
    id: '7644-3.7-05',
    level: 'MUST',
    title: 'A DELETE deletes',
    paragraph:
      'The body of a bulk operation contains a set of HTTP resource operations using one of the HTTP methods supported by the API, i.e., POST, PUT, PATCH, or DELETE.',
    test: async (t) => {
      const user = await t.user();
      const [result] = await bulk(t, [{ method: 'DELETE', path: user.path }]);
      expectCode(result, '204', '200');
      expectError(await t.get(user.path), 404);
    },
  },
  {
    id: '7644-3.7-06',
    level: 'MUST',
    title: 'What comes after an error is done all the same',
    paragraph: CONTINUE,
    test: async (t) => {
      const missing = `${t.server.users}/${t.unique()}`;
      const taken = (await t.user()).body;
      const results = await bulk(t, [
        { method: 'POST', path: t.server.users, bulkId: 'a', data: t.userBody() },
        { method: 'DELETE', path: missing },
        {
          method: 'POST',
          path: t.server.users,
          bulkId: 'b',
          data: t.userBody({ userName: at(taken, 'userName') }),
        },
        { method: 'POST', path: t.server.users, bulkId: 'c', data: t.userBody() },
      ]);
      same(results.map(codeOf), ['201', '404', '409', '201'], 'the codes');
      for (const index of [0, 3]) expectStatus(await t.get(pathOfResult(results[index])), 200);
    },
  },
  {
    id: '7644-3.7-07',
    level: 'MUST',
    title: 'With failOnErrors what comes after the last allowed error is not done',
    paragraph:
      'The "failOnErrors" attribute defines the number of errors that the service provider should accept before failing the remaining operations returning the response.',
    needs: ['filter'],
    test: async (t) => {
      const missing = { method: 'DELETE', path: `${t.server.users}/${t.unique()}` };
      const data = t.userBody();
      const reply = await sendBulk(
        t,
        [
          { method: 'POST', path: t.server.users, bulkId: 'a', data: t.userBody() },
          missing,
          { method: 'POST', path: t.server.users, bulkId: 'b', data },
        ],
        { failOnErrors: 1 },
      );
      same(resultsIn(reply).slice(0, 2).map(codeOf), ['201', '404'], 'the codes of the first two', reply);
      const filter = `userName eq "${String(data['userName'])}"`;
      const list = await t.get(t.server.users, { filter });
      same(listed(list), [], 'made after the error', list);
    },
  },
  {
    id: '7644-3.7-08',
    level: 'MUST',
    title: 'With failOnErrors 2 one error is no end',
    paragraph:
      'failOnErrors: An integer specifying the number of errors that the service provider will accept before the operation is terminated.',
    test: async (t) => {
      const missing = { method: 'DELETE', path: `${t.server.users}/${t.unique()}` };
      const post = { method: 'POST', path: t.server.users, bulkId: 'a', data: t.userBody() };
      const reply = await sendBulk(t, [missing, post, missing], { failOnErrors: 2 });
      same(resultsIn(reply).map(codeOf), ['404', '201', '404'], 'the codes', reply);
    },
  },
  {
    id: '7644-3.7-09',
    level: 'MUST',
    title: 'Operations have the effect that they have in their order',
    paragraph:
      "the service provider MUST ensure that the client's intent is preserved and the same stateful result is achieved as for non-optimized processing.",
    writes: ['User:nickName'],
    test: async (t) => {
      const user = await t.user();
      const put = (nickName: string) => ({ method: 'PUT', path: user.path, data: t.userBody({ nickName }) });
      await bulk(t, [put('one'), put('two'), put('three')]);
      same(at(await t.read(user), 'nickName'), 'three', 'nickName');
      const results = await bulk(t, [{ method: 'DELETE', path: user.path }, put('four')]);
      expectCode(results[1], '404');
    },
  },
  {
    id: '7644-3.7-10',
    level: 'MUST',
    title: 'A conflict in a bulk request is told as one',
    paragraph: 'status: The HTTP response status code for the requested operation.',
    test: async (t) => {
      const data = t.userBody();
      const post = (bulkId: string) => ({ method: 'POST', path: t.server.users, bulkId, data });
      same((await bulk(t, [post('a'), post('b')])).map(codeOf), ['201', '409'], 'the codes');
    },
  },
  {
    id: '7644-3.7-11',
    level: 'MUST',
    title: 'A version that is not the current one is refused',
    paragraph:
      'version: The current resource version. Version MAY be used if the service provider supports entity-tags (ETags) and "method" is "PUT", "PATCH", or "DELETE".',
    needs: ['etag'],
    test: async (t) => {
      const user = await t.user();
      const stale = textAt(user.body, 'meta', 'version');
      expectStatus(await t.put(user.path, t.userBody()), 200);
      const before = await t.read(user);
      const put = {
        method: 'PUT',
        path: user.path,
        data: t.userBody(),
        ...(stale === undefined ? {} : { version: stale }),
      };
      const [result] = await bulk(t, [put]);
      expectCode(result, '412', '409');
      same(await t.read(user), before, 'the User afterwards');
    },
  },
  {
    id: '7644-3.7-12',
    level: 'MUST',
    title: 'A bulk request that is none is refused',
    paragraph: 'otherwise, an appropriate HTTP error code MUST be returned. (Operations: REQUIRED)',
    test: async (t) => {
      const schemas = ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'];
      for (const body of [{ schemas }, { schemas, Operations: 'x' }, []]) {
        expectError(await t.post('/Bulk', body), 400, 'invalidSyntax', 'invalidValue');
      }
    },
  },
  {
    id: '7644-3.7-13',
    level: 'MUST',
    title: 'An operation on what is no resource is an error of its own',
    paragraph:
      'path: The resource\'s relative path to the SCIM service provider\'s root. If "method" is "POST", the value must specify a resource type endpoint.',
    test: async (t) => {
      const results = await bulk(t, [
        { method: 'POST', path: '/NoSuchThings', bulkId: 'a', data: t.userBody() },
        { method: 'POST', path: t.server.users, bulkId: 'b', data: t.userBody() },
      ]);
      expectCode(results[0], '404', '400', '501');
      expectCode(results[1], '201');
    },
  },
  {
    id: '7644-3.7-14',
    level: 'MUST',
    title: 'failOnErrors is not in the answer',
    paragraph: 'failOnErrors: … OPTIONAL in a request. Not valid in a response.',
    test: async (t) => {
      const post = { method: 'POST', path: t.server.users, bulkId: 'a', data: t.userBody() };
      const reply = await sendBulk(t, [post], { failOnErrors: 3 });
      resultsIn(reply);
      same(at(reply.body, 'failOnErrors'), undefined, '"failOnErrors"', reply);
    },
  },
]);
