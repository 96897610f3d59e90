import formats from 'ajv-formats';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type { JsonSchema, OpenApiDocument } from '../../src/api/openapi/types.ts';

/** What is wrong with a value by a schema of the document; nothing when it fits. */
export type Check = (schema: JsonSchema, value: unknown) => string[];

/**
 * Checks values by the schemas of a document, with a validator of JSON Schema that is not the one which made them.
 * With `closed`, an object may have no field that its schema doesn't name.
 */
export function checkerOf({ components }: OpenApiDocument, options: { readonly closed: boolean }): Check {
  // What of the two sides of a `oneOf` is required is said beside the properties, not in it.
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
  formats.default(ajv);
  const prepared = (schema: JsonSchema) => (options.closed ? closedOf(schema) : schema) as JsonSchema;
  for (const [name, schema] of Object.entries(components.schemas)) {
    ajv.addSchema(prepared(schema), `#/components/schemas/${name}`);
  }
  return (schema, value) => {
    const validate = ajv.compile(prepared(schema));
    return validate(value) ? [] : (validate.errors ?? []).map(said);
  };
}

function said({ instancePath, message, params }: ErrorObject): string {
  return `${instancePath === '' ? '/' : instancePath} ${message ?? ''} ${JSON.stringify(params)}`;
}

/** A copy of a schema in which every object that names its properties has no others. */
function closedOf(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closedOf);
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closedOf(value)]));
  const isClosable = typeof copy['properties'] === 'object' && copy['type'] === 'object';
  return isClosable && copy['additionalProperties'] === undefined
    ? { ...copy, additionalProperties: false }
    : copy;
}
