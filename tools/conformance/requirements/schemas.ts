import { check, skip } from '../check.ts';
import type { Requirement, Tester } from '../requirement.ts';
import { at, isObject, items, shown, textAt } from '../values.ts';

const TYPES = ['string', 'boolean', 'decimal', 'integer', 'dateTime', 'reference', 'complex', 'binary'];
const KEYWORDS = {
  mutability: ['readOnly', 'readWrite', 'immutable', 'writeOnly'],
  returned: ['always', 'never', 'default', 'request'],
  uniqueness: ['none', 'server', 'global'],
} as const;

/** The schemas of resources: those that describe discovery itself nest deeper (section 7). */
function resourceSchemas(t: Tester): readonly unknown[] {
  const found = [...t.server.schemas.values()].filter(
    (schema) => !/:core:2\.0:(?:Schema|ResourceType|ServiceProviderConfig)$/.test(textAt(schema, 'id') ?? ''),
  );
  return found.length > 0 ? found : skip('/Schemas lists none');
}

interface Named {
  readonly name: string;
  readonly definition: unknown;
}

function attributesOf(t: Tester): readonly Named[] {
  return resourceSchemas(t).flatMap((schema) => named(items(at(schema, 'attributes')), textAt(schema, 'id')));
}

function named(definitions: readonly unknown[], prefix = ''): readonly Named[] {
  return definitions.flatMap((definition) => {
    const name = `${prefix}:${shown(at(definition, 'name'))}`;
    return [{ name, definition }, ...named(items(at(definition, 'subAttributes')), name)];
  });
}

/** Fails, naming each attribute of which the condition does not hold. */
function everyAttribute(t: Tester, holds: (definition: unknown) => boolean): void {
  const wrong = attributesOf(t).filter(({ definition }) => !holds(definition));
  check(
    wrong.length === 0,
    `not so for ${wrong.map(({ name }) => name).join(', ')}`,
    t.server.replies.schemas,
  );
}

const REQUIRED = 'Unlike other core resources … all attributes are REQUIRED unless otherwise specified.';

/** RFC 7643 sections 6 and 7, and what sections 2.1 and 2.3 say of definitions. */
export const schemas: readonly Requirement[] = [
  {
    id: '7643-7-01',
    level: 'MUST',
    title: 'Schemas have their own schema, a URI as id, and attributes',
    paragraph: `id: The unique URI of the schema. … REQUIRED. ${REQUIRED}`,
    test: (t) => {
      const urn = 'urn:ietf:params:scim:schemas:core:2.0:Schema';
      const { schemas: reply } = t.server.replies;
      for (const schema of resourceSchemas(t)) {
        const schemasOf = at(schema, 'schemas');
        // Many leave it out of the definitions, as the RFC's own example does (section 8.7.1).
        if (schemasOf !== undefined) check(items(schemasOf).includes(urn), `"schemas" lacks ${urn}`, reply);
        check(/^[a-z][a-z0-9+.-]*:\S+$/i.test(textAt(schema, 'id') ?? ''), '"id" is no URI', reply);
        check(items(at(schema, 'attributes')).every(isObject), '"attributes" are not objects', reply);
      }
    },
  },
  {
    id: '7643-7-02',
    level: 'MUST',
    title: 'Every attribute has a name and a type that exists',
    paragraph:
      'type: The attribute\'s data type. Valid values are "string", "boolean", "decimal", "integer", "dateTime", "reference", and "complex". ("binary": section 2.3.6)',
    test: (t) =>
      everyAttribute(
        t,
        (one) => (textAt(one, 'name') ?? '') !== '' && TYPES.includes(textAt(one, 'type') ?? ''),
      ),
  },
  {
    id: '7643-7-03',
    level: 'MUST',
    title: 'Every attribute says whether it is multi-valued and required',
    paragraph: `multiValued: A Boolean value. required: A Boolean value. ${REQUIRED}`,
    test: (t) =>
      everyAttribute(
        t,
        (one) => typeof at(one, 'multiValued') === 'boolean' && typeof at(one, 'required') === 'boolean',
      ),
  },
  ...(['mutability', 'returned', 'uniqueness'] as const).map((name, index): Requirement => ({
    id: `7643-7-0${index + 4}`,
    level: 'MUST',
    title: `"${name}" of every attribute is one of the keywords`,
    paragraph: `${name}: A single keyword … ${KEYWORDS[name].join(', ')}.`,
    test: (t) =>
      everyAttribute(t, (one) => {
        const value = at(one, name);
        // RFC 7643's own schemas say no "uniqueness" of booleans and complex attributes (section 8.7.1).
        if (name === 'uniqueness' && value === undefined) return true;
        return (KEYWORDS[name] as readonly unknown[]).includes(value);
      }),
  })),
  {
    id: '7643-7-07',
    level: 'MUST',
    title: 'Text attributes say whether case matters',
    paragraph:
      'caseExact: A Boolean value that specifies whether or not a string attribute is case sensitive.',
    test: (t) =>
      everyAttribute(t, (one) => at(one, 'type') !== 'string' || typeof at(one, 'caseExact') === 'boolean'),
  },
  {
    id: '7643-7-08',
    level: 'SHOULD',
    title: 'Complex attributes list their sub-attributes',
    paragraph:
      'When an attribute is of type "complex", there SHOULD be a corresponding schema attribute "subAttributes" defined.',
    test: (t) =>
      everyAttribute(t, (one) => at(one, 'type') !== 'complex' || items(at(one, 'subAttributes')).length > 0),
  },
  {
    id: '7643-7-09',
    level: 'MUST',
    title: 'What a reference may refer to is a resource type, "external" or "uri"',
    paragraph:
      'referenceTypes: … Valid values are as follows: A SCIM resource type (e.g., "User" or "Group"), "external", "uri".',
    test: (t) =>
      everyAttribute(t, (one) => {
        const types = at(one, 'referenceTypes');
        if (types === undefined) return at(one, 'type') !== 'reference';
        return (
          Array.isArray(types) &&
          types.length > 0 &&
          types.every((type) => typeof type === 'string' && type !== '')
        );
      }),
  },
  {
    id: '7643-2.1-01',
    level: 'MUST',
    title: 'Attribute names conform to the grammar',
    paragraph: 'Attribute names MUST conform to the following ABNF rules: ATTRNAME = ALPHA *(nameChar).',
    // The RFC's own "$ref" begins with what only nameChar allows.
    test: (t) => everyAttribute(t, (one) => /^(?:\$ref|[a-z][-$_a-z0-9]*)$/i.test(textAt(one, 'name') ?? '')),
  },
  {
    id: '7643-2.3.8-01',
    level: 'MUST',
    title: 'No complex attribute holds a complex attribute',
    paragraph:
      'A complex attribute MUST NOT contain sub-attributes that have sub-attributes (i.e., that are complex).',
    test: (t) =>
      everyAttribute(t, (one) =>
        items(at(one, 'subAttributes')).every((sub) => at(sub, 'type') !== 'complex'),
      ),
  },
];
