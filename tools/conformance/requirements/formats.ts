import { check, expectError, expectErrorForm, expectStatus, same, skip } from '../check.ts';
import { patched } from '../patching.ts';
import { finds, people } from '../people.ts';
import type { Requirement } from '../requirement.ts';
import { ENTERPRISE, USER } from '../server.ts';
import { at, shown, textAt } from '../values.ts';

const SCIM_JSON = /^application\/scim\+json(?:\s*;|\s*$)/i;
const FACETS =
  'All facets (URN, attribute, and sub-attribute name) of the fully encoded attribute name are case insensitive.';

/** RFC 7644 sections 3.8, 3.10 and 3.11. */
export const formats: readonly Requirement[] = [
  {
    id: '7644-3.8-01',
    level: 'MUST',
    title: 'Accept: application/scim+json is answered with it',
    paragraph: 'Service providers MUST support the "Accept" header "Accept: application/scim+json".',
    test: async (t) => {
      const user = await t.user();
      for (const path of [user.path, t.server.users]) {
        const reply = await t.send('GET', path, { headers: { Accept: 'application/scim+json' } });
        const type = expectStatus(reply, 200).headers.get('content-type') ?? '';
        check(SCIM_JSON.test(type), `Content-Type is ${shown(type)}`, reply);
      }
    },
  },
  {
    id: '7644-3.8-02',
    level: 'SHOULD',
    title: 'Accept: application/json is answered with JSON',
    paragraph: 'and SHOULD support the header "Accept: application/json".',
    test: async (t) => {
      const { path, id } = await t.user();
      const reply = await t.send('GET', path, { headers: { Accept: 'application/json' } });
      same(at(expectStatus(reply, 200).body, 'id'), id, '"id"', reply);
      const type = reply.headers.get('content-type') ?? '';
      check(/^application\/(?:scim\+)?json\b/i.test(type), `Content-Type is ${shown(type)}`, reply);
    },
  },
  {
    id: '7644-3.8-03',
    level: 'MUST',
    title: 'Without a wish the answer is application/scim+json',
    paragraph: 'The format defaults to "application/scim+json" if no format is specified.',
    test: async (t) => {
      const reply = await t.send('GET', (await t.user()).path, { headers: { Accept: '*/*' } });
      const type = expectStatus(reply, 200).headers.get('content-type') ?? '';
      check(SCIM_JSON.test(type), `Content-Type is ${shown(type)}`, reply);
    },
  },
  {
    id: '7644-3.8-04',
    level: 'MUST',
    title: 'Bodies are taken as application/scim+json, also with a charset',
    paragraph:
      'Servers MUST accept requests and be able to return JSON-structured responses using UTF-8 encoding.',
    test: async (t) => {
      for (const type of [
        'application/scim+json',
        'application/scim+json; charset=utf-8',
        'application/scim+json;charset=UTF-8',
      ]) {
        const reply = await t.send('POST', t.server.users, {
          body: t.userBody(),
          headers: { 'Content-Type': type },
        });
        expectStatus(reply, 201);
      }
    },
  },
  {
    id: '7644-3.8-05',
    level: 'MAY',
    title: 'Bodies are taken as application/json',
    paragraph:
      'Other media types MAY be supported by service providers but are beyond the scope of this specification.',
    test: async (t) => {
      const headers = { 'Content-Type': 'application/json' };
      expectStatus(await t.send('POST', t.server.users, { body: t.userBody(), headers }), 201);
    },
  },
  {
    id: '7644-3.8-06',
    level: 'MUST',
    title: 'UTF-8 is the encoding, in and out',
    paragraph: 'UTF-8 SHALL be the default encoding format.',
    writes: ['User:nickName'],
    test: async (t) => {
      const nickName = 'Ḃabs ✓ 漢字 😀';
      const user = await t.user({ nickName });
      const reply = await t.get(user.path);
      same(at(reply.body, 'nickName'), nickName, 'nickName', reply);
      const charset =
        /charset\s*=\s*"?([^";\s]+)/i.exec(reply.headers.get('content-type') ?? '')?.[1] ?? 'utf-8';
      same(charset.toLowerCase(), 'utf-8', 'the charset of the answer', reply);
    },
  },
  {
    id: '7644-3.8-07',
    level: 'SHOULD',
    title: 'What is no JSON by its media type is refused',
    paragraph:
      'Clients using other encodings MUST specify the format in which the data is submitted via an HTTP "Content-Type" header.',
    test: async (t) => {
      for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded']) {
        const reply = await t.send('POST', t.server.users, {
          body: t.userBody(),
          headers: { 'Content-Type': type },
        });
        expectError(reply, [400, 415]);
      }
    },
  },
  {
    id: '7644-3.10-01',
    level: 'MUST',
    title: 'A sub-attribute with the URI of its schema, in a filter',
    paragraph:
      'For example, the fully qualified path for a User\'s givenName is "urn:ietf:params:scim:schemas:core:2.0:User:name.givenName".',
    needs: ['filter'],
    writes: ['User:name.givenName'],
    test: async (t) => {
      const { among } = await people(t);
      await finds(t, `${USER}:name.givenName eq "Anna" and ${among}`, ['anna']);
    },
  },
  {
    id: '7644-3.10-02',
    level: 'MUST',
    title: 'URIs and names have no case, in a filter',
    paragraph: FACETS,
    needs: ['filter'],
    writes: ['User:name.givenName'],
    test: async (t) => {
      const { among } = await people(t);
      await finds(t, `${USER.toUpperCase()}:NAME.GIVENNAME eq "Anna" and ${among}`, ['anna']);
    },
  },
  {
    id: '7644-3.10-03',
    level: 'MUST',
    title: 'A core attribute with the URI of its schema, in attributes',
    paragraph:
      'the core User resource attribute \'userName\' is identified as "urn:ietf:params:scim:schemas:core:2.0:User:userName".',
    writes: ['User:nickName'],
    test: async (t) => {
      const user = await t.user({ nickName: 'Babs' });
      const reply = await t.get(user.path, { attributes: `${USER}:userName` });
      check(at(reply.body, 'userName') !== undefined, 'userName is not shown', reply);
      check(at(reply.body, 'nickName') === undefined, 'nickName is shown', reply);
    },
  },
  {
    id: '7644-3.10-04',
    level: 'MUST',
    title: 'URIs and names have no case, in attributes and excludedAttributes',
    paragraph: FACETS,
    writes: ['User:nickName', 'User:title'],
    test: async (t) => {
      const { path } = await t.user({ nickName: 'Babs', title: 'Guide' });
      const asked = await t.get(path, { attributes: `NICKNAME,${USER.toLowerCase()}:TITLE` });
      same(
        [at(asked.body, 'nickName'), at(asked.body, 'title')],
        ['Babs', 'Guide'],
        'nickName and title',
        asked,
      );
      const without = await t.get(path, { excludedAttributes: `NickNAME,${USER.toUpperCase()}:title` });
      same(
        [at(without.body, 'nickName'), at(without.body, 'title')],
        [undefined, undefined],
        'nickName and title',
        without,
      );
    },
  },
  {
    id: '7644-3.10-05',
    level: 'MUST',
    title: 'A core attribute with the URI of its schema, in a path',
    paragraph:
      'The attribute notation rules described in Section 3.10 apply for describing attribute paths. (section 3.5.2)',
    needs: ['patch'],
    writes: ['User:nickName', 'User:name.givenName'],
    test: async (t) => {
      const now = await patched(
        t,
        await t.user(),
        { op: 'add', path: `${USER}:nickName`, value: 'Babs' },
        { op: 'add', path: `${USER}:name.givenName`, value: 'Barbara' },
      );
      same(at(now, 'nickName'), 'Babs', 'nickName');
      same(at(now, 'name', 'givenName'), 'Barbara', 'name.givenName');
    },
  },
  {
    id: '7644-3.10-06',
    level: 'MUST',
    title: 'URIs and names have no case, in a path',
    paragraph: FACETS,
    needs: ['patch'],
    writes: ['Enterprise:employeeNumber', 'User:nickName', 'User:emails.display', 'User:emails.type'],
    test: async (t) => {
      const email = { value: `${t.unique()}@example.com`, type: 'work' };
      const now = await patched(
        t,
        await t.user({ emails: [email] }),
        { op: 'add', path: 'NICKNAME', value: 'Babs' },
        { op: 'add', path: `${ENTERPRISE.toUpperCase()}:EMPLOYEENUMBER`, value: '701984' },
        { op: 'add', path: 'EMAILS[TYPE EQ "work"].DISPLAY', value: 'Office' },
      );
      same(at(now, 'nickName'), 'Babs', 'nickName');
      same(at(now, ENTERPRISE, 'employeeNumber'), '701984', 'employeeNumber');
      same(at(now, 'emails', 0, 'display'), 'Office', 'emails.display');
    },
  },
  {
    id: '7644-3.11-01',
    level: 'SHOULD',
    title: '/Me is 501, a redirect, or the authenticated subject',
    paragraph:
      'A service provider that does NOT support this feature SHOULD respond with HTTP status code 501 (Not Implemented). … MAY choose to redirect the client using HTTP status code 308 … MAY process the SCIM request directly.',
    test: async (t) => {
      const reply = expectStatus(await t.get('/Me'), 501, 308, 307, 200);
      if (reply.status === 501) expectErrorForm(reply);
      if (reply.status === 307 || reply.status === 308) {
        check((reply.headers.get('location') ?? '') !== '', 'the redirect has no Location', reply);
      }
    },
  },
  {
    id: '7644-3.11-02',
    level: 'MUST',
    title: 'Location of /Me is that of the subject',
    paragraph:
      'In any response, the HTTP "Location" header MUST be the permanent location of the aliased resource associated with the authenticated subject.',
    test: async (t) => {
      const reply = await t.get('/Me');
      if (reply.status !== 200) skip(`/Me answers ${reply.status}`);
      const location = reply.headers.get('location') ?? '';
      same(location, textAt(reply.body, 'meta', 'location'), 'Location', reply);
      check(!/\/me$/i.test(location), 'Location is /Me itself', reply);
    },
  },
];
