import { check, expectStatus, same, skip } from '../check.ts';
import type { Requirement } from '../requirement.ts';
import { resourceType, USER } from '../server.ts';
import { at, isUnassigned, shown, textAt } from '../values.ts';

/** xsd:dateTime with date and time (XML Schema part 2, section 3.3.7). */
const DATE_TIME = /^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?$/;

/** RFC 7643 section 3.1, and section 2.3.5 on its dates. */
export const common: readonly Requirement[] = [
  {
    id: '7643-3.1-01',
    level: 'MUST',
    title: 'A resource has a non-empty id',
    paragraph: 'Each representation of the resource MUST include a non-empty "id" value.',
    test: async (t) => {
      const reply = await t.post(t.server.users, t.userBody());
      check((textAt(reply.body, 'id') ?? '') !== '', `"id" is ${shown(at(reply.body, 'id'))}`, reply);
    },
  },
  {
    id: '7643-3.1-02',
    level: 'MUST',
    title: 'Ids differ, also between users and groups',
    paragraph: "This identifier MUST be unique across the SCIM service provider's entire set of resources.",
    needs: ['Group'],
    test: async (t) => {
      const ids = [await t.user(), await t.user(), await t.group(), await t.group()].map(({ id }) => id);
      same(new Set(ids).size, ids.length, 'the number of different ids');
    },
  },
  {
    id: '7643-3.1-03',
    level: 'MUST',
    title: 'An id stays, also when the resource is replaced under another name',
    paragraph:
      'It MUST be a stable, non-reassignable identifier that does not change when the same resource is returned in subsequent requests.',
    test: async (t) => {
      const user = await t.user();
      same(textAt(await t.read(user), 'id'), user.id, '"id" as read');
      const reply = expectStatus(await t.put(user.path, t.userBody()), 200);
      same(textAt(reply.body, 'id'), user.id, '"id" after a PUT', reply);
    },
  },
  {
    id: '7643-3.1-04',
    level: 'MUST',
    title: 'The client cannot choose the id',
    paragraph:
      'The value of the "id" attribute is always issued by the service provider and MUST NOT be specified by the client.',
    test: async (t) => {
      const wanted = t.unique();
      const user = await t.user({ id: wanted });
      check(user.id !== wanted, 'the id is the one that the client sent', user.reply);
    },
  },
  {
    id: '7643-3.1-05',
    level: 'MUST',
    title: 'No id contains "bulkId"',
    paragraph:
      'The string "bulkId" is a reserved keyword and MUST NOT be used within any unique identifier value.',
    test: async (t) => {
      const user = await t.user();
      check(!/bulkid/i.test(user.id), `the id is ${user.id}`, user.reply);
    },
  },
  {
    id: '7643-3.1-06',
    level: 'MUST',
    title: 'externalId is kept as the client wrote it',
    paragraph:
      'This attribute has "caseExact" as "true" and a mutability of "readWrite". (section 7: the server SHALL preserve case for any value submitted)',
    test: async (t) => {
      const externalId = `${t.unique()}-MiXed Case/é`;
      const user = await t.user({ externalId });
      same(at(await t.read(user), 'externalId'), externalId, 'externalId');
    },
  },
  {
    id: '7643-3.1-07',
    level: 'MUST',
    title: 'The server makes up no externalId',
    paragraph:
      'The value of the "externalId" attribute is always issued by the provisioning client and MUST NOT be specified by the service provider.',
    test: async (t) => {
      const externalId = at(await t.read(await t.user()), 'externalId');
      check(isUnassigned(externalId), `externalId is ${shown(externalId)}, and nobody sent one`);
    },
  },
  {
    id: '7643-3.1-08',
    level: 'SHOULD',
    title: 'Two resources may have the same externalId',
    paragraph:
      "While the server does not enforce uniqueness, it is assumed that the value's uniqueness is controlled by the client setting the value.",
    test: async (t) => {
      const externalId = t.unique();
      await t.user({ externalId });
      expectStatus(await t.post(t.server.users, t.userBody({ externalId })), 201);
    },
  },
  ...(['resourceType', 'created', 'lastModified', 'location'] as const).map((name, index): Requirement => ({
    id: `7643-3.1-${String(index + 9).padStart(2, '0')}`,
    level: 'MUST',
    title: `The server assigns meta.${name}`,
    paragraph:
      'the attributes "id" and "meta" (and its associated sub-attributes) MUST be assigned values by the service provider.',
    test: async (t) => {
      const value = textAt(await t.read(await t.user()), 'meta', name) ?? '';
      check(value !== '', `"meta.${name}" is not there`);
    },
  })),
  {
    id: '7643-3.1-13',
    level: 'MUST',
    title: 'meta.resourceType is the name of the resource type',
    paragraph: 'resourceType: The name of the resource type of the resource.',
    test: async (t) => {
      const expected = textAt(resourceType(t.server, USER), 'name') ?? 'User';
      same(at((await t.user()).body, 'meta', 'resourceType'), expected, '"meta.resourceType"');
    },
  },
  {
    id: '7643-3.1-14',
    level: 'MUST',
    title: 'What was never changed was last modified when it was created',
    paragraph:
      'If this resource has never been modified since its initial creation, the value MUST be the same as the value of "created".',
    test: async (t) => {
      const meta = at(await t.read(await t.user()), 'meta');
      same(
        Date.parse(textAt(meta, 'lastModified') ?? ''),
        Date.parse(textAt(meta, 'created') ?? ''),
        'lastModified',
      );
    },
  },
  {
    id: '7643-3.1-15',
    level: 'MUST',
    title: 'A change moves lastModified and leaves created',
    paragraph:
      'lastModified: The most recent DateTime that the details of this resource were updated at the service provider.',
    test: async (t) => {
      const user = await t.user();
      // So that a server that counts in seconds can tell the two.
      await new Promise((resolve) => setTimeout(resolve, 1100));
      const reply = expectStatus(await t.put(user.path, t.userBody()), 200);
      const before = at(user.body, 'meta');
      const after = at(reply.body, 'meta');
      same(
        Date.parse(textAt(after, 'created') ?? ''),
        Date.parse(textAt(before, 'created') ?? ''),
        'created',
        reply,
      );
      const moved =
        Date.parse(textAt(after, 'lastModified') ?? '') > Date.parse(textAt(before, 'lastModified') ?? '');
      check(
        moved,
        `lastModified was ${shown(at(before, 'lastModified'))} and is ${shown(at(after, 'lastModified'))}`,
        reply,
      );
    },
  },
  {
    id: '7643-3.1-16',
    level: 'MUST',
    title: 'meta.location is the URI of the resource',
    paragraph: 'location: The URI of the resource being returned.',
    test: async (t) => {
      const user = await t.user();
      const location = textAt(user.body, 'meta', 'location') ?? '';
      check(
        location.endsWith(user.path),
        `"meta.location" is ${location}; the resource is at ${user.path}`,
        user.reply,
      );
    },
  },
  {
    id: '7643-3.1-17',
    level: 'MUST',
    title: 'meta.location is what Content-Location says',
    paragraph: 'location: … This value MUST be the same as the "Content-Location" HTTP response header.',
    test: async (t) => {
      const user = await t.user();
      const reply = await t.get(user.path);
      const header = reply.headers.get('content-location') ?? skip('the server sends no Content-Location');
      same(header, at(reply.body, 'meta', 'location'), 'Content-Location', reply);
    },
  },
  {
    id: '7643-3.1-18',
    level: 'MUST',
    title: 'meta is ignored when a client sends it',
    paragraph: 'This attribute SHALL be ignored when provided by clients.',
    test: async (t) => {
      const meta = {
        resourceType: 'Group',
        created: '2001-01-01T00:00:00Z',
        lastModified: '2001-01-01T00:00:00Z',
        location: 'https://example.com/',
        version: 'W/"x"',
      };
      const user = await t.user({ meta });
      const reply = expectStatus(await t.put(user.path, t.userBody({ meta })), 200);
      for (const body of [user.body, reply.body]) {
        for (const [name, value] of Object.entries(meta)) {
          check(at(body, 'meta', name) !== value, `"meta.${name}" is what the client sent`, reply);
        }
      }
    },
  },
  {
    id: '7643-2.3.5-01',
    level: 'MUST',
    title: 'Dates are xsd:dateTime',
    paragraph:
      'The attribute value MUST be encoded as a valid xsd:dateTime … and MUST include both a date and a time.',
    test: async (t) => {
      const meta = at(await t.read(await t.user()), 'meta');
      for (const name of ['created', 'lastModified']) {
        const value = textAt(meta, name) ?? '';
        check(DATE_TIME.test(value) && !Number.isNaN(Date.parse(value)), `"meta.${name}" is ${shown(value)}`);
      }
    },
  },
];
