import { check, expectStatus, same, skip } from '../check.ts';
import type { Requirement } from '../requirement.ts';
import { attributeOf, GROUP, pathOf, requireAttribute, USER } from '../server.ts';
import { at, items, shown, textAt } from '../values.ts';

const REQUIRED = 'Unlike other core resources … all attributes are REQUIRED unless otherwise specified.';

/** RFC 7643 section 6, and what the schemas of User and Group have to say (section 7). */
export const resourceTypes: readonly Requirement[] = [
  {
    id: '7643-6-01',
    level: 'MUST',
    title: 'Resource types have their schema, a name and an endpoint',
    paragraph: `${REQUIRED} name REQUIRED. endpoint REQUIRED. schema REQUIRED.`,
    test: (t) => {
      const { types: reply } = t.server.replies;
      check(t.server.resourceTypes.length > 0, 'there is none', reply);
      for (const type of t.server.resourceTypes) {
        const urn = 'urn:ietf:params:scim:schemas:core:2.0:ResourceType';
        check(items(at(type, 'schemas')).includes(urn), `"schemas" lacks ${urn}`, reply);
        for (const name of ['name', 'endpoint', 'schema']) {
          check((textAt(type, name) ?? '') !== '', `"${name}" is missing in ${shown(type)}`, reply);
        }
      }
    },
  },
  {
    id: '7643-6-02',
    level: 'MUST',
    title: 'The endpoint of each resource type can be queried',
    paragraph:
      "endpoint: The resource type's HTTP-addressable endpoint relative to the Base URL of the service provider. REQUIRED.",
    test: async (t) => {
      for (const type of t.server.resourceTypes) {
        const reply = await t.get(pathOf(textAt(type, 'endpoint') ?? ''), { count: 1 });
        check(reply.status !== 404, `nothing is at the endpoint ${shown(at(type, 'endpoint'))}`, reply);
      }
    },
  },
  {
    id: '7643-6-03',
    level: 'MUST',
    title: 'The schemas of resource types are in /Schemas',
    paragraph: 'schema … MUST be equal to the "id" attribute of the associated "Schema" resource.',
    test: (t) => {
      for (const type of t.server.resourceTypes) {
        const urns = [type, ...items(at(type, 'schemaExtensions'))].map((one) => textAt(one, 'schema') ?? '');
        for (const urn of urns) {
          check(t.server.schemas.has(urn), `/Schemas has no ${urn}`, t.server.replies.schemas);
        }
      }
    },
  },
  {
    id: '7643-6-04',
    level: 'MUST',
    title: 'Extensions say whether they are required',
    paragraph:
      'required: A Boolean value that specifies whether or not the schema extension is required for the resource type. REQUIRED.',
    test: (t) => {
      const extensions = t.server.resourceTypes.flatMap((type) => items(at(type, 'schemaExtensions')));
      if (extensions.length === 0) skip('no resource type has an extension');
      for (const extension of extensions) {
        const required = at(extension, 'required');
        check(typeof required === 'boolean', `"required" is ${shown(required)}`, t.server.replies.types);
      }
    },
  },
  {
    id: '7643-7-10',
    level: 'MUST',
    title: 'Every URI in a resource\'s "schemas" has a Schema resource',
    paragraph: 'For every schema URI used in a resource object, there is a corresponding "Schema" resource.',
    test: async (t) => {
      const user = await t.user();
      for (const urn of items(at(user.body, 'schemas'))) {
        expectStatus(await t.get(`/Schemas/${String(urn)}`), 200);
      }
    },
  },
  {
    id: '7643-7-11',
    level: 'MUST',
    title: 'userName is required, and its case does not matter',
    paragraph: 'This attribute is REQUIRED and is case insensitive. (section 4.1.1)',
    test: (t) => {
      const { schemas: reply } = t.server.replies;
      const userName = requireAttribute(t.server, 'User:userName');
      same(at(userName, 'required'), true, '"required" of userName', reply);
      same(at(userName, 'caseExact'), false, '"caseExact" of userName', reply);
    },
  },
  {
    id: '7643-7-12',
    level: 'MUST',
    title: 'A password is writeOnly and never returned',
    paragraph:
      'The mutability of the password attribute is "writeOnly" … (the attribute characteristic "returned" is "never"). (section 4.1.1)',
    test: (t) => {
      const { schemas: reply } = t.server.replies;
      const password = requireAttribute(t.server, 'User:password');
      same(at(password, 'mutability'), 'writeOnly', '"mutability" of password', reply);
      same(at(password, 'returned'), 'never', '"returned" of password', reply);
    },
  },
  {
    id: '7643-7-13',
    level: 'MUST',
    title: "A User's groups are readOnly",
    paragraph: 'This attribute has a mutability of "readOnly". (section 4.1.2)',
    test: (t) => {
      const groups = requireAttribute(t.server, 'User:groups');
      same(at(groups, 'mutability'), 'readOnly', '"mutability" of groups', t.server.replies.schemas);
    },
  },
  {
    id: '7643-7-14',
    level: 'MUST',
    title: "Sub-attributes of a Group's members cannot be changed",
    paragraph:
      'While values MAY be added or removed, sub-attributes of members are "immutable". (section 4.2)',
    test: (t) => {
      const members = requireAttribute(t.server, 'Group:members');
      for (const sub of items(at(members, 'subAttributes'))) {
        const mutability = textAt(sub, 'mutability') ?? '';
        const isFixed = ['immutable', 'readOnly'].includes(mutability);
        check(isFixed, `"members.${shown(at(sub, 'name'))}" is ${mutability}`, t.server.replies.schemas);
      }
    },
  },
  {
    id: '7643-7-15',
    level: 'MUST',
    title: 'The core schemas of the resource types are those of the RFC',
    paragraph: `The core schema for "User" is identified using the following schema URI: "${USER}". … "${GROUP}". (sections 4.1 and 4.2)`,
    test: (t) => {
      const core = { User: USER, Group: GROUP } as const;
      for (const type of t.server.resourceTypes) {
        const urn = core[textAt(type, 'name') as keyof typeof core] as string | undefined;
        if (urn !== undefined) same(at(type, 'schema'), urn, `"schema" of ${shown(at(type, 'name'))}`);
      }
    },
  },
  {
    id: '7643-2.3.7-01',
    level: 'SHOULD',
    title: 'A Group may have users as members, by its schema',
    paragraph:
      'the "$ref" sub-attribute must be the URI of a SCIM resource such as a "User", or a "Group". (section 4.2)',
    needs: ['Group'],
    test: (t) => {
      const types = items(at(attributeOf(t.server, 'Group:members.$ref'), 'referenceTypes'));
      if (types.length === 0) skip('the schema does not say what members refer to');
      check(
        types.includes('User'),
        `"referenceTypes" of members.$ref is ${shown(types)}`,
        t.server.replies.schemas,
      );
    },
  },
];
