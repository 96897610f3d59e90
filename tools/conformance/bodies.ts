import { ENTERPRISE, type GROUP, resourceType, type Server, type USER } from './server.ts';
import { at, isObject, items, type JsonObject, textAt } from './values.ts';

/** A valid resource of a type: its schemas, what the server's schemas require, and the given attributes. */
export function resourceBody(
  server: Server,
  schema: typeof USER | typeof GROUP,
  named: JsonObject,
  attributes: JsonObject,
): JsonObject {
  const required = items(at(resourceType(server, schema), 'schemaExtensions'))
    .filter((extension) => at(extension, 'required') === true)
    .map((extension) => textAt(extension, 'schema') ?? '');
  const extensions = new Set([...required, ...(ENTERPRISE in attributes ? [ENTERPRISE] : [])]);
  return {
    schemas: [schema, ...extensions],
    ...requiredOf(server.schemas.get(schema), named),
    ...Object.fromEntries(required.map((urn) => [urn, requiredOf(server.schemas.get(urn), named)])),
    ...named,
    ...attributes,
  };
}

/** A value for each attribute that a schema requires. */
function requiredOf(schema: unknown, named: JsonObject): JsonObject {
  const unique = Object.values(named).find((value) => typeof value === 'string') ?? 'x';
  return valuesFor(items(at(schema, 'attributes')), unique);
}

function valuesFor(attributes: readonly unknown[], unique: string): JsonObject {
  const values: Record<string, unknown> = {};
  for (const attribute of attributes) {
    const name = textAt(attribute, 'name');
    if (name === undefined || at(attribute, 'required') !== true) continue;
    if (at(attribute, 'mutability') === 'readOnly' || ['id', 'schemas', 'meta'].includes(name)) continue;
    const value = valueFor(attribute, unique);
    values[name] = at(attribute, 'multiValued') === true ? [value] : value;
  }
  return values;
}

function valueFor(attribute: unknown, unique: string): unknown {
  const canonical = textAt(attribute, 'canonicalValues', 0);
  switch (textAt(attribute, 'type')) {
    case 'boolean':
      return true;
    case 'integer':
      return 1;
    case 'decimal':
      return 1.5;
    case 'dateTime':
      return '2020-01-01T00:00:00Z';
    case 'binary':
      return 'AAAA';
    case 'reference':
      return 'https://example.com/';
    case 'complex': {
      const subs = items(at(attribute, 'subAttributes'));
      const values = valuesFor(subs, unique);
      const value = subs.find((sub) => textAt(sub, 'name') === 'value');
      const isBare = isObject(value) && Object.keys(values).length === 0;
      return isBare ? { value: valueFor(value, unique) } : values;
    }
    default:
      return canonical ?? unique;
  }
}
