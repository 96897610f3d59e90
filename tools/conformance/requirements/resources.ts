import { check, listed, same, skip } from '../check.ts';
import type { Requirement, Tester } from '../requirement.ts';
import { ENTERPRISE, GROUP, resourceType, USER } from '../server.ts';
import { at, items, shown, textAt } from '../values.ts';

function allowedSchemas(t: Tester, schema: string): readonly unknown[] {
  const extensions = items(at(resourceType(t.server, schema), 'schemaExtensions'));
  return [schema, ...extensions.map((extension) => at(extension, 'schema'))];
}

/** RFC 7643 sections 3 and 3.3: the "schemas" attribute and extensions. */
export const resources: readonly Requirement[] = [
  {
    id: '7643-3-01',
    level: 'MUST',
    title: 'A User has a non-empty array "schemas", made, read and listed',
    paragraph:
      'All representations of SCIM schemas MUST include a non-empty array with value(s) of the URIs supported by that representation.',
    test: async (t) => {
      const user = await t.user();
      const list = await t.get(t.server.users, { count: 1 });
      for (const one of [user.body, await t.read(user), ...listed(list)]) {
        const schemas = at(one, 'schemas');
        check(Array.isArray(schemas) && schemas.length > 0, `"schemas" is ${shown(schemas)}`);
      }
    },
  },
  {
    id: '7643-3-02',
    level: 'MUST',
    title: 'A User names only schemas of its resource type',
    paragraph:
      'The "schemas" attribute for a resource MUST only contain values defined as "schema" and "schemaExtensions" for the resource\'s defined "resourceType".',
    test: async (t) => {
      if (resourceType(t.server, USER) === undefined) skip('/ResourceTypes has no User');
      const user = await t.user();
      const others = items(at(user.body, 'schemas')).filter((urn) => !allowedSchemas(t, USER).includes(urn));
      check(others.length === 0, `"schemas" has ${shown(others)}`, user.reply);
    },
  },
  {
    id: '7643-3-03',
    level: 'MUST',
    title: 'A Group names only schemas of its resource type',
    paragraph:
      'The "schemas" attribute for a resource MUST only contain values defined as "schema" and "schemaExtensions" for the resource\'s defined "resourceType".',
    needs: ['Group'],
    test: async (t) => {
      const group = await t.group();
      const others = items(at(group.body, 'schemas')).filter(
        (urn) => !allowedSchemas(t, GROUP).includes(urn),
      );
      check(others.length === 0, `"schemas" has ${shown(others)}`, group.reply);
    },
  },
  {
    id: '7643-3-04',
    level: 'MUST',
    title: 'No schema is named twice, also when the client does',
    paragraph: 'Duplicate values MUST NOT be included.',
    test: async (t) => {
      const body = t.userBody();
      const reply = await t.post(t.server.users, { ...body, schemas: [...items(body['schemas']), USER] });
      if (reply.status === 400) return;
      const schemas = items(at(reply.body, 'schemas'));
      same(new Set(schemas).size, schemas.length, 'the number of different schemas', reply);
    },
  },
  {
    id: '7643-3-05',
    level: 'MUST',
    title: 'The order of "schemas" does not matter',
    paragraph: 'Value order is not specified and MUST NOT impact behavior.',
    writes: ['Enterprise:employeeNumber'],
    test: async (t) => {
      const body = t.userBody({ [ENTERPRISE]: { employeeNumber: '701984' } });
      const reply = await t.post(t.server.users, { ...body, schemas: items(body['schemas']).toReversed() });
      same(reply.status, 201, 'the status of a POST with "schemas" in another order', reply);
      same(at(reply.body, ENTERPRISE, 'employeeNumber'), '701984', 'employeeNumber', reply);
    },
  },
  {
    id: '7643-3-06',
    level: 'MUST',
    title: 'What stands under an extension is shown under the extension, and named in "schemas"',
    paragraph:
      'the schema extension URI SHALL be used as a JSON container to distinguish attributes belonging to the extension namespace from base schema attributes.',
    writes: ['Enterprise:employeeNumber', 'Enterprise:department'],
    test: async (t) => {
      const user = await t.user({ [ENTERPRISE]: { employeeNumber: '701984', department: 'Tours' } });
      const now = await t.read(user);
      same(at(now, ENTERPRISE, 'employeeNumber'), '701984', 'employeeNumber under the extension');
      same(at(now, ENTERPRISE, 'department'), 'Tours', 'department under the extension');
      same(at(now, 'employeeNumber'), undefined, 'employeeNumber at the top level');
      check(items(at(now, 'schemas')).includes(ENTERPRISE), `"schemas" lacks ${ENTERPRISE}`);
    },
  },
  {
    id: '7643-3.3-01',
    level: 'MUST',
    title: 'A User names the base schema of its type',
    paragraph:
      'The "schemas" attribute MUST contain at least one value, which SHALL be the base schema for the resource.',
    test: async (t) => {
      const user = await t.user();
      check(items(at(user.body, 'schemas')).includes(USER), `"schemas" lacks ${USER}`, user.reply);
    },
  },
  {
    id: '7643-3.3-02',
    level: 'MUST',
    title: 'A Group names the base schema of its type',
    paragraph:
      'The "schemas" attribute MUST contain at least one value, which SHALL be the base schema for the resource.',
    needs: ['Group'],
    test: async (t) => {
      const group = await t.group();
      check(items(at(group.body, 'schemas')).includes(GROUP), `"schemas" lacks ${GROUP}`, group.reply);
    },
  },
  {
    id: '7643-3.3-03',
    level: 'MUST',
    title: 'A required extension is there in every User',
    paragraph: 'If true, a resource of this type MUST include this schema extension. (section 6)',
    test: async (t) => {
      const required = items(at(resourceType(t.server, USER), 'schemaExtensions'))
        .filter((extension) => at(extension, 'required') === true)
        .map((extension) => textAt(extension, 'schema') ?? '');
      if (required.length === 0) skip('no extension of User is required');
      const user = await t.user();
      for (const urn of required) {
        check(items(at(user.body, 'schemas')).includes(urn), `"schemas" lacks ${urn}`, user.reply);
      }
    },
  },
];
