import { check, expectError, expectKeyword, expectStatus, same, sameSet } from '../check.ts';
import { elementWith, needingPatch, patched, refusedPatch, withEmails } from '../patching.ts';
import type { Requirement } from '../requirement.ts';
import { ENTERPRISE } from '../server.ts';
import { at, items, valuesOf } from '../values.ts';

const NO_MATCH =
  'If the target location is a multi-valued attribute for which a value selection filter ("valuePath") has been supplied and no record match was made, the service provider SHALL indicate failure by returning HTTP status code 400 and a "scimType" error code of "noTarget".';

/** RFC 7644 section 3.5.2.3. */
export const patchReplace: readonly Requirement[] = needingPatch([
  {
    id: '7644-3.5.2.3-01',
    level: 'MUST',
    title: 'Without a path, the value holds what is replaced, and nothing else changes',
    paragraph:
      'If the "path" parameter is omitted, the target is assumed to be the resource itself. In this case, the "value" attribute SHALL contain a list of one or more attributes that are to be replaced.',
    writes: ['User:nickName', 'User:title', 'User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const { user } = await withEmails(t, { nickName: 'Barb', title: 'Guide' });
      const email = { value: `${t.unique()}@example.com`, type: 'work' };
      const now = await patched(t, user, { op: 'replace', value: { emails: [email], nickname: 'Babs' } });
      same(at(now, 'nickName'), 'Babs', 'nickName');
      same(valuesOf(at(now, 'emails'), 'value'), [email.value], 'emails.value');
      same(at(now, 'title'), 'Guide', 'title, which was not named');
    },
  },
  {
    id: '7644-3.5.2.3-02',
    level: 'MUST',
    title: 'A single value is replaced',
    paragraph: 'If the target location is a single-value attribute, the attributes value is replaced.',
    writes: ['User:nickName'],
    test: async (t) => {
      const user = await t.user({ nickName: 'Barb' });
      same(
        at(await patched(t, user, { op: 'replace', path: 'nickName', value: 'Babs' }), 'nickName'),
        'Babs',
        'nickName',
      );
    },
  },
  {
    id: '7644-3.5.2.3-03',
    level: 'MUST',
    title: 'userName is replaced, and the User is found by it',
    paragraph: 'If the target location is a single-value attribute, the attributes value is replaced.',
    needs: ['filter'],
    test: async (t) => {
      const user = await t.user();
      const userName = `${t.unique()}@example.com`;
      same(
        at(await patched(t, user, { op: 'replace', path: 'userName', value: userName }), 'userName'),
        userName,
        'userName',
      );
      const reply = await t.get(t.server.users, { filter: `userName eq "${userName}"` });
      same(valuesOf(at(reply.body, 'Resources'), 'id'), [user.id], 'found by the new name', reply);
    },
  },
  {
    id: '7644-3.5.2.3-04',
    level: 'MUST',
    title: 'A boolean is replaced, both ways',
    paragraph: 'If the target location is a single-value attribute, the attributes value is replaced.',
    writes: ['User:active'],
    test: async (t) => {
      const user = await t.user({ active: true });
      for (const value of [false, true]) {
        same(at(await patched(t, user, { op: 'replace', path: 'active', value }), 'active'), value, 'active');
      }
      same(
        at(await patched(t, user, { op: 'replace', value: { active: false } }), 'active'),
        false,
        'active, without a path',
      );
    },
  },
  {
    id: '7644-3.5.2.3-05',
    level: 'MUST',
    title: 'All values of a multi-valued attribute are replaced',
    paragraph:
      'If the target location is a multi-valued attribute and no filter is specified, the attribute and all values are replaced.',
    writes: ['User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const { user } = await withEmails(t);
      const value = `${t.unique()}@example.net`;
      const now = await patched(t, user, {
        op: 'replace',
        path: 'emails',
        value: [{ value, type: 'other' }],
      });
      same(valuesOf(at(now, 'emails'), 'value'), [value], 'emails.value');
    },
  },
  {
    id: '7644-3.5.2.3-06',
    level: 'MUST',
    title: 'An attribute without a value gets one',
    paragraph:
      'If the target location path specifies an attribute that does not exist, the service provider SHALL treat the operation as an "add".',
    writes: ['User:nickName', 'User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const email = { value: `${t.unique()}@example.com`, type: 'work' };
      const now = await patched(
        t,
        await t.user(),
        { op: 'replace', path: 'nickName', value: 'Babs' },
        { op: 'replace', path: 'emails', value: [email] },
      );
      same(at(now, 'nickName'), 'Babs', 'nickName');
      same(valuesOf(at(now, 'emails'), 'value'), [email.value], 'emails.value');
    },
  },
  {
    id: '7644-3.5.2.3-07',
    level: 'MUST',
    title: 'Sub-attributes of a complex attribute that are not named stay',
    paragraph:
      'If the target location specifies a complex attribute, a set of sub-attributes SHALL be specified in the "value" parameter, which replaces any existing values or adds where an attribute did not previously exist. Sub-attributes that are not specified in the "value" parameter are left unchanged.',
    writes: ['User:name.givenName', 'User:name.familyName', 'User:name.middleName'],
    test: async (t) => {
      const user = await t.user({ name: { givenName: 'Barbara', familyName: 'Jensen' } });
      const value = { givenName: 'Babs', middleName: 'Jane' };
      const now = at(await patched(t, user, { op: 'replace', path: 'name', value }), 'name');
      same(at(now, 'givenName'), 'Babs', 'name.givenName');
      same(at(now, 'middleName'), 'Jane', 'name.middleName');
      same(at(now, 'familyName'), 'Jensen', 'name.familyName');
    },
  },
  {
    id: '7644-3.5.2.3-08',
    level: 'MUST',
    title: 'All values that a filter selects are replaced; the others stay',
    paragraph:
      'If the target location is a multi-valued attribute and a value selection ("valuePath") filter is specified that matches one or more values of the multi-valued attribute, then all matching record values SHALL be replaced.',
    writes: ['User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const [first, second, work, value] = Array.from({ length: 4 }, () => `${t.unique()}@example.com`);
      const emails = [
        { value: first, type: 'home' },
        { value: second, type: 'home' },
        { value: work, type: 'work' },
      ];
      const operation = { op: 'replace', path: 'emails[type eq "home"]', value: { value, type: 'home' } };
      const now = at(await patched(t, await t.user({ emails }), operation), 'emails');
      // What were two may be shown as one: the same (type, value) should not be returned twice (RFC 7643 section 2.4).
      sameSet([...new Set(valuesOf(now, 'value'))], [work, value], 'emails.value');
    },
  },
  {
    id: '7644-3.5.2.3-09',
    level: 'MUST',
    title: 'A sub-attribute of all values that a filter selects is replaced',
    paragraph:
      'If the target location is a complex multi-valued attribute with a value selection filter ("valuePath") and a specific sub-attribute …, the matching sub-attribute of all matching records is replaced.',
    writes: ['User:emails.value', 'User:emails.type', 'User:emails.display'],
    test: async (t) => {
      const [first = '', second = '', work = ''] = Array.from(
        { length: 3 },
        () => `${t.unique()}@example.com`,
      );
      const emails = [
        { value: first, type: 'home', display: 'one' },
        { value: second, type: 'home', display: 'two' },
        { value: work, type: 'work', display: 'three' },
      ];
      const operation = { op: 'replace', path: 'emails[type eq "home"].display', value: 'new' };
      const now = at(await patched(t, await t.user({ emails }), operation), 'emails');
      for (const [value, display] of [
        [first, 'new'],
        [second, 'new'],
        [work, 'three'],
      ] as const) {
        same(at(elementWith(now, value), 'display'), display, `display of ${value}`);
      }
    },
  },
  {
    id: '7644-3.5.2.3-10',
    level: 'MUST',
    title: 'The value itself, where a filter selects it, as in the RFC’s example of addresses',
    paragraph: '"path":"addresses[type eq \\"work\\"].streetAddress", "value":"1010 Broadway Ave"',
    writes: ['User:addresses.streetAddress', 'User:addresses.locality', 'User:addresses.type'],
    test: async (t) => {
      const addresses = [
        { type: 'work', streetAddress: '100 Universal City Plaza', locality: 'Hollywood' },
        { type: 'home', streetAddress: '456 Hollywood Blvd', locality: 'Hollywood' },
      ];
      const path = 'addresses[type eq "work"].streetAddress';
      const now = at(
        await patched(t, await t.user({ addresses }), { op: 'replace', path, value: '1010 Broadway Ave' }),
        'addresses',
      );
      const of = (type: string) => items(now).find((address) => at(address, 'type') === type);
      same(at(of('work'), 'streetAddress'), '1010 Broadway Ave', 'streetAddress of the work address');
      same(at(of('work'), 'locality'), 'Hollywood', 'locality of the work address');
      same(at(of('home'), 'streetAddress'), '456 Hollywood Blvd', 'streetAddress of the home address');
    },
  },
  {
    id: '7644-3.5.2.3-11',
    level: 'MUST',
    title: 'A filter that selects nothing is noTarget',
    paragraph: NO_MATCH,
    writes: ['User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const { user } = await withEmails(t);
      const path = `emails[type eq "work" and value co "${t.unique()}"].display`;
      const expected = (reply: Parameters<typeof expectKeyword>[0]) => expectKeyword(reply, 400, 'noTarget');
      await refusedPatch(t, user, [{ op: 'replace', path, value: 'x' }], expected, (before, now) =>
        same(now, before, 'the User afterwards'),
      );
    },
  },
  {
    id: '7644-3.5.2.3-12',
    level: 'MUST',
    title: 'A filter with eq that selects nothing is noTarget, or says what is made',
    paragraph: NO_MATCH,
    writes: ['User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const user = await t.user();
      const value = `${t.unique()}@example.com`;
      const reply = await t.patch(user.path, [
        { op: 'replace', path: 'emails[type eq "work"].value', value },
      ]);
      if (reply.status === 400) {
        expectError(reply, 400, 'noTarget');
        return;
      }
      // Not what the RFC says, but what Microsoft Entra ID counts on; the report says so.
      expectStatus(reply, 200, 204);
      const email = elementWith(at(await t.read(user), 'emails'), value);
      check(at(email, 'type') === 'work', 'it was taken, and no email of type work was made', reply);
      t.note(
        'It makes the value that the filter describes, as Microsoft Entra ID expects; the RFC says noTarget.',
      );
    },
  },
  {
    id: '7644-3.5.2.3-15',
    level: 'MUST',
    title: 'An attribute of an extension is replaced by its URI; the others stay',
    paragraph:
      'The attribute notation rules described in Section 3.10 apply for describing attribute paths. (section 3.5.2)',
    writes: ['Enterprise:employeeNumber', 'Enterprise:department'],
    test: async (t) => {
      const user = await t.user({ [ENTERPRISE]: { employeeNumber: '1', department: 'Tours' } });
      const now = await patched(t, user, { op: 'replace', path: `${ENTERPRISE}:employeeNumber`, value: '2' });
      same(at(now, ENTERPRISE, 'employeeNumber'), '2', 'employeeNumber');
      same(at(now, ENTERPRISE, 'department'), 'Tours', 'department');
    },
  },
]);
