import {
  bulk,
  type BulkOperation,
  codeOf,
  expectCode,
  idOfResult,
  needingBulk,
  pathOfResult,
  sendBulk,
} from '../bulking.ts';
import { check, expectStatus, same, skip } from '../check.ts';
import type { Requirement } from '../requirement.ts';
import { ENTERPRISE } from '../server.ts';
import { at, numberAt, valuesOf } from '../values.ts';

const CIRCULAR =
  'The service provider MUST try to resolve circular cross-references between resources in a single bulk job but MAY stop after a failed attempt and instead return HTTP status code 409 (Conflict).';
const REPLACED =
  'The service provider MUST replace the string "bulkId:qwerty" with the permanent resource id once created.';
const LIMITS =
  'If either limit is exceeded, the service provider MUST return HTTP response code 413 (Payload Too Large). The returned response MUST specify the limit exceeded in the body of the error response.';

// Beyond these it would be the network that is tested.
const MOST_OPERATIONS = 20_000;
const MOST_BYTES = 32 * 1024 * 1024;

/** RFC 7644 sections 3.7.1, 3.7.2 and 3.7.4. */
export const bulkReferences: readonly Requirement[] = needingBulk([
  {
    id: '7644-3.7.2-01',
    level: 'MUST',
    title: 'A new User becomes a member of a new Group',
    paragraph: REPLACED,
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const members = [{ type: 'User', value: 'bulkId:qwerty' }];
      const results = await bulk(t, [
        { method: 'POST', path: t.server.users, bulkId: 'qwerty', data: t.userBody() },
        { method: 'POST', path: t.server.groups, bulkId: 'ytrewq', data: t.groupBody({ members }) },
      ]);
      same(results.map(codeOf), ['201', '201'], 'the codes');
      const group = expectStatus(await t.get(pathOfResult(results[1])), 200);
      same(valuesOf(at(group.body, 'members'), 'value'), [idOfResult(results[0])], 'members.value', group);
    },
  },
  {
    id: '7644-3.7.2-02',
    level: 'MUST',
    title: 'References in extensions are replaced too',
    paragraph:
      'Extensions that include references to other resources MUST be handled in the same way by the service provider.',
    writes: ['Enterprise:manager.value'],
    test: async (t) => {
      const data = t.userBody({
        [ENTERPRISE]: { employeeNumber: '11250', manager: { value: 'bulkId:qwerty' } },
      });
      const results = await bulk(t, [
        { method: 'POST', path: t.server.users, bulkId: 'qwerty', data: t.userBody() },
        { method: 'POST', path: t.server.users, bulkId: 'ytrewq', data },
      ]);
      same(results.map(codeOf), ['201', '201'], 'the codes');
      const bob = expectStatus(await t.get(pathOfResult(results[1])), 200);
      same(at(bob.body, ENTERPRISE, 'manager', 'value'), idOfResult(results[0]), 'manager.value', bob);
    },
  },
  {
    id: '7644-3.7.2-03',
    level: 'MUST',
    title: 'A new User is added to a Group by PATCH',
    paragraph: REPLACED,
    needs: ['Group', 'patch'],
    writes: ['Group:members'],
    test: async (t) => {
      const group = await t.group();
      const operation = { op: 'add', path: 'members', value: [{ value: 'bulkId:qwerty' }] };
      const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];
      const results = await bulk(t, [
        { method: 'POST', path: t.server.users, bulkId: 'qwerty', data: t.userBody() },
        { method: 'PATCH', path: group.path, data: { schemas, Operations: [operation] } },
      ]);
      expectCode(results[1], '200', '204');
      same(valuesOf(at(await t.read(group), 'members'), 'value'), [idOfResult(results[0])], 'members.value');
    },
  },
  {
    id: '7644-3.7.2-04',
    level: 'MUST',
    title: 'A reference to what is nowhere in the request is an error',
    paragraph:
      'The bulkId serves as a surrogate resource id enabling clients to … cross-reference new resources in and across operations within a bulk request. (section 3.7)',
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const members = [{ value: 'bulkId:nowhere' }];
      const [result] = await bulk(t, [
        { method: 'POST', path: t.server.groups, bulkId: 'a', data: t.groupBody({ members }) },
      ]);
      check(/^4\d\d$/.test(codeOf(result)), `expected an error, found ${codeOf(result)}`);
    },
  },
  {
    id: '7644-3.7.1-01',
    level: 'MUST',
    title: 'A reference to what comes later is resolved, or a conflict',
    paragraph: CIRCULAR,
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const members = [{ type: 'User', value: 'bulkId:later' }];
      const results = await bulk(t, [
        { method: 'POST', path: t.server.groups, bulkId: 'first', data: t.groupBody({ members }) },
        { method: 'POST', path: t.server.users, bulkId: 'later', data: t.userBody() },
      ]);
      if (codeOf(results[0]) === '409') {
        t.note('A reference to what comes later in the request is answered with 409.');
        return;
      }
      same(results.map(codeOf), ['201', '201'], 'the codes');
      const group = await t.get(pathOfResult(results[0]));
      same(valuesOf(at(group.body, 'members'), 'value'), [idOfResult(results[1])], 'members.value', group);
    },
  },
  {
    id: '7644-3.7.1-02',
    level: 'MUST',
    title: 'Two resources that refer to each other are both made, or a conflict',
    paragraph: CIRCULAR,
    writes: ['Enterprise:manager.value'],
    test: async (t) => {
      const managed = (bulkId: string) =>
        t.userBody({ [ENTERPRISE]: { manager: { value: `bulkId:${bulkId}` } } });
      const reply = await sendBulk(t, [
        { method: 'POST', path: t.server.users, bulkId: 'one', data: managed('two') },
        { method: 'POST', path: t.server.users, bulkId: 'two', data: managed('one') },
      ]);
      const results = (at(reply.body, 'Operations') ?? []) as readonly unknown[];
      if (reply.status === 409 || results.some((result) => codeOf(result) === '409')) {
        t.note('Circular references are answered with 409.');
        return;
      }
      same(results.map(codeOf), ['201', '201'], 'the codes', reply);
      for (const [index, other] of [
        [0, 1],
        [1, 0],
      ] as const) {
        const user = await t.get(pathOfResult(results[index]));
        same(
          at(user.body, ENTERPRISE, 'manager', 'value'),
          idOfResult(results[other]),
          'manager.value',
          user,
        );
      }
    },
  },
  {
    id: '7644-3.7.2-05',
    level: 'MAY',
    title: 'What was made can be named in the path of a later operation',
    paragraph:
      'The bulkId serves as a surrogate resource id enabling clients to … cross-reference new resources in and across operations within a bulk request. (section 3.7)',
    test: async (t) => {
      const data = t.userBody();
      const results = await bulk(t, [
        { method: 'POST', path: t.server.users, bulkId: 'qwerty', data: t.userBody() },
        { method: 'PUT', path: `${t.server.users}/bulkId:qwerty`, data },
      ]);
      expectCode(results[1], '200');
      const user = await t.get(pathOfResult(results[0]));
      same(at(user.body, 'userName'), data['userName'], 'userName', user);
    },
  },
  {
    id: '7644-3.7.4-01',
    level: 'MUST',
    title: 'Too many operations are 413, which names the limit',
    paragraph: LIMITS,
    test: async (t) => {
      const most = numberAt(t.server.config, 'bulk', 'maxOperations') ?? 0;
      if (most < 1 || most > MOST_OPERATIONS) skip(`maxOperations is ${most}, which is not tried`);
      const path = `${t.server.users}/0`;
      const operations = Array.from({ length: most + 1 }, (): BulkOperation => ({ method: 'DELETE', path }));
      const reply = expectStatus(await sendBulk(t, operations), 413);
      check(tells(reply.text, most, 'maxOperations'), 'the body does not name the limit', reply);
    },
  },
  {
    id: '7644-3.7.4-02',
    level: 'MUST',
    title: 'Too large a request is 413, which names the limit',
    paragraph: LIMITS,
    test: async (t) => {
      const most = numberAt(t.server.config, 'bulk', 'maxPayloadSize') ?? 0;
      if (most < 1 || most > MOST_BYTES) skip(`maxPayloadSize is ${most}, which is not tried`);
      const data = t.userBody({ displayName: 'x'.repeat(most) });
      const reply = await sendBulk(t, [{ method: 'POST', path: t.server.users, bulkId: 'a', data }]);
      check(
        tells(expectStatus(reply, 413).text, most, 'maxPayloadSize'),
        'the body does not name the limit',
        reply,
      );
    },
  },
]);

/** Whether a text has the limit in it, by its number (with or without separators) or by its name. */
function tells(text: string, limit: number, name: string): boolean {
  const digits = text.replaceAll(/(?<=\d)[,._ '’](?=\d{3})/g, '');
  return digits.includes(String(limit)) || text.includes(name);
}
