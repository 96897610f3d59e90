import { check, expectError, expectStatus, listed, same, sameSet } from '../check.ts';
import type { Requirement } from '../requirement.ts';
import { at, isObject, isUnassigned, shown, textAt, valuesOf, without } from '../values.ts';

const REPLACES = 'readWrite, writeOnly: Any values provided SHALL replace the existing attribute values.';

/** RFC 7644 section 3.5.1. */
export const put: readonly Requirement[] = [
  {
    id: '7644-3.5.1-01',
    level: 'MUST',
    title: 'A PUT answers 200 with the entire resource',
    paragraph:
      'Unless otherwise specified, a successful PUT operation returns a 200 OK response code and the entire resource within the response body.',
    test: async (t) => {
      const user = await t.user();
      const reply = expectStatus(await t.put(user.path, t.userBody()), 200);
      same(reply.body, await t.read(user), 'the body of the PUT, compared with a GET', reply);
    },
  },
  {
    id: '7644-3.5.1-02',
    level: 'MUST',
    title: 'Simple values are replaced',
    paragraph: REPLACES,
    writes: ['User:nickName', 'User:title'],
    test: async (t) => {
      const user = await t.user({ nickName: 'Babs', title: 'Guide' });
      const body = t.userBody({ nickName: 'Barb', title: 'Chief' });
      expectStatus(await t.put(user.path, body), 200);
      const now = await t.read(user);
      for (const name of ['userName', 'nickName', 'title']) same(at(now, name), body[name], name);
    },
  },
  {
    id: '7644-3.5.1-03',
    level: 'MUST',
    title: 'Multi-valued attributes are replaced, not merged',
    paragraph: REPLACES,
    writes: ['User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const email = (type: string) => ({ value: `${t.unique()}@example.com`, type });
      const user = await t.user({ emails: [email('work'), email('home')] });
      const other = email('other');
      expectStatus(await t.put(user.path, t.userBody({ emails: [other] })), 200);
      same(valuesOf(at(await t.read(user), 'emails'), 'value'), [other.value], 'emails.value');
    },
  },
  {
    id: '7644-3.5.1-04',
    level: 'MUST',
    title: 'A complex attribute is replaced where sub-attributes are given',
    paragraph: REPLACES,
    writes: ['User:name.givenName', 'User:name.familyName'],
    test: async (t) => {
      const user = await t.user({ name: { givenName: 'Barbara', familyName: 'Jensen' } });
      const name = { givenName: 'Babs', familyName: 'Smith' };
      expectStatus(await t.put(user.path, t.userBody({ name })), 200);
      const now = await t.read(user);
      same(at(now, 'name', 'givenName'), 'Babs', 'name.givenName');
      same(at(now, 'name', 'familyName'), 'Smith', 'name.familyName');
    },
  },
  {
    id: '7644-3.5.1-05',
    level: 'MUST',
    title: 'What is left out is cleared, defaulted or kept, and never something else',
    paragraph:
      'Attributes … that are omitted from the request body MAY be assumed to be not asserted by the client. The service provider MAY assume that any existing values are to be cleared, or the service provider MAY assign a default value.',
    writes: ['User:nickName'],
    test: async (t) => {
      const user = await t.user({ nickName: 'Babs' });
      expectStatus(await t.put(user.path, t.userBody()), 200);
      const now = at(await t.read(user), 'nickName');
      if (!isUnassigned(now)) t.note(`A PUT without nickName leaves it as ${shown(now)}.`);
      check(isUnassigned(now) || typeof now === 'string', `nickName is ${shown(now)}`);
    },
  },
  {
    id: '7644-3.5.1-06',
    level: 'MUST',
    title: 'A PUT creates nothing',
    paragraph: 'HTTP PUT MUST NOT be used to create new resources.',
    test: async (t) => {
      const user = await t.user();
      const ids = [user.id.replaceAll(/[0-9a-f]/gi, '0'), t.unique()];
      for (const id of ids) {
        expectError(await t.put(`${t.server.users}/${id}`, t.userBody()), 404);
        expectError(await t.get(`${t.server.users}/${id}`), 404);
      }
    },
  },
  {
    id: '7644-3.5.1-07',
    level: 'MUST',
    title: 'readOnly values are ignored',
    paragraph: 'readOnly: Any values provided SHALL be ignored.',
    test: async (t) => {
      const user = await t.user();
      const body = t.userBody({ id: 'another', meta: { created: '2001-01-01T00:00:00Z', version: 'x' } });
      const reply = expectStatus(await t.put(user.path, body), 200);
      same(at(reply.body, 'id'), user.id, '"id"', reply);
      same(at(reply.body, 'meta', 'created'), at(user.body, 'meta', 'created'), '"meta.created"', reply);
    },
  },
  {
    id: '7644-3.5.1-08',
    level: 'MUST',
    title: 'What was read can be written back',
    paragraph:
      "As the operation's intent is to replace all attributes, SCIM clients MAY send all attributes, regardless of each attribute's mutability.",
    writes: ['User:nickName'],
    test: async (t) => {
      const user = await t.user({ nickName: 'Babs' });
      const before = await t.read(user);
      const reply = expectStatus(await t.put(user.path, before), 200);
      for (const name of ['userName', 'nickName', 'id'])
        same(at(reply.body, name), at(before, name), name, reply);
    },
  },
  {
    id: '7644-3.5.1-09',
    level: 'MUST',
    title: 'A PUT without a required attribute is refused',
    paragraph:
      'If an attribute is "required", clients MUST specify the attribute in the PUT request. (table 9: invalidValue: A required value was missing)',
    test: async (t) => {
      const user = await t.user();
      const body = without(t.userBody(), 'userName');
      expectError(await t.put(user.path, body), 400, 'invalidValue', 'invalidSyntax', 'mutability');
      same(at(await t.read(user), 'userName'), at(user.body, 'userName'), 'userName afterwards');
    },
  },
  {
    id: '7644-3.5.1-10',
    level: 'MUST',
    title: "A PUT with another User's userName is refused",
    paragraph:
      'uniqueness: One or more of the attribute values are already in use or are reserved. PUT (Section 3.5.1) (section 3.12)',
    test: async (t) => {
      const other = await t.user();
      const user = await t.user();
      const body = t.userBody({ userName: at(other.body, 'userName') });
      expectError(await t.put(user.path, body), [400, 409], 'uniqueness');
      same(at(await t.read(user), 'userName'), at(user.body, 'userName'), 'userName afterwards');
    },
  },
  {
    id: '7644-3.5.1-11',
    level: 'MUST',
    title: 'A PUT with a body that is no JSON object is refused',
    paragraph:
      'invalidSyntax: The request body message structure was invalid … PUT (Section 3.5.1) (section 3.12)',
    test: async (t) => {
      const user = await t.user();
      for (const raw of ['{"userName":', '[]', '']) {
        const headers = { 'Content-Type': 'application/scim+json' };
        expectError(await t.send('PUT', user.path, { raw, headers }), 400, 'invalidSyntax', 'invalidValue');
      }
    },
  },
  {
    id: '7644-3.5.1-12',
    level: 'MUST',
    title: 'A PUT of a Group replaces its members',
    paragraph: REPLACES,
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const [one, two, three] = [await t.user(), await t.user(), await t.user()];
      const group = await t.group({ members: [{ value: one.id }, { value: two.id }] });
      const body = t.groupBody({ members: [{ value: two.id }, { value: three.id }] });
      const reply = expectStatus(await t.put(group.path, body), 200);
      check(isObject(reply.body), 'the body is no JSON object', reply);
      const now = await t.read(group);
      sameSet(valuesOf(at(now, 'members'), 'value'), [two.id, three.id], 'members.value');
      same(at(now, 'displayName'), body['displayName'], 'displayName');
    },
  },
  {
    id: '7644-3.5.1-13',
    level: 'MUST',
    title: 'A PUT changes one resource only',
    paragraph: "HTTP PUT is used to replace a resource's attributes.",
    needs: ['filter'],
    writes: ['User:nickName'],
    test: async (t) => {
      const other = await t.user({ nickName: 'Other' });
      const user = await t.user();
      expectStatus(await t.put(user.path, t.userBody({ nickName: 'Babs' })), 200);
      same(await t.read(other), other.body, 'another User afterwards');
      const filter = `userName eq "${textAt(other.body, 'userName') ?? ''}"`;
      same(
        valuesOf(listed(await t.get(t.server.users, { filter })), 'id'),
        [other.id],
        'the other User, as found',
      );
    },
  },
];
