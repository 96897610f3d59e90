import { check, expectError, expectStatus, same, sameSet } from '../check.ts';
import { aSecond, elementWith, needingPatch, patched, stamp, withEmails } from '../patching.ts';
import type { Requirement } from '../requirement.ts';
import { ENTERPRISE } from '../server.ts';
import { PATCH_OP } from '../tester.ts';
import { at, items, valuesOf } from '../values.ts';

const SAME =
  'If the target location already contains the value specified, no changes SHOULD be made to the resource, and a success response SHOULD be returned. Unless other operations change the resource, this operation SHALL NOT change the modify timestamp of the resource.';
const COMPLEX =
  'If the target location specifies a complex attribute, a set of sub-attributes SHALL be specified in the "value" parameter.';

/** RFC 7644 section 3.5.2.1. */
export const patchAdd: readonly Requirement[] = needingPatch([
  {
    id: '7644-3.5.2.1-01',
    level: 'MUST',
    title: 'Without a path, the value holds attributes of the resource',
    paragraph:
      'If omitted, the target location is assumed to be the resource itself. The "value" parameter contains a set of attributes to be added to the resource.',
    writes: ['User:nickName', 'User:title'],
    test: async (t) => {
      const user = await t.user({ title: 'Guide' });
      const now = await patched(t, user, { op: 'add', value: { nickName: 'Babs' } });
      same(at(now, 'nickName'), 'Babs', 'nickName');
      same(at(now, 'title'), 'Guide', 'title, which was not named');
    },
  },
  {
    id: '7644-3.5.2.1-02',
    level: 'MUST',
    title: 'Without a path, values are added to multi-valued attributes',
    paragraph:
      'an additional value is added to the multi-valued attribute "emails". The second attribute, "nickname", is added to the User resource. (example)',
    writes: ['User:nickName', 'User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const { user, work, home } = await withEmails(t);
      const value = `${t.unique()}@example.net`;
      const now = await patched(t, user, {
        op: 'add',
        value: { emails: [{ value, type: 'other' }], nickname: 'Babs' },
      });
      sameSet(valuesOf(at(now, 'emails'), 'value'), [work, home, value], 'emails.value');
      same(at(now, 'nickName'), 'Babs', 'nickName');
    },
  },
  {
    id: '7644-3.5.2.1-03',
    level: 'MUST',
    title: 'An attribute without a value gets one',
    paragraph:
      'If the target location specifies an attribute that does not exist (has no value), the attribute is added with the new value.',
    writes: ['User:nickName'],
    test: async (t) => {
      const now = await patched(t, await t.user(), { op: 'add', path: 'nickName', value: 'Babs' });
      same(at(now, 'nickName'), 'Babs', 'nickName');
    },
  },
  {
    id: '7644-3.5.2.1-04',
    level: 'MUST',
    title: 'A single value is replaced',
    paragraph: 'If the target location specifies a single-valued attribute, the existing value is replaced.',
    writes: ['User:nickName'],
    test: async (t) => {
      const user = await t.user({ nickName: 'Barb' });
      same(
        at(await patched(t, user, { op: 'add', path: 'nickName', value: 'Babs' }), 'nickName'),
        'Babs',
        'nickName',
      );
    },
  },
  {
    id: '7644-3.5.2.1-05',
    level: 'MUST',
    title: 'A sub-attribute by its path; the others stay',
    paragraph:
      'If the target location exists, the value is replaced. If the target location does not exist, the attribute and value are added.',
    writes: ['User:name.givenName', 'User:name.familyName'],
    test: async (t) => {
      const user = await t.user({ name: { familyName: 'Jensen' } });
      const now = await patched(t, user, { op: 'add', path: 'name.givenName', value: 'Barbara' });
      same(at(now, 'name', 'givenName'), 'Barbara', 'name.givenName');
      same(at(now, 'name', 'familyName'), 'Jensen', 'name.familyName');
    },
  },
  {
    id: '7644-3.5.2.1-06',
    level: 'MUST',
    title: 'Sub-attributes are added to a complex attribute; the others stay',
    paragraph: COMPLEX,
    writes: ['User:name.givenName', 'User:name.familyName'],
    test: async (t) => {
      const user = await t.user({ name: { familyName: 'Jensen' } });
      const now = await patched(t, user, { op: 'add', path: 'name', value: { givenName: 'Barbara' } });
      same(at(now, 'name', 'givenName'), 'Barbara', 'name.givenName');
      same(at(now, 'name', 'familyName'), 'Jensen', 'name.familyName');
    },
  },
  {
    id: '7644-3.5.2.1-07',
    level: 'MUST',
    title: 'A value is added to a multi-valued attribute; the others stay',
    paragraph:
      'If the target location specifies a multi-valued attribute, a new value is added to the attribute.',
    writes: ['User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const { user, work, home } = await withEmails(t);
      const value = `${t.unique()}@example.net`;
      const now = await patched(t, user, { op: 'add', path: 'emails', value: [{ value, type: 'other' }] });
      sameSet(valuesOf(at(now, 'emails'), 'value'), [work, home, value], 'emails.value');
    },
  },
  {
    id: '7644-3.5.2.1-08',
    level: 'MUST',
    title: 'Several values may be added at once',
    paragraph:
      'If the target location specifies a multi-valued attribute, a new value is added to the attribute.',
    writes: ['User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const values = [`${t.unique()}@example.com`, `${t.unique()}@example.net`];
      const value = values.map((one, index) => ({ value: one, type: index === 0 ? 'work' : 'home' }));
      const now = await patched(t, await t.user(), { op: 'add', path: 'emails', value });
      sameSet(valuesOf(at(now, 'emails'), 'value'), values, 'emails.value');
    },
  },
  {
    id: '7644-3.5.2.1-09',
    level: 'MUST',
    title: 'A sub-attribute of the values that a filter selects',
    paragraph:
      'The "valuePath" rule allows specific values of a complex multi-valued attribute to be selected. (section 3.5.2)',
    writes: ['User:emails.value', 'User:emails.type', 'User:emails.display'],
    test: async (t) => {
      const { user, work, home } = await withEmails(t);
      const now = at(
        await patched(t, user, { op: 'add', path: 'emails[type eq "work"].display', value: 'Office' }),
        'emails',
      );
      same(at(elementWith(now, work), 'display'), 'Office', 'display of the work email');
      same(at(elementWith(now, home), 'display'), undefined, 'display of the home email');
    },
  },
  {
    id: '7644-3.5.2.1-10',
    level: 'MUST',
    title: 'Adding what is there changes no timestamp: a single value',
    paragraph: SAME,
    writes: ['User:nickName'],
    test: async (t) => {
      const user = await t.user({ nickName: 'Babs' });
      await aSecond();
      const now = await patched(t, user, { op: 'add', path: 'nickName', value: 'Babs' });
      same(stamp(now), stamp(user.body), 'lastModified and version');
    },
  },
  {
    id: '7644-3.5.2.1-11',
    level: 'MUST',
    title: 'Adding what is there changes no timestamp: one of many values',
    paragraph: SAME,
    writes: ['User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const { user, work, home } = await withEmails(t);
      await aSecond();
      const now = await patched(t, user, {
        op: 'add',
        path: 'emails',
        value: [{ value: work, type: 'work' }],
      });
      same(stamp(now), stamp(user.body), 'lastModified and version');
      sameSet(valuesOf(at(now, 'emails'), 'value'), [work, home], 'emails.value');
    },
  },
  {
    id: '7644-3.5.2.1-14',
    level: 'MUST',
    title: 'An add without a value is refused',
    paragraph: 'The operation MUST contain a "value" member whose content specifies the value to be added.',
    writes: ['User:nickName'],
    test: async (t) => {
      const user = await t.user({ nickName: 'Babs' });
      const body = { schemas: [PATCH_OP], Operations: [{ op: 'add', path: 'nickName' }] };
      expectError(await t.send('PATCH', user.path, { body }), 400, 'invalidValue', 'invalidSyntax');
      same(at(await t.read(user), 'nickName'), 'Babs', 'nickName afterwards');
    },
  },
  {
    id: '7644-3.5.2.1-15',
    level: 'MUST',
    title: 'An attribute of an extension, by its URI, adds the extension to "schemas"',
    paragraph:
      'adding the attribute "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber" automatically adds the value "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User" to the resource\'s "schemas" attribute. (section 3.5.2)',
    writes: ['Enterprise:employeeNumber'],
    test: async (t) => {
      const operation = { op: 'add', path: `${ENTERPRISE}:employeeNumber`, value: '701984' };
      const now = await patched(t, await t.user(), operation);
      same(at(now, ENTERPRISE, 'employeeNumber'), '701984', 'employeeNumber');
      check(items(at(now, 'schemas')).includes(ENTERPRISE), `"schemas" lacks ${ENTERPRISE}`);
    },
  },
  {
    id: '7644-3.5.2.1-16',
    level: 'MUST',
    title: 'Without a path, an extension is an object under its URI',
    paragraph: 'the schema extension URI SHALL be used as a JSON container. (RFC 7643 section 3.3)',
    writes: ['Enterprise:employeeNumber', 'Enterprise:department'],
    test: async (t) => {
      const user = await t.user({ [ENTERPRISE]: { department: 'Tours' } });
      const now = await patched(t, user, {
        op: 'add',
        value: { [ENTERPRISE]: { employeeNumber: '701984' } },
      });
      same(at(now, ENTERPRISE, 'employeeNumber'), '701984', 'employeeNumber');
      same(at(now, ENTERPRISE, 'department'), 'Tours', 'department, which was not named');
    },
  },
  {
    id: '7644-3.5.2.1-17',
    level: 'SHOULD',
    title: 'Adding what is there succeeds',
    paragraph: SAME,
    writes: ['User:nickName'],
    test: async (t) => {
      const user = await t.user({ nickName: 'Babs' });
      expectStatus(await t.patch(user.path, [{ op: 'add', path: 'nickName', value: 'Babs' }]), 200, 204);
    },
  },
]);
