import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { meaningOfField } from './fields.ts';
import { tidy } from './tidy.ts';
import type { JsonSchema } from './types.ts';

/** What a schema is asked for: what may be sent, or what is answered. */
export type Direction = 'input' | 'output';

/** Turns zod's schemas into JSON Schemas; those that have a name are referred to by it. */
export interface Schemas {
  readonly of: (schema: z.ZodType, direction: Direction) => JsonSchema;
  /** The named ones that were referred to, by name. */
  readonly components: () => Readonly<Record<string, JsonSchema>>;
}

/** Where a component stands in the document. */
export function refTo(name: string): string {
  return `#/components/schemas/${name}`;
}

/** A converter that knows some schemas by name. */
export function createSchemas(shared: ReadonlyMap<z.ZodType, string>): Schemas {
  const used = new Set<z.ZodType>();

  const convert = (schema: z.ZodType, direction: Direction, root?: z.ZodType): JsonSchema => {
    const converted = z.toJSONSchema(schema, {
      io: direction,
      override: ({ zodSchema, jsonSchema }) => {
        const type = zodSchema as unknown as z.ZodType;
        const name = shared.get(type);
        if (name !== undefined && type !== root && isSameBothWays(type)) {
          for (const keyword of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, keyword);
          jsonSchema.$ref = refTo(name);
          used.add(type);
          return;
        }
        for (const [field, one] of Object.entries(jsonSchema.properties ?? {})) {
          const meaning = meaningOfField(field, name);
          if (typeof one === 'object' && meaning !== undefined) one.description ??= meaning;
        }
        if (direction === 'output' && !isStrict(type)) {
          // What is answered may have more fields one day.
          Reflect.deleteProperty(jsonSchema, 'additionalProperties');
        }
      },
    });
    return tidy(converted as JsonSchema);
  };

  const same = new Map<z.ZodType, boolean>();
  function isSameBothWays(type: z.ZodType): boolean {
    const known = same.get(type);
    if (known !== undefined) return known;
    const isSame = isDeepStrictEqual(convert(type, 'input', type), convert(type, 'output', type));
    same.set(type, isSame);
    return isSame;
  }

  return {
    of: (schema, direction) => convert(schema, direction),
    components: () => {
      const found: Record<string, JsonSchema> = {};
      // A component may refer to others that nobody else refers to: `used` grows meanwhile.
      for (const type of used) found[shared.get(type) as string] = convert(type, 'output', type);
      return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
    },
  };
}

function isStrict(schema: z.ZodType): boolean {
  return !(schema instanceof z.ZodObject) || schema.def.catchall !== undefined;
}
