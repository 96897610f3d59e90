import { check, expectStatus, listed, same } from '../check.ts';
import { people, search } from '../people.ts';
import { fullUser, has, lacks } from '../projecting.ts';
import type { Requirement, Tester } from '../requirement.ts';
import { attributeOf, ENTERPRISE, USER } from '../server.ts';
import { at, items, textAt } from '../values.ts';

const EXCLUDED =
  'excludedAttributes: When specified, each resource returned MUST contain the minimum set of resource attributes. Additionally, the default set of attributes minus those attributes listed in "excludedAttributes" is returned.';
const ANY =
  'Clients MAY request a partial resource representation on any operation that returns a resource within the response.';

const WRITES = ['User:nickName', 'User:title'] as const;

/** RFC 7644 sections 3.4, 3.4.2.5 and 3.9: what is always returned, lists, extensions, and answers to writes. */
export const moreProjection: readonly Requirement[] = [
  {
    id: '7644-3.9-08',
    level: 'MUST',
    title: 'What is always returned cannot be left out',
    paragraph:
      'This parameter SHALL have no effect on attributes whose schema "returned" setting is "always".',
    test: async (t) => {
      const user = await fullUser(t);
      const always = ['id', ...alwaysReturned(t)];
      const reply = await t.get(user.path, { excludedAttributes: always.join(',') });
      for (const name of always) {
        if (at(user.body, name) !== undefined)
          check(at(reply.body, name) !== undefined, `${name} is not shown`, reply);
      }
    },
  },
  {
    id: '7644-3.9-09',
    level: 'MUST',
    title: 'What is always returned is there when other attributes are asked for',
    paragraph:
      'always: The attribute is always returned, regardless of the contents of the "attributes" parameter. (RFC 7643 section 7)',
    writes: ['User:title'],
    test: async (t) => {
      const user = await fullUser(t);
      const reply = await t.get(user.path, { attributes: 'title' });
      for (const name of ['id', ...alwaysReturned(t)]) {
        if (at(user.body, name) !== undefined)
          check(at(reply.body, name) !== undefined, `${name} is not shown`, reply);
      }
    },
  },
  {
    id: '7644-3.9-10',
    level: 'MUST',
    title: 'Lists obey attributes',
    paragraph:
      'SCIM clients MAY use one of these two OPTIONAL parameters, which MUST be supported by SCIM service providers. (section 3.4.2.5)',
    needs: ['filter'],
    writes: ['User:nickName'],
    test: async (t) => {
      const { among } = await people(t);
      for (const user of listed(await search(t, among, { attributes: 'userName' }))) {
        has(user, 'id');
        has(user, 'userName');
        lacks(user, 'nickName');
      }
    },
  },
  {
    id: '7644-3.9-11',
    level: 'MUST',
    title: 'Lists obey excludedAttributes',
    paragraph:
      'SCIM clients MAY use one of these two OPTIONAL parameters, which MUST be supported by SCIM service providers. (section 3.4.2.5)',
    needs: ['filter'],
    writes: ['User:nickName'],
    test: async (t) => {
      const { among } = await people(t);
      for (const user of listed(await search(t, among, { excludedAttributes: 'nickName' }))) {
        has(user, 'userName');
        lacks(user, 'nickName');
      }
    },
  },
  {
    id: '7644-3.9-12',
    level: 'MUST',
    title: 'Members of a Group can be left out',
    paragraph: EXCLUDED,
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const group = await t.group({ members: [{ value: (await t.user()).id }] });
      const { body } = expectStatus(await t.get(group.path, { excludedAttributes: 'members' }), 200);
      lacks(body, 'members');
      has(body, 'displayName');
    },
  },
  ...(['POST', 'PUT'] as const).map((method, index): Requirement => ({
    id: `7644-3.9-${13 + index}`,
    level: 'SHOULD',
    title: `The answer to a ${method} obeys attributes`,
    paragraph: ANY,
    writes: ['User:nickName'],
    test: async (t) => {
      const body = t.userBody({ nickName: 'Babs' });
      const path = method === 'POST' ? t.server.users : (await t.user()).path;
      const reply = await t.send(method, path, { body, query: { attributes: 'userName' } });
      expectStatus(reply, method === 'POST' ? 201 : 200);
      has(reply.body, 'id');
      has(reply.body, 'userName');
      lacks(reply.body, 'nickName');
    },
  })),
  {
    id: '7644-3.9-15',
    level: 'MUST',
    title: 'An attribute of an extension can be asked for by its URI',
    paragraph: 'Attribute names MUST be in standard attribute notation (Section 3.10) form.',
    writes: ['Enterprise:employeeNumber', 'Enterprise:department'],
    test: async (t) => {
      const user = await t.user({ [ENTERPRISE]: { employeeNumber: '701984', department: 'Tours' } });
      const { body } = await t.get(user.path, { attributes: `${ENTERPRISE}:employeeNumber` });
      same(at(body, ENTERPRISE, 'employeeNumber'), '701984', 'employeeNumber');
      lacks(body, ENTERPRISE, 'department');
      lacks(body, 'userName');
    },
  },
  {
    id: '7644-3.9-16',
    level: 'MUST',
    title: 'An attribute of an extension can be left out by its URI',
    paragraph: EXCLUDED,
    writes: ['Enterprise:employeeNumber', 'Enterprise:department'],
    test: async (t) => {
      const user = await t.user({ [ENTERPRISE]: { employeeNumber: '701984', department: 'Tours' } });
      const { body } = await t.get(user.path, { excludedAttributes: `${ENTERPRISE}:department` });
      same(at(body, ENTERPRISE, 'employeeNumber'), '701984', 'employeeNumber');
      lacks(body, ENTERPRISE, 'department');
    },
  },
  {
    id: '7644-3.4-01',
    level: 'MUST',
    title: 'By default what is returned "always" or by "default" is shown',
    paragraph:
      'By default, resource attributes returned in a response are those attributes whose characteristic "returned" setting is "always" or "default".',
    writes: WRITES,
    test: async (t) => {
      const body = await t.read(await fullUser(t));
      for (const name of ['nickName', 'title'] as const) {
        if (textAt(attributeOf(t.server, `User:${name}`), 'returned') === 'default') has(body, name);
      }
    },
  },
  {
    id: '7644-3.4-02',
    level: 'MUST',
    title: 'What is returned on "request" only is not shown by default',
    paragraph:
      'request: … The attribute is returned in a SCIM query operation only if specified in the "attributes" parameter. (RFC 7643 section 7)',
    test: async (t) => {
      const body = await t.read(await fullUser(t));
      for (const [urn, schema] of t.server.schemas) {
        for (const attribute of items(at(schema, 'attributes'))) {
          if (!['request', 'never'].includes(textAt(attribute, 'returned') ?? '')) continue;
          const name = textAt(attribute, 'name') ?? '';
          lacks(urn === USER ? body : at(body, urn), name);
        }
      }
    },
  },
];

function alwaysReturned(t: Tester): readonly string[] {
  return items(at(t.server.schemas.get(USER), 'attributes'))
    .filter((attribute) => at(attribute, 'returned') === 'always')
    .map((attribute) => textAt(attribute, 'name') ?? '');
}
