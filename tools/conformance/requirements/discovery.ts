import { check, expectError, expectStatus, listed, same, sameSet, skip } from '../check.ts';
import type { Requirement } from '../requirement.ts';
import { at, items, shown, textAt } from '../values.ts';

const CONFIG = 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig';

/** RFC 7644 section 4, and what section 3.1 says of schemas. */
export const discovery: readonly Requirement[] = [
  {
    id: '7644-4-01',
    level: 'MUST',
    title: 'GET /ServiceProviderConfig answers a JSON object with its schema',
    paragraph: `This endpoint SHALL return responses with a JSON object using a "schemas" attribute of "${CONFIG}".`,
    test: async (t) => {
      const reply = expectStatus(await t.get('/ServiceProviderConfig'), 200);
      check(items(at(reply.body, 'schemas')).includes(CONFIG), `"schemas" lacks ${CONFIG}`, reply);
    },
  },
  {
    id: '7644-4-02',
    level: 'MUST',
    title: 'GET /Schemas answers all schemas as a ListResponse',
    paragraph:
      'An HTTP GET to the endpoint "/Schemas" SHALL return all supported schemas in ListResponse format.',
    test: async (t) => {
      const reply = await t.get('/Schemas');
      const schemas = listed(reply);
      check(schemas.length > 0, 'no schema is listed', reply);
      same(at(reply.body, 'totalResults'), schemas.length, '"totalResults"', reply);
    },
  },
  {
    id: '7644-4-03',
    level: 'MUST',
    title: 'GET /Schemas/{URI} answers each schema by its URI',
    paragraph:
      'Individual schema definitions can be returned by appending the schema URI to the /Schemas endpoint. … the single JSON object is returned in the same way that a single User or Group is retrieved.',
    test: async (t) => {
      if (t.server.schemas.size === 0) skip('/Schemas lists none');
      for (const urn of t.server.schemas.keys()) {
        const reply = expectStatus(await t.get(`/Schemas/${urn}`), 200);
        same(at(reply.body, 'id'), urn, '"id"', reply);
        check(Array.isArray(at(reply.body, 'attributes')), '"attributes" is no array', reply);
      }
    },
  },
  {
    id: '7644-4-04',
    level: 'MUST',
    title: 'GET /ResourceTypes answers a ListResponse',
    paragraph: 'When returning multiple ResourceTypes or Schemas, the ListResponse form SHALL be used.',
    test: async (t) => {
      const reply = await t.get('/ResourceTypes');
      const types = listed(reply);
      check(types.length > 0, 'no resource type is listed', reply);
      same(at(reply.body, 'totalResults'), types.length, '"totalResults"', reply);
    },
  },
  {
    id: '7644-4-05',
    level: 'MUST',
    title: 'GET /ResourceTypes/{id} answers a single resource type',
    paragraph:
      'In cases where a request is for a specific "ResourceType" or "Schema", the single JSON object is returned in the same way that a single User or Group is retrieved.',
    test: async (t) => {
      const ids = t.server.resourceTypes.map((type) => textAt(type, 'id')).filter((id) => id !== undefined);
      if (ids.length === 0) skip('no resource type has an "id", which is OPTIONAL (RFC 7643 section 6)');
      for (const id of ids) {
        const reply = expectStatus(await t.get(`/ResourceTypes/${id}`), 200);
        same(at(reply.body, 'id'), id, '"id"', reply);
      }
    },
  },
  {
    id: '7644-4-06',
    level: 'MUST',
    title: 'A schema that is not there is 404',
    paragraph: '404 (Not Found): Specified resource (e.g., User) or endpoint does not exist. (section 3.12)',
    test: async (t) => expectError(await t.get('/Schemas/urn:example:no:such:Schema'), 404),
  },
  {
    id: '7644-4-07',
    level: 'MUST',
    title: 'A resource type that is not there is 404',
    paragraph: '404 (Not Found): Specified resource (e.g., User) or endpoint does not exist. (section 3.12)',
    test: async (t) => expectError(await t.get('/ResourceTypes/NoSuchType'), 404),
  },
  {
    id: '7644-4-08',
    level: 'SHOULD',
    title: 'A filter on /Schemas is answered with 403',
    paragraph:
      'If a "filter" is provided, the service provider SHOULD respond with HTTP status code 403 (Forbidden) to ensure that clients cannot incorrectly assume that any matching conditions specified in a filter are true.',
    test: async (t) => expectError(await t.get('/Schemas', { filter: 'name eq "User"' }), 403),
  },
  {
    id: '7644-4-09',
    level: 'SHOULD',
    title: 'A filter on /ResourceTypes is answered with 403',
    paragraph:
      'If a "filter" is provided, the service provider SHOULD respond with HTTP status code 403 (Forbidden).',
    test: async (t) => expectError(await t.get('/ResourceTypes', { filter: 'name eq "User"' }), 403),
  },
  {
    id: '7644-4-10',
    level: 'MUST',
    title: 'Sorting and paging are ignored by /Schemas',
    paragraph:
      'Query parameters described in Section 3.4.2, such as filtering, sorting, and pagination, SHALL be ignored.',
    test: async (t) => {
      const all = listed(await t.get('/Schemas')).map((schema) => at(schema, 'id'));
      const reply = await t.get('/Schemas', {
        startIndex: 2,
        count: 1,
        sortBy: 'id',
        sortOrder: 'descending',
      });
      sameSet(
        listed(reply).map((schema) => at(schema, 'id')),
        all,
        'the schemas listed',
        reply,
      );
    },
  },
  {
    id: '7644-4-11',
    level: 'MUST',
    title: 'Sorting and paging are ignored by /ResourceTypes',
    paragraph:
      'Query parameters described in Section 3.4.2, such as filtering, sorting, and pagination, SHALL be ignored.',
    test: async (t) => {
      const all = listed(await t.get('/ResourceTypes')).map((type) => at(type, 'name'));
      const reply = await t.get('/ResourceTypes', { startIndex: 2, count: 1, sortBy: 'name' });
      sameSet(
        listed(reply).map((type) => at(type, 'name')),
        all,
        'the resource types listed',
        reply,
      );
    },
  },
  {
    id: '7644-4-12',
    level: 'MUST',
    title: 'Schemas cannot be changed',
    paragraph: '"Schema" resources are not modifiable. (RFC 7643 section 7; RFC 7644 table 2 has GET only)',
    test: async (t) => {
      const [urn, schema] = [...t.server.schemas][0] ?? skip('/Schemas lists none');
      const reply = await t.put(`/Schemas/${urn}`, schema);
      check(reply.status >= 400, `a PUT of a schema answered ${reply.status}`, reply);
    },
  },
  {
    id: '7644-4-13',
    level: 'SHOULD',
    title: 'What discovery lists says where it is, and is found there',
    paragraph: 'location: The URI of the resource being returned. (RFC 7643 section 3.1)',
    test: async (t) => {
      const locations = [...t.server.schemas.values(), ...t.server.resourceTypes, t.server.config]
        .map((resource) => textAt(resource, 'meta', 'location'))
        .filter((location) => location !== undefined);
      if (locations.length === 0) skip('none has a "meta.location"');
      for (const location of locations) {
        const path = /\/(?:Schemas|ResourceTypes|ServiceProviderConfig)(?:\/[^/]*)?$/.exec(location)?.[0];
        check(path !== undefined, `the location ${location} is none of the discovery endpoints`);
        expectStatus(await t.get(path), 200);
      }
    },
  },
  {
    id: '7644-3.1-01',
    level: 'MUST',
    title: 'Schemas of messages are not listed by /Schemas',
    paragraph:
      'SCIM message schemas using the above prefix URN ("urn:ietf:params:scim:api:") SHALL NOT be discoverable using the "/Schemas" endpoint.',
    test: async (t) => {
      const reply = await t.get('/Schemas');
      const messages = listed(reply)
        .map((schema) => textAt(schema, 'id') ?? '')
        .filter((id) => id.toLowerCase().startsWith('urn:ietf:params:scim:api:'));
      check(messages.length === 0, `listed: ${shown(messages)}`, reply);
    },
  },
  {
    id: '7644-3.1-02',
    level: 'MUST',
    title: 'Messages and resources are JSON objects with a "schemas" attribute',
    paragraph:
      'Each JSON resource representation contains a "schemas" attribute … a SCIM message is a JSON object that contains a "schemas" attribute with a URI whose namespace prefix MUST begin with "urn:ietf:params:scim:api:".',
    test: async (t) => {
      const user = await t.user();
      check(items(at(user.body, 'schemas')).length > 0, 'the User has no "schemas"', user.reply);
      for (const path of [t.server.users, `${t.server.users}/${t.unique()}`]) {
        const reply = await t.get(path);
        const isMessage = items(at(reply.body, 'schemas')).every((urn) =>
          String(urn).toLowerCase().startsWith('urn:ietf:params:scim:api:'),
        );
        check(
          isMessage && items(at(reply.body, 'schemas')).length > 0,
          '"schemas" is not a message\'s',
          reply,
        );
      }
    },
  },
];
