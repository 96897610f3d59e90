import type { SchemaAttribute } from '../schema/attribute.ts';
import { attributeName } from '../schema/attribute.ts';
import type { ResourceSchema } from '../schema/schema.ts';
import { resolveInside } from '../schema/schema.ts';
import { appRoleAssignment } from './app-role.ts';
import type { Json, JsonObject } from './json.ts';
import { isArray, isObject, isUnassigned } from './json.ts';
import { MAX_ELEMENTS } from './limits.ts';
import { settle } from './normalize.ts';
import { simpleValue, wrongType } from './simple.ts';

/**
 * The elements of a multi-valued attribute (RFC 7643 section 2.4) as they are kept: a single element may come
 * without its array, and an element of only a `value` as that value alone. Every multi-valued attribute that a client
 * may write is complex.
 */
export function elements(
  schema: ResourceSchema,
  attribute: SchemaAttribute,
  raw: unknown,
): readonly JsonObject[] {
  if (isUnassigned(raw)) return [];
  const list: JsonObject[] = [];
  for (const item of isArray(raw) ? raw : [raw]) {
    const value = element(schema, attribute, item);
    if (value) list.push(value);
  }
  return bounded(attribute, settle(list));
}

/** The same elements, when they are not too many. */
export function bounded(attribute: SchemaAttribute, list: readonly JsonObject[]): readonly JsonObject[] {
  if (list.length > MAX_ELEMENTS) throw wrongType(attribute, `${MAX_ELEMENTS} values at most`);
  return list;
}

/** One element, or undefined when nothing in it is assigned. Unknown and read-only sub-attributes are left out. */
export function element(
  schema: ResourceSchema,
  attribute: SchemaAttribute,
  raw: unknown,
): JsonObject | undefined {
  if (isUnassigned(raw)) return undefined;
  const parts = appRoleAssignment(attribute, isObject(raw) ? raw : bare(attribute, raw));
  const given = new Map<string, Json>();
  for (const [key, value] of Object.entries(parts)) {
    const sub = resolveInside(schema, attribute, key)?.at(-1);
    if (!sub || sub.mutability === 'readOnly') continue;
    const simple = simpleValue(sub, value);
    if (simple === undefined) given.delete(sub.name);
    else given.set(sub.name, simple);
  }
  return given.size === 0 ? undefined : ordered(attribute, given);
}

function bare(attribute: SchemaAttribute, raw: unknown): Readonly<Record<string, unknown>> {
  const hasValue = attribute.subAttributes.some((sub) => sub.name === 'value');
  if (!hasValue || typeof raw !== 'string') {
    throw wrongType(attribute, `an array of objects, such as "${attributeName(attribute.path)}": [{…}]`);
  }
  return { value: raw };
}

/** In the schema's order, so that equal elements are equal as text. */
function ordered(attribute: SchemaAttribute, given: ReadonlyMap<string, Json>): JsonObject {
  const entries: [string, Json][] = [];
  for (const { name } of attribute.subAttributes) {
    const value = given.get(name);
    if (value !== undefined) entries.push([name, value]);
  }
  return Object.fromEntries(entries);
}
