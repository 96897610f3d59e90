import { check, expectError, expectKeyword, expectStatus, same } from '../check.ts';
import type { Requirement } from '../requirement.ts';
import { GROUP, resourceType, USER } from '../server.ts';
import { at, isObject, shown, textAt } from '../values.ts';

/** RFC 7644 sections 3.3 and 3.4.1. */
export const create: readonly Requirement[] = [
  {
    id: '7644-3.3-01',
    level: 'MUST',
    title: 'A User is created with 201',
    paragraph:
      'When the service provider successfully creates the new resource, an HTTP response SHALL be returned with HTTP status code 201 (Created).',
    test: async (t) => {
      expectStatus(await t.post(t.server.users, t.userBody()), 201);
    },
  },
  {
    id: '7644-3.3-02',
    level: 'MUST',
    title: 'A Group is created with 201',
    paragraph:
      'When the service provider successfully creates the new resource, an HTTP response SHALL be returned with HTTP status code 201 (Created).',
    needs: ['Group'],
    test: async (t) => {
      expectStatus(await t.post(t.server.groups, t.groupBody()), 201);
    },
  },
  {
    id: '7644-3.3-03',
    level: 'MUST',
    title: 'Location and meta.location both are the URI of what was created',
    paragraph:
      'The URI of the created resource SHALL include, in the HTTP "Location" header and the HTTP body, a JSON representation with the attribute "meta.location".',
    test: async (t) => {
      const { reply, path } = await t.user();
      const location = reply.headers.get('location') ?? '';
      check(location.endsWith(path), `Location is ${shown(location)}; the resource is at ${path}`, reply);
      same(at(reply.body, 'meta', 'location'), location, '"meta.location"', reply);
    },
  },
  {
    id: '7644-3.3-04',
    level: 'SHOULD',
    title: 'The answer to a POST shows what was created',
    paragraph:
      "The response body SHOULD contain the service provider's representation of the newly created resource.",
    test: async (t) => {
      const user = await t.user();
      same(user.body, await t.read(user), 'the body of the POST, compared with a GET', user.reply);
    },
  },
  {
    id: '7644-3.3-05',
    level: 'MUST',
    title: 'What clients may not write is ignored, not refused',
    paragraph: 'In the request body, attributes whose mutability is "readOnly" SHALL be ignored.',
    test: async (t) => {
      const body = t.userBody({
        id: 'chosen-by-the-client',
        meta: { created: '2001-01-01T00:00:00Z' },
        groups: [],
      });
      const reply = expectStatus(await t.post(t.server.users, body), 201);
      check(at(reply.body, 'id') !== 'chosen-by-the-client', 'the id is what the client sent', reply);
      check(
        at(reply.body, 'meta', 'created') !== '2001-01-01T00:00:00Z',
        'meta.created is what the client sent',
        reply,
      );
    },
  },
  {
    id: '7644-3.3-06',
    level: 'MUST',
    title: 'A conflict is 409 with the scimType uniqueness',
    paragraph:
      'If the service provider determines that the creation of the requested resource conflicts with existing resources (e.g., a "User" resource with a duplicate "userName"), the service provider MUST return HTTP status code 409 (Conflict) with a "scimType" error code of "uniqueness".',
    test: async (t) => {
      const body = t.userBody();
      expectStatus(await t.post(t.server.users, body), 201);
      expectKeyword(await t.post(t.server.users, body), 409, 'uniqueness');
    },
  },
  {
    id: '7644-3.3-07',
    level: 'MUST',
    title: 'A refused POST creates nothing',
    paragraph:
      '400 (Bad Request): Request is unparsable, syntactically incorrect, or violates schema. (section 3.12)',
    needs: ['filter'],
    writes: ['User:active'],
    test: async (t) => {
      const body = t.userBody({ active: { not: 'a boolean' } });
      const reply = await t.post(t.server.users, body);
      check(reply.status >= 400 && reply.status < 500, `expected an error, found ${reply.status}`, reply);
      const list = await t.get(t.server.users, { filter: `userName eq "${String(body['userName'])}"` });
      same(at(list.body, 'totalResults'), 0, 'the users with that name afterwards', list);
    },
  },
  {
    id: '7644-3.3-08',
    level: 'SHOULD',
    title: 'A value of the wrong type is 400',
    paragraph:
      'invalidValue: … the value specified was not compatible with the operation or attribute type. (section 3.12)',
    writes: ['User:active', 'User:name', 'User:emails.value'],
    test: async (t) => {
      for (const wrong of [{ active: 'perhaps' }, { name: [1, 2] }, { emails: 7 }, { userName: { a: 1 } }]) {
        const reply = await t.post(t.server.users, t.userBody(wrong));
        expectError(reply, 400, 'invalidValue', 'invalidSyntax');
      }
    },
  },
  {
    id: '7644-3.3-09',
    level: 'MUST',
    title: 'A body that is no JSON is 400',
    paragraph:
      '400 (Bad Request): Request is unparsable, syntactically incorrect, or violates schema. (section 3.12)',
    test: async (t) => {
      for (const raw of ['{"userName":', '{]', 'userName=x', '']) {
        const reply = await t.send('POST', t.server.users, {
          raw,
          headers: { 'Content-Type': 'application/scim+json' },
        });
        expectError(reply, 400, 'invalidSyntax', 'invalidValue');
      }
    },
  },
  {
    id: '7644-3.3-10',
    level: 'MUST',
    title: 'A body that is no JSON object is 400',
    paragraph:
      'invalidSyntax: The request body message structure was invalid or did not conform to the request schema. (section 3.12)',
    test: async (t) => {
      for (const body of [[], ['x'], 'text', 7, null]) {
        expectError(await t.post(t.server.users, body), 400, 'invalidSyntax', 'invalidValue');
      }
    },
  },
  {
    id: '7644-3.3-11',
    level: 'MUST',
    title: 'null and [] override what a server would fill in',
    paragraph:
      'Clients that intend to override existing or server-defaulted values for attributes MAY specify "null" for a single-valued attribute or an empty array "[]" for a multi-valued attribute to clear all values.',
    test: async (t) => {
      const body = t.userBody({ displayName: null, nickName: null, phoneNumbers: [], addresses: [] });
      expectStatus(await t.post(t.server.users, body), 201);
    },
  },
  {
    id: '7644-3.3.1-01',
    level: 'MUST',
    title: 'A POST to the users sets meta.resourceType to User',
    paragraph:
      'the meta attribute "resourceType" SHALL be set by the HTTP service provider to the corresponding resource type for the endpoint.',
    test: async (t) => {
      const { body, reply } = await t.user({ meta: { resourceType: 'Group' } });
      const name = textAt(resourceType(t.server, USER), 'name') ?? 'User';
      same(at(body, 'meta', 'resourceType'), name, '"meta.resourceType"', reply);
    },
  },
  {
    id: '7644-3.3.1-02',
    level: 'MUST',
    title: 'A POST to the groups sets meta.resourceType to Group',
    paragraph:
      'the meta attribute "resourceType" SHALL be set by the HTTP service provider to the corresponding resource type for the endpoint.',
    needs: ['Group'],
    test: async (t) => {
      const { body, reply } = await t.group();
      const name = textAt(resourceType(t.server, GROUP), 'name') ?? 'Group';
      same(at(body, 'meta', 'resourceType'), name, '"meta.resourceType"', reply);
    },
  },
  {
    id: '7644-3.4.1-01',
    level: 'MUST',
    title: 'A known resource is answered with 200',
    paragraph:
      'If the resource exists, the server responds with HTTP status code 200 (OK) and includes the result in the body of the response.',
    test: async (t) => {
      const user = await t.user();
      const reply = expectStatus(await t.get(user.path), 200);
      check(isObject(reply.body), 'the body is no JSON object', reply);
      same(at(reply.body, 'id'), user.id, '"id"', reply);
      same(at(reply.body, 'userName'), at(user.body, 'userName'), 'userName', reply);
    },
  },
  {
    id: '7644-3.4.1-02',
    level: 'MUST',
    title: 'An unknown resource is 404',
    paragraph: '404 (Not Found): Specified resource (e.g., User) or endpoint does not exist. (section 3.12)',
    test: async (t) => {
      const user = await t.user();
      // Of the form of the server's own ids, and not.
      const ids = [
        user.id.replaceAll(/[0-9a-f]/gi, '0'),
        '010101001010101011001010101011',
        'no such id',
        "'",
        '\0',
      ];
      for (const id of ids) {
        expectError(
          await t.get(`${t.server.users}/${encodeURIComponent(id)}`),
          id === '\0' ? [400, 404] : 404,
        );
      }
    },
  },
  {
    id: '7644-3.4.1-03',
    level: 'MUST',
    title: 'A User is not found among the groups, nor a Group among the users',
    paragraph: 'clients send GET requests to the resource endpoint, e.g., "/Users/{id}", "/Groups/{id}"',
    needs: ['Group'],
    test: async (t) => {
      const user = await t.user();
      const group = await t.group();
      expectError(await t.get(`${t.server.groups}/${user.id}`), 404);
      expectError(await t.get(`${t.server.users}/${group.id}`), 404);
    },
  },
];
