import type { AttributePath } from '../filter/path.ts';
import { parsePath } from '../filter/path.ts';
import { isWritable } from '../input/fields.ts';
import { isObject } from '../input/json.ts';
import { attributeName } from '../schema/attribute.ts';
import type { ResourceSchema } from '../schema/schema.ts';
import { resolveChain } from '../schema/schema.ts';
import { badRequest, ScimError } from '../scim-error.ts';
import type { Spend } from './cost.ts';
import { EFFORT } from './cost.ts';
import type { Operation } from './operations.ts';

/** One thing to do to one attribute. */
export interface Target extends AttributePath {
  readonly op: Operation['op'];
  readonly value: unknown;
}

/**
 * The attributes that an operation is about, RFC 7644 section 3.5.2. A path must name one that may be written; the
 * keys of a value without a path are read as paths, and those that name none are ignored: Okta sends `id`, `meta`
 * and `groups` along, Entra ID dotted keys, qualified keys and whole extensions.
 */
export function targets(
  schema: ResourceSchema,
  { op, path, value }: Operation,
  spend: Spend,
): readonly Target[] {
  spend(EFFORT.operation + (path?.length ?? 0) * EFFORT.pathByte);
  if (path === undefined) {
    if (op === 'remove') throw badRequest('noTarget', 'A "remove" needs a "path".');
    return spread(schema, op, value, spend);
  }
  const target = parsePath(path, schema);
  const readOnly = target.chain.find(({ mutability }) => mutability === 'readOnly');
  if (readOnly) throw notMutable(`"${attributeName(readOnly.path)}" is read-only.`);
  if (target.chain[0].name === 'schemas' && op === 'remove') throw notMutable('"schemas" cannot be removed.');
  // A password is taken and forgotten; `schemas` is ours to tell.
  return isWritable(target.chain) ? [{ ...target, op, value }] : [];
}

function spread(
  schema: ResourceSchema,
  op: Operation['op'],
  value: unknown,
  spend: Spend,
  depth = 0,
): Target[] {
  if (!isObject(value))
    throw badRequest('invalidValue', `An "${op}" without a "path" needs an object as "value".`);
  const found: Target[] = [];
  for (const [key, part] of Object.entries(value)) {
    // The core schema's URN as if it were an extension's.
    if (depth === 0 && key.toLowerCase() === schema.id.toLowerCase() && isObject(part)) {
      for (const target of spread(schema, op, part, spend, 1)) found.push(target);
      continue;
    }
    spend(key.includes('[') ? EFFORT.bracketKey + key.length * EFFORT.pathByte : EFFORT.key);
    const target = pathOfKey(schema, key);
    if (target && isWritable(target.chain)) found.push({ ...target, op, value: part });
  }
  return found;
}

function pathOfKey(schema: ResourceSchema, key: string): AttributePath | undefined {
  const chain = resolveChain(schema, key);
  if (chain) return { chain, where: undefined };
  if (!key.includes('[')) return undefined;
  try {
    return parsePath(key, schema);
  } catch (error) {
    if (error instanceof ScimError) return undefined;
    throw error;
  }
}

/** An attribute that is required or may not be written, RFC 7644 section 3.5.2. */
export function notMutable(detail: string): ScimError {
  return badRequest('mutability', detail);
}
