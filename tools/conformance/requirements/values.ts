import { check, expectError, expectStatus, same, skip } from '../check.ts';
import type { Requirement } from '../requirement.ts';
import { attributeOf, ENTERPRISE } from '../server.ts';
import { at, isObject, isUnassigned, items, shown, textAt, valuesOf } from '../values.ts';

/** RFC 7643 sections 2.1 to 2.5: names, types, values and their absence. */
export const values: readonly Requirement[] = [
  {
    id: '7643-2.1-02',
    level: 'MUST',
    title: 'Attribute names in a body have no case',
    paragraph: 'Attribute names are case insensitive.',
    writes: ['User:nickName', 'User:title'],
    test: async (t) => {
      const user = await t.user({ NICKNAME: 'Babs', tItLe: 'Tour Guide' });
      const now = await t.read(user);
      same(at(now, 'nickName'), 'Babs', 'nickName, sent as NICKNAME');
      same(at(now, 'title'), 'Tour Guide', 'title, sent as tItLe');
    },
  },
  {
    id: '7643-2.3.1-01',
    level: 'MUST',
    title: 'Texts are Unicode and come back as they went',
    paragraph: 'String: A sequence of zero or more Unicode characters encoded using UTF-8.',
    writes: ['User:nickName'],
    test: async (t) => {
      for (const nickName of [
        'Zoë Çelik',
        '漢字かな',
        'עברית العربية',
        '👩‍🚀 \u{1F469}',
        'a\u0301 & <b> "q" \\ / \t',
      ]) {
        const user = await t.user({ nickName });
        same(at(await t.read(user), 'nickName'), nickName, 'nickName');
      }
    },
  },
  {
    id: '7643-2.3.2-01',
    level: 'MUST',
    title: 'Booleans are JSON booleans',
    paragraph: 'Boolean: The literal "true" or "false".',
    writes: ['User:active'],
    test: async (t) => {
      for (const active of [true, false]) {
        const user = await t.user({ active });
        const found = at(user.body, 'active');
        check(typeof found === 'boolean', `active is ${shown(found)}`, user.reply);
        same(found, active, 'active', user.reply);
      }
    },
  },
  {
    id: '7643-2.3.6-01',
    level: 'MUST',
    title: 'Binary data are base64, and come back as they went',
    paragraph:
      'The attribute value MUST be base64 encoded as specified in Section 4 of [RFC4648]. … In JSON representation, the encoded values are represented as a JSON string.',
    writes: ['User:x509Certificates'],
    test: async (t) => {
      for (const value of ['TWFu', 'TWE=', 'TQ==', '+/+/']) {
        const user = await t.user({ x509Certificates: [{ value }] });
        same(valuesOf(items(at(await t.read(user), 'x509Certificates')), 'value'), [value], 'value');
      }
    },
  },
  {
    id: '7643-2.3.6-02',
    level: 'MUST',
    title: 'What is no base64 does not become binary data',
    paragraph: 'The attribute value MUST be base64 encoded as specified in Section 4 of [RFC4648].',
    writes: ['User:x509Certificates'],
    test: async (t) => {
      const type = at(attributeOf(t.server, 'User:x509Certificates.value'), 'type');
      if (type !== 'binary') skip("x509Certificates.value is not binary in the server's schema");
      const value = 'no base64 \u2603 at all!';
      const reply = await t.post(t.server.users, t.userBody({ x509Certificates: [{ value }] }));
      if (reply.status === 201) check(!reply.text.includes('at all!'), 'it was kept as it is', reply);
      else expectError(reply, [400], 'invalidValue', 'invalidSyntax');
    },
  },
  {
    id: '7643-2.3.7-02',
    level: 'MUST',
    title: 'The $ref of a member leads to the member',
    paragraph:
      'An HTTP client performing a GET operation on a reference URI MUST receive the target resource or an appropriate HTTP response code.',
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const user = await t.user();
      const group = await t.group({ members: [{ value: user.id }] });
      const ref =
        textAt(await t.read(group), 'members', 0, '$ref') ?? skip('members have no $ref, which is OPTIONAL');
      // Relative to the base URL, or absolute; a server behind a proxy may not know the name it is called by.
      const path = `/${ref.split('/').slice(-2).join('/')}`;
      const reply = expectStatus(await t.get(path), 200);
      same(at(reply.body, 'id'), user.id, `"id" at ${ref}`, reply);
    },
  },
  {
    id: '7643-2.3.8-02',
    level: 'MUST',
    title: 'The order of attributes does not matter',
    paragraph:
      'Servers and clients MUST NOT require or expect attributes to be in any specific order when an object is either generated or analyzed.',
    writes: ['User:name.givenName', 'User:name.familyName', 'User:nickName'],
    test: async (t) => {
      const body = t.userBody({ nickName: 'Babs', name: { familyName: 'Jensen', givenName: 'Barbara' } });
      const reply = await t.post(t.server.users, Object.fromEntries(Object.entries(body).toReversed()));
      expectStatus(reply, 201);
      same(at(reply.body, 'nickName'), 'Babs', 'nickName', reply);
      same(at(reply.body, 'name', 'givenName'), 'Barbara', 'name.givenName', reply);
    },
  },
  {
    id: '7643-2.4-01',
    level: 'MUST',
    title: 'No multi-valued attribute shows two primary values',
    paragraph: 'The primary attribute value "true" MUST appear no more than once.',
    writes: ['User:emails.value', 'User:emails.primary'],
    test: async (t) => {
      const emails = ['a', 'b', 'c'].map((name) => ({
        value: `${t.unique()}-${name}@example.com`,
        primary: true,
      }));
      const reply = await t.post(t.server.users, t.userBody({ emails }));
      // Refusing it keeps the rule too.
      if (reply.status === 400) return;
      expectStatus(reply, 201);
      const primaries = valuesOf(at(reply.body, 'emails'), 'primary').filter((primary) => primary === true);
      check(primaries.length <= 1, `${primaries.length} values are primary`, reply);
    },
  },
  {
    id: '7643-2.4-02',
    level: 'SHOULD',
    title: 'The same value with the same type is shown once',
    paragraph: 'SHOULD NOT return the same (type, value) combination more than once per attribute.',
    writes: ['User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const email = { value: `${t.unique()}@example.com`, type: 'work' };
      const reply = await t.post(t.server.users, t.userBody({ emails: [email, { ...email }] }));
      if (reply.status === 400) return;
      same(items(at(reply.body, 'emails')).length, 1, 'the number of emails', reply);
    },
  },
  {
    id: '7643-2.4-03',
    level: 'MUST',
    title: 'Multi-valued attributes are arrays, also of one value',
    paragraph: 'Multi-valued attributes contain a list of elements using the JSON array format.',
    writes: ['User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const value = `${t.unique()}@example.com`;
      const now = await t.read(await t.user({ emails: [{ value, type: 'work' }] }));
      check(Array.isArray(at(now, 'emails')), `emails is ${shown(at(now, 'emails'))}`);
      check(isObject(at(now, 'emails', 0)), 'its element is no object');
      same(at(now, 'emails', 0, 'value'), value, 'emails.value');
    },
  },
  {
    id: '7643-2.5-01',
    level: 'MUST',
    title: 'null and [] in a POST leave an attribute unassigned',
    paragraph:
      'Unassigned attributes, the null value, or an empty array (in the case of a multi-valued attribute) SHALL be considered to be equivalent in "state".',
    writes: ['User:nickName', 'User:emails.value'],
    test: async (t) => {
      const now = await t.read(await t.user({ nickName: null, emails: [] }));
      for (const name of ['nickName', 'emails']) {
        check(isUnassigned(at(now, name)), `${name} is ${shown(at(now, name))}`);
      }
    },
  },
  {
    id: '7643-2.5-02',
    level: 'MUST',
    title: 'A PUT with null clears an attribute',
    paragraph:
      'Assigning an attribute with the value "null" … has the effect of making the attribute "unassigned".',
    writes: ['User:nickName'],
    test: async (t) => {
      const user = await t.user({ nickName: 'Babs' });
      expectStatus(await t.put(user.path, { ...t.userBody(), nickName: null }), 200);
      const now = at(await t.read(user), 'nickName');
      check(isUnassigned(now), `nickName is ${shown(now)}`);
    },
  },
  {
    id: '7643-2.5-03',
    level: 'MUST',
    title: 'A PUT with [] clears a multi-valued attribute',
    paragraph:
      'Assigning an attribute with … an empty array (in the case of multi-valued attributes) has the effect of making the attribute "unassigned".',
    writes: ['User:emails.value'],
    test: async (t) => {
      const user = await t.user({ emails: [{ value: `${t.unique()}@example.com` }] });
      expectStatus(await t.put(user.path, t.userBody({ emails: [] })), 200);
      const now = at(await t.read(user), 'emails');
      check(isUnassigned(now), `emails is ${shown(now)}`);
    },
  },
  {
    id: '7643-2.5-04',
    level: 'MUST',
    title: 'A PATCH that replaces by null clears an attribute',
    paragraph:
      'Assigning an attribute with the value "null" … has the effect of making the attribute "unassigned".',
    needs: ['patch'],
    writes: ['User:nickName'],
    test: async (t) => {
      const user = await t.user({ nickName: 'Babs' });
      expectStatus(await t.patch(user.path, [{ op: 'replace', value: { nickName: null } }]), 200, 204);
      const now = at(await t.read(user), 'nickName');
      check(isUnassigned(now), `nickName is ${shown(now)}`);
    },
  },
  {
    id: '7643-2.5-05',
    level: 'MUST',
    title: 'A PATCH that replaces by [] clears a multi-valued attribute',
    paragraph:
      'Assigning an attribute with … an empty array (in the case of multi-valued attributes) has the effect of making the attribute "unassigned".',
    needs: ['patch'],
    writes: ['User:emails.value'],
    test: async (t) => {
      const user = await t.user({ emails: [{ value: `${t.unique()}@example.com` }] });
      expectStatus(await t.patch(user.path, [{ op: 'replace', path: 'emails', value: [] }]), 200, 204);
      const now = at(await t.read(user), 'emails');
      check(isUnassigned(now), `emails is ${shown(now)}`);
    },
  },
  {
    id: '7643-4.3-01',
    level: 'MUST',
    title: 'An enterprise User comes back as it went',
    paragraph: 'employeeNumber, costCenter, organization, division, department',
    writes: [
      'Enterprise:employeeNumber',
      'Enterprise:costCenter',
      'Enterprise:division',
      'Enterprise:department',
    ],
    test: async (t) => {
      const sent = {
        employeeNumber: '701984',
        costCenter: '4130',
        division: 'Theme Park',
        department: 'Tours',
      };
      const now = await t.read(await t.user({ [ENTERPRISE]: sent }));
      for (const [name, value] of Object.entries(sent)) same(at(now, ENTERPRISE, name), value, name);
    },
  },
  {
    id: '7643-4.3-02',
    level: 'MUST',
    title: 'A manager is the id of a User; their name is readOnly',
    paragraph:
      'manager: value: The "id" of the SCIM resource representing the user\'s manager. displayName: … mutability is "readOnly".',
    writes: ['Enterprise:manager.value'],
    test: async (t) => {
      const manager = await t.user();
      const displayName = t.unique();
      const now = await t.read(
        await t.user({ [ENTERPRISE]: { manager: { value: manager.id, displayName } } }),
      );
      same(at(now, ENTERPRISE, 'manager', 'value'), manager.id, 'manager.value');
      check(
        at(now, ENTERPRISE, 'manager', 'displayName') !== displayName,
        'manager.displayName is what the client sent',
      );
    },
  },
];
