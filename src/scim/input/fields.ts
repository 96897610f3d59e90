import type { SchemaAttribute } from '../schema/attribute.ts';
import type { Chain, ResourceSchema } from '../schema/schema.ts';
import { resolveChain } from '../schema/schema.ts';
import { badRequest } from '../scim-error.ts';
import { isObject } from './json.ts';

/**
 * The writable attributes that the body of a POST or PUT names, each with what was sent for it. Names have any case;
 * dotted and URN-qualified ones are resolved. What nobody may write is ignored (RFC 7644 sections 3.3 and 3.5.1), and
 * so is what no schema has: Entra ID sends both.
 */
export function fields(schema: ResourceSchema, body: unknown): (readonly [SchemaAttribute, unknown])[] {
  if (!isObject(body)) throw badRequest('invalidSyntax', `A ${schema.name} must be a JSON object.`);
  const found: (readonly [SchemaAttribute, unknown])[] = [];
  for (const [key, value] of Object.entries(body)) {
    // The core schema's URN as if it were an extension's.
    if (key.toLowerCase() === schema.id.toLowerCase()) {
      if (isObject(value)) found.push(...fields(schema, withoutKey(value, key)));
      continue;
    }
    const chain = resolveChain(schema, key);
    const attribute = chain?.at(-1);
    // A key such as `emails.value` says of no email that it is its value.
    const isPlain = chain?.every((part) => part === attribute || !part.multiValued) === true;
    if (chain && attribute && isPlain && isWritable(chain)) found.push([attribute, value]);
  }
  return found;
}

/** Whether a value sent for the attribute is kept: not what is read-only, never returned, or ours to tell. */
export function isWritable(chain: Chain): boolean {
  if (chain[0].name === 'schemas') return false;
  return chain.every(({ mutability, returned }) => mutability !== 'readOnly' && returned !== 'never');
}

function withoutKey(
  value: Readonly<Record<string, unknown>>,
  key: string,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => name.toLowerCase() !== key.toLowerCase()),
  );
}
