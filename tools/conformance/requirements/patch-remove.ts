import { check, expectKeyword, same, sameSet } from '../check.ts';
import { elementWith, needingPatch, patched, refusedPatch, withEmails } from '../patching.ts';
import type { Requirement } from '../requirement.ts';
import { ENTERPRISE } from '../server.ts';
import { at, isUnassigned, shown, valuesOf } from '../values.ts';

const REQUIRED =
  'If an attribute is removed or becomes unassigned and is defined as a required attribute or a read-only attribute, the server SHALL return an HTTP response status code and a JSON detail error response … with a "scimType" error code of "mutability".';
const RECORDS =
  "If the target location is a complex multi-valued attribute and a complex filter is specified based on the attribute's sub-attributes, the matching records are removed.";

function isGone(resource: unknown, ...path: readonly string[]): void {
  const found = at(resource, ...path);
  check(isUnassigned(found), `${path.join('.')} is ${shown(found)}`);
}

function unchanged(before: unknown, now: unknown): void {
  same(now, before, 'the resource afterwards');
}

/** RFC 7644 section 3.5.2.2. */
export const patchRemove: readonly Requirement[] = needingPatch([
  {
    id: '7644-3.5.2.2-01',
    level: 'MUST',
    title: 'A remove without a path is noTarget',
    paragraph:
      'If "path" is unspecified, the operation fails with HTTP status code 400 and a "scimType" error code of "noTarget".',
    test: async (t) =>
      refusedPatch(
        t,
        await t.user(),
        [{ op: 'remove' }],
        (reply) => expectKeyword(reply, 400, 'noTarget'),
        unchanged,
      ),
  },
  {
    id: '7644-3.5.2.2-02',
    level: 'MUST',
    title: 'A single value is removed',
    paragraph:
      'If the target location is a single-value attribute, the attribute and its associated value is removed, and the attribute SHALL be considered unassigned.',
    writes: ['User:nickName', 'User:title'],
    test: async (t) => {
      const user = await t.user({ nickName: 'Babs', title: 'Guide' });
      const now = await patched(t, user, { op: 'remove', path: 'nickName' });
      isGone(now, 'nickName');
      same(at(now, 'title'), 'Guide', 'title, which was not named');
    },
  },
  {
    id: '7644-3.5.2.2-03',
    level: 'MUST',
    title: 'A sub-attribute is removed; the others stay',
    paragraph:
      'If the target location is a single-value attribute, the attribute and its associated value is removed.',
    writes: ['User:name.givenName', 'User:name.familyName'],
    test: async (t) => {
      const user = await t.user({ name: { givenName: 'Barbara', familyName: 'Jensen' } });
      const now = await patched(t, user, { op: 'remove', path: 'name.givenName' });
      isGone(now, 'name', 'givenName');
      same(at(now, 'name', 'familyName'), 'Jensen', 'name.familyName');
    },
  },
  {
    id: '7644-3.5.2.2-04',
    level: 'MUST',
    title: 'A complex attribute is removed',
    paragraph:
      'If the target location is a single-value attribute, the attribute and its associated value is removed, and the attribute SHALL be considered unassigned.',
    writes: ['Enterprise:manager.value'],
    test: async (t) => {
      const user = await t.user({ [ENTERPRISE]: { manager: { value: (await t.user()).id } } });
      isGone(await patched(t, user, { op: 'remove', path: `${ENTERPRISE}:manager` }), ENTERPRISE, 'manager');
    },
  },
  {
    id: '7644-3.5.2.2-05',
    level: 'MUST',
    title: 'All values of a multi-valued attribute are removed',
    paragraph:
      'If the target location is a multi-valued attribute and no filter is specified, the attribute and all values are removed, and the attribute SHALL be considered unassigned.',
    writes: ['User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const { user } = await withEmails(t);
      isGone(await patched(t, user, { op: 'remove', path: 'emails' }), 'emails');
    },
  },
  {
    id: '7644-3.5.2.2-06',
    level: 'MUST',
    title: 'The values that a filter on "value" selects are removed; the others stay',
    paragraph:
      'If the target location is a multi-valued attribute and a complex filter is specified comparing a "value", the values matched by the filter are removed.',
    writes: ['User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const { user, work, home } = await withEmails(t);
      const now = await patched(t, user, { op: 'remove', path: `emails[value eq "${work}"]` });
      same(valuesOf(at(now, 'emails'), 'value'), [home], 'emails.value');
    },
  },
  {
    id: '7644-3.5.2.2-07',
    level: 'MUST',
    title: 'The values that a filter on a sub-attribute selects are removed; the others stay',
    paragraph: RECORDS,
    writes: ['User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const { user, work } = await withEmails(t);
      const now = await patched(t, user, { op: 'remove', path: 'emails[type eq "home"]' });
      same(valuesOf(at(now, 'emails'), 'value'), [work], 'emails.value');
    },
  },
  {
    id: '7644-3.5.2.2-08',
    level: 'MUST',
    title: 'A filter of two conditions, as in the RFC’s example',
    paragraph: '"path":"emails[type eq \\"work\\" and value ew \\"example.com\\"]"',
    writes: ['User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const keep = [`${t.unique()}@example.org`, `${t.unique()}@example.com`] as const;
      const emails = [
        { value: keep[0], type: 'work' },
        { value: keep[1], type: 'home' },
        { value: `${t.unique()}@example.com`, type: 'work' },
      ];
      const path = 'emails[type eq "work" and value ew "example.com"]';
      const now = await patched(t, await t.user({ emails }), { op: 'remove', path });
      sameSet(valuesOf(at(now, 'emails'), 'value'), keep, 'emails.value');
    },
  },
  {
    id: '7644-3.5.2.2-09',
    level: 'MUST',
    title: 'When the last value is removed, the attribute is unassigned',
    paragraph:
      'If no other values remain after removal of the selected values, the multi-valued attribute SHALL be considered unassigned.',
    writes: ['User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const user = await t.user({ emails: [{ value: `${t.unique()}@example.com`, type: 'work' }] });
      isGone(await patched(t, user, { op: 'remove', path: 'emails[type eq "work"]' }), 'emails');
    },
  },
  {
    id: '7644-3.5.2.2-10',
    level: 'MUST',
    title: 'A sub-attribute of the values that a filter selects is removed; the value stays',
    paragraph: 'Sub-attributes whose values have been removed SHALL be considered unassigned.',
    writes: ['User:emails.value', 'User:emails.type', 'User:emails.display'],
    test: async (t) => {
      const value = `${t.unique()}@example.com`;
      const user = await t.user({ emails: [{ value, type: 'work', display: 'Office' }] });
      const now = at(
        await patched(t, user, { op: 'remove', path: 'emails[type eq "work"].display' }),
        'emails',
      );
      check(elementWith(now, value) !== undefined, 'the email is gone');
      isGone(elementWith(now, value), 'display');
    },
  },
  {
    id: '7644-3.5.2.2-11',
    level: 'MUST',
    title: 'A required attribute cannot be removed',
    paragraph: REQUIRED,
    test: async (t) =>
      refusedPatch(
        t,
        await t.user(),
        [{ op: 'remove', path: 'userName' }],
        (reply) => expectKeyword(reply, 400, 'mutability'),
        unchanged,
      ),
  },
  {
    id: '7644-3.5.2.2-12',
    level: 'MUST',
    title: 'A readOnly attribute cannot be removed',
    paragraph: REQUIRED,
    test: async (t) => {
      const user = await t.user();
      for (const path of ['id', 'meta', 'meta.created']) {
        const expected = (reply: Parameters<typeof expectKeyword>[0]) =>
          expectKeyword(reply, 400, 'mutability');
        await refusedPatch(t, user, [{ op: 'remove', path }], expected, unchanged);
      }
    },
  },
  {
    id: '7644-3.5.2.2-17',
    level: 'MUST',
    title: 'An attribute of an extension is removed by its URI',
    paragraph:
      'The attribute notation rules described in Section 3.10 apply for describing attribute paths. (section 3.5.2)',
    writes: ['Enterprise:employeeNumber', 'Enterprise:department'],
    test: async (t) => {
      const user = await t.user({ [ENTERPRISE]: { employeeNumber: '701984', department: 'Tours' } });
      const now = await patched(t, user, { op: 'remove', path: `${ENTERPRISE}:employeeNumber` });
      isGone(now, ENTERPRISE, 'employeeNumber');
      same(at(now, ENTERPRISE, 'department'), 'Tours', 'department');
    },
  },
]);
