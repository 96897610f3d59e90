import SCIMMY from 'scimmy';

const { Attribute, SchemaDefinition } = SCIMMY.Types;
type Type = SCIMMY.Types.Attribute.ValidAttributeTypes;

const readOnly = { mutable: false, direction: 'out' } as const;

const { ServiceProviderConfig, ResourceType } = SCIMMY.Schemas;

ServiceProviderConfig.definition.extend([
  new Attribute(
    'complex',
    'pagination',
    { ...readOnly, description: 'Which ways of paging are supported, and how (RFC 9865).' },
    [
      part('boolean', 'cursor', 'Whether lists can be paged by cursor.', true),
      part('boolean', 'index', 'Whether lists can be paged by position.', true),
      part('string', 'defaultPaginationMethod', "How a list is paged unless asked: 'cursor' or 'index'."),
      part('integer', 'defaultPageSize', 'How many resources a page has when no count is given.'),
      part('integer', 'maxPageSize', 'The most resources that a page has, whatever the count.'),
      part('integer', 'cursorTimeout', 'For how many seconds a cursor is good.'),
    ],
  ),
]);

/** RFC 7643 section 8.7.2 describes the schema of schemas; scimmy has none. */
const schema = new SchemaDefinition(
  'Schema',
  'urn:ietf:params:scim:schemas:core:2.0:Schema',
  'Specifies the schema that describes a SCIM schema',
  [
    part('string', 'name', "The schema's human-readable name.", true),
    part('string', 'description', "The schema's human-readable description."),
    new Attribute(
      'complex',
      'attributes',
      { ...readOnly, multiValued: true, required: true, description: 'The attributes of the schema.' },
      [
        ...characteristics(),
        new Attribute(
          'complex',
          'subAttributes',
          { ...readOnly, multiValued: true, description: 'The sub-attributes of a complex attribute.' },
          characteristics(),
        ),
      ],
    ),
  ],
);
// Its own id is the URN of what it describes: to be seen.
Object.assign(schema.attribute('id').config, {
  shadow: false,
  required: true,
  caseExact: false,
  uniqueness: 'none',
  description: 'The unique URI of the schema.',
});

/** RFC 7643 section 7. */
function characteristics() {
  return [
    part('string', 'name', "The attribute's name.", true),
    part('string', 'type', "The attribute's data type.", true, {
      canonicalValues: [
        ...['string', 'boolean', 'decimal', 'integer', 'dateTime', 'binary', 'reference', 'complex'],
      ],
    }),
    part('boolean', 'multiValued', 'Whether the attribute has many values.', true),
    part('string', 'description', 'A human-readable description of the attribute.'),
    part('boolean', 'required', 'Whether the attribute is required.'),
    part('string', 'canonicalValues', 'Suggested values.', false, { multiValued: true }),
    part('boolean', 'caseExact', 'Whether a string attribute is case-sensitive.'),
    part('string', 'mutability', 'Whether and when the attribute may be written.', false, {
      canonicalValues: ['readOnly', 'readWrite', 'immutable', 'writeOnly'],
    }),
    part('string', 'returned', 'When the attribute is part of an answer.', false, {
      canonicalValues: ['always', 'never', 'default', 'request'],
    }),
    part('string', 'uniqueness', 'Among which resources a value is unique.', false, {
      canonicalValues: ['none', 'server', 'global'],
    }),
    part('string', 'referenceTypes', 'What a reference may lead to.', false, { multiValued: true }),
  ];
}

function part(
  type: Type,
  name: string,
  description: string,
  required = false,
  more: SCIMMY.Types.Attribute.AttributeConfig = {},
) {
  return new Attribute(type, name, { ...readOnly, required, description, ...more });
}

/** The schemas of the service provider's own resources (RFC 7643 sections 5 to 7). */
export const serviceDefinitions = {
  serviceProviderConfig: ServiceProviderConfig.definition,
  resourceType: ResourceType.definition,
  schema,
} as const;
