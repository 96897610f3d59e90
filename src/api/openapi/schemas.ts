import { z } from 'zod';
import type { ZodOpenApiOverrideContext } from 'zod-openapi/api';
import { meaningOfField } from './fields.ts';
import type { JsonSchema, OpenApiDocument } from './types.ts';

/** What is answered may have more fields one day: only what is sent is closed. */
export function allowMoreFields({ zodSchema, jsonSchema, io }: ZodOpenApiOverrideContext): void {
  if (io === 'output' && zodSchema instanceof z.ZodObject && zodSchema.def.catchall === undefined) {
    delete jsonSchema.additionalProperties;
  }
}

/** The document with its components in order, and every schema of it short and with the meaning of its fields. */
export function finishSchemas(document: OpenApiDocument): OpenApiDocument {
  const finished = finish(document) as OpenApiDocument;
  const schemas = Object.entries(document.components.schemas)
    .map(([name, schema]) => [name, finishSchema(schema, name)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...finished, components: { ...finished.components, schemas: Object.fromEntries(schemas) } };
}

function finish(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(finish);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (key === 'schema') return [key, finishSchema(value as JsonSchema)];
      return [key, finish(value)];
    }),
  );
}

/** A schema without what zod writes for programs that can't read `format`, and without what says nothing. */
function finishSchema(schema: JsonSchema, name?: string): JsonSchema {
  if (schema.$ref !== undefined) {
    // Of a component that is described anew, zod says again what was left out of the component above.
    const { $ref, description } = schema;
    return { $ref, ...(description === undefined ? {} : { description }) };
  }
  const entries = Object.entries(schema).filter(([keyword, value]) => !isNoise(keyword, value, schema));
  return asNullable(
    Object.fromEntries(entries.map(([keyword, value]) => [keyword, finishKeyword(keyword, value, name)])),
  );
}

const FORMATS = new Set(['uuid', 'date-time', 'date', 'email', 'uri']);

function isNoise(keyword: string, value: unknown, schema: JsonSchema): boolean {
  if (keyword === 'pattern') return FORMATS.has(schema.format ?? '');
  if (keyword === 'minimum') return value === Number.MIN_SAFE_INTEGER;
  return keyword === 'maximum' && value === Number.MAX_SAFE_INTEGER;
}

function finishKeyword(keyword: string, value: unknown, name?: string): unknown {
  switch (keyword) {
    case 'properties':
      return Object.fromEntries(
        Object.entries(value as Record<string, JsonSchema>).map(([field, schema]) => [
          field,
          withMeaning(finishSchema(schema), meaningOfField(field, name)),
        ]),
      );
    case 'anyOf':
    case 'oneOf':
      return (value as JsonSchema[]).map((one) => finishSchema(one));
    case 'items':
    case 'additionalProperties':
    case 'propertyNames':
      return typeof value === 'boolean' ? value : finishSchema(value as JsonSchema);
    default:
      return value;
  }
}

function withMeaning(schema: JsonSchema, meaning: string | undefined): JsonSchema {
  return schema.description !== undefined || meaning === undefined
    ? schema
    : { ...schema, description: meaning };
}

/** `anyOf: [text, null]` said shortly. */
function asNullable(schema: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = schema;
  const [first, second] = anyOf ?? [];
  if (anyOf?.length !== 2 || typeof first?.type !== 'string' || second?.type !== 'null') return schema;
  if (first.type === 'object' || first.enum) return schema;
  return { ...rest, ...first, type: [first.type, 'null'] };
}
