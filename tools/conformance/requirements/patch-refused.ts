import { expectError, expectErrorForm, same } from '../check.ts';
import { needingPatch, refusedPatch, stamp } from '../patching.ts';
import type { Requirement } from '../requirement.ts';
import { PATCH_OP } from '../tester.ts';
import { at, valuesOf } from '../values.ts';

const ATOMIC =
  'A PATCH request, regardless of the number of operations, SHALL be treated as atomic. If a single operation encounters an error condition, the original SCIM resource MUST be restored, and a failure status SHALL be returned.';
const COMPATIBLE =
  "Each operation against an attribute MUST be compatible with the attribute's mutability and schema … An operation that is not compatible … SHALL return the appropriate HTTP response status code and a JSON detail error response.";
function sameNickName(before: unknown, now: unknown): void {
  same(at(now, 'nickName'), at(before, 'nickName'), 'nickName afterwards');
  same(stamp(now), stamp(before), 'lastModified and version afterwards');
}

/** RFC 7644 section 3.5.2, what is refused, and then leaves everything as it was. */
export const patchRefused: readonly Requirement[] = needingPatch([
  {
    id: '7644-3.5.2-05',
    level: 'MUST',
    title: 'One wrong path, and nothing is done',
    paragraph: ATOMIC,
    writes: ['User:nickName'],
    test: async (t) =>
      refusedPatch(
        t,
        await t.user({ nickName: 'Babs' }),
        [
          { op: 'replace', path: 'nickName', value: 'changed' },
          { op: 'replace', path: 'emails[type eq', value: 'x' },
        ],
        (reply) => expectError(reply, 400),
        sameNickName,
      ),
  },
  {
    id: '7644-3.5.2-06',
    level: 'MUST',
    title: 'One operation on what is readOnly, and nothing is done',
    paragraph: ATOMIC,
    writes: ['User:nickName'],
    test: async (t) =>
      refusedPatch(
        t,
        await t.user({ nickName: 'Babs' }),
        [
          { op: 'replace', path: 'nickName', value: 'changed' },
          { op: 'replace', path: 'id', value: 'x' },
        ],
        (reply) => expectError(reply, 400, 'mutability'),
        sameNickName,
      ),
  },
  {
    id: '7644-3.5.2-07',
    level: 'MUST',
    title: 'What is readOnly cannot be changed',
    paragraph: 'a client MUST NOT modify an attribute that has mutability "readOnly" or "immutable".',
    test: async (t) => {
      const user = await t.user();
      for (const path of ['id', 'meta.created', 'meta']) {
        const value = path === 'meta' ? { created: '2001-01-01T00:00:00Z' } : '2001-01-01T00:00:00Z';
        expectError(await t.patch(user.path, [{ op: 'replace', path, value }]), 400, 'mutability');
      }
      same(await t.read(user), user.body, 'the User afterwards');
    },
  },
  {
    id: '7644-3.5.2-08',
    level: 'MUST',
    title: "A User's groups cannot be changed",
    paragraph: COMPATIBLE,
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const group = await t.group();
      const user = await t.user();
      const reply = await t.patch(user.path, [{ op: 'add', path: 'groups', value: [{ value: group.id }] }]);
      expectError(reply, 400, 'mutability', 'invalidPath');
      same(valuesOf(at(await t.read(group), 'members'), 'value'), [], 'members of the Group');
    },
  },
  {
    id: '7644-3.5.2-09',
    level: 'MUST',
    title: 'A path that does not follow the grammar is refused',
    paragraph:
      'PATH = attrPath / valuePath [subAttr] (table 9: invalidPath: The "path" attribute was invalid or malformed)',
    test: async (t) => {
      const user = await t.user();
      for (const path of [
        'emails[type eq "work"',
        'name..givenName',
        '[x]',
        'emails]',
        'nick Name',
        '.userName',
      ]) {
        expectError(
          await t.patch(user.path, [{ op: 'replace', path, value: 'x' }]),
          400,
          'invalidPath',
          'invalidFilter',
          'noTarget',
        );
      }
    },
  },
  {
    id: '7644-3.5.2-10',
    level: 'MUST',
    title: 'A path that no schema has is refused',
    paragraph: COMPATIBLE,
    test: async (t) => {
      const user = await t.user();
      for (const path of [
        'noSuchAttribute',
        'name.noSuchAttribute',
        'urn:example:no:such:schema:attribute',
      ]) {
        const reply = await t.patch(user.path, [{ op: 'add', path, value: 'x' }]);
        expectError(reply, 400, 'invalidPath', 'noTarget', 'invalidValue');
      }
    },
  },
  {
    id: '7644-3.5.2-11',
    level: 'MUST',
    title: 'An operation that does not exist is refused',
    paragraph:
      'Each PATCH operation object MUST have exactly one "op" member, whose value … MAY be one of "add", "remove", or "replace".',
    test: async (t) => {
      const user = await t.user();
      for (const operation of [
        { op: 'move', path: 'nickName', value: 'x' },
        { path: 'nickName', value: 'x' },
      ]) {
        const body = { schemas: [PATCH_OP], Operations: [operation] };
        expectError(await t.send('PATCH', user.path, { body }), 400, 'invalidSyntax', 'invalidValue');
      }
    },
  },
  {
    id: '7644-3.5.2-12',
    level: 'MUST',
    title: 'A body without an array of operations is refused',
    paragraph:
      'The body of an HTTP PATCH request MUST contain the attribute "Operations", whose value is an array of one or more PATCH operations.',
    test: async (t) => {
      const user = await t.user();
      for (const body of [{ schemas: [PATCH_OP] }, { schemas: [PATCH_OP], Operations: 'x' }, []]) {
        expectError(await t.send('PATCH', user.path, { body }), 400, 'invalidSyntax', 'invalidValue');
      }
    },
  },
  {
    id: '7644-3.5.2-13',
    level: 'MUST',
    title: 'A value that does not fit the attribute is refused',
    paragraph: COMPATIBLE,
    writes: ['User:active'],
    test: async (t) => {
      const user = await t.user({ active: true });
      for (const value of ['perhaps', { a: 1 }, [true, false]]) {
        const reply = await t.patch(user.path, [{ op: 'replace', path: 'active', value }]);
        expectError(reply, 400, 'invalidValue', 'invalidSyntax');
      }
      same(at(await t.read(user), 'active'), true, 'active afterwards');
    },
  },
  {
    id: '7644-3.5.2-14',
    level: 'MUST',
    title: 'An error is told as a SCIM Error',
    paragraph:
      'If a request fails, the server SHALL return an HTTP response status code and a JSON detail error response as defined in Section 3.12.',
    test: async (t) => expectErrorForm(await t.patch((await t.user()).path, [{ op: 'remove' }])),
  },
  {
    id: '7644-3.5.2-15',
    level: 'MUST',
    title: 'An unknown resource is 404',
    paragraph: '404 (Not Found): Specified resource (e.g., User) or endpoint does not exist. (section 3.12)',
    test: async (t) => {
      const operation = { op: 'replace', path: 'userName', value: t.unique() };
      expectError(await t.patch(`${t.server.users}/${t.unique()}`, [operation]), 404);
    },
  },
  {
    id: '7644-3.5.2-16',
    level: 'MUST',
    title: "Another User's userName is refused",
    paragraph:
      'uniqueness: One or more of the attribute values are already in use or are reserved. PATCH (Section 3.5.2) (section 3.12)',
    test: async (t) => {
      const other = await t.user();
      const user = await t.user();
      const value = at(other.body, 'userName');
      const reply = await t.patch(user.path, [{ op: 'replace', path: 'userName', value }]);
      expectError(reply, [400, 409], 'uniqueness');
      same(at(await t.read(user), 'userName'), at(user.body, 'userName'), 'userName afterwards');
    },
  },
  {
    id: '7644-3.5.2-19',
    level: 'MUST',
    title: 'A body that is no JSON is refused',
    paragraph:
      '400 (Bad Request): Request is unparsable, syntactically incorrect, or violates schema. (section 3.12)',
    test: async (t) => {
      const user = await t.user();
      const headers = { 'Content-Type': 'application/scim+json' };
      for (const raw of ['{"schemas":', '']) {
        expectError(await t.send('PATCH', user.path, { raw, headers }), 400, 'invalidSyntax', 'invalidValue');
      }
    },
  },
]);
