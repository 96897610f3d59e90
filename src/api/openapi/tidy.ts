import type { JsonSchema } from './types.ts';

/** A JSON Schema without what zod writes for machines that can't read `format`, and without what says nothing. */
export function tidy(schema: JsonSchema): JsonSchema {
  const entries = Object.entries(schema).filter(([keyword, value]) => !isNoise(keyword, value, schema));
  return asNullable(Object.fromEntries(entries.map(([keyword, value]) => [keyword, deep(keyword, value)])));
}

function isNoise(keyword: string, value: unknown, schema: JsonSchema): boolean {
  if (keyword === '$schema') return true;
  if (keyword === 'pattern') return FORMATS.has(schema.format ?? '');
  if (keyword === 'minimum') return value === Number.MIN_SAFE_INTEGER;
  if (keyword === 'maximum') return value === Number.MAX_SAFE_INTEGER;
  return false;
}

const FORMATS = new Set(['uuid', 'date-time', 'date', 'email', 'uri']);

function deep(keyword: string, value: unknown): unknown {
  switch (keyword) {
    case 'properties':
      return Object.fromEntries(
        Object.entries(value as Record<string, JsonSchema>).map(([name, schema]) => [name, tidy(schema)]),
      );
    case 'anyOf':
    case 'oneOf':
      return (value as JsonSchema[]).map(tidy);
    case 'items':
    case 'additionalProperties':
    case 'propertyNames':
      return typeof value === 'boolean' ? value : tidy(value as JsonSchema);
    default:
      return value;
  }
}

/** `anyOf: [text, null]` said shortly. */
function asNullable(schema: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = schema;
  const [first, second] = anyOf ?? [];
  if (anyOf?.length !== 2 || typeof first?.type !== 'string' || second?.type !== 'null') return schema;
  if (first.type === 'object' || first.enum) return schema;
  return { ...rest, ...first, type: [first.type, 'null'] };
}
