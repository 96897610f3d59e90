import type { SchemaAttribute } from '../schema/attribute.ts';
import type { ResourceSchema } from '../schema/schema.ts';
import { resolveInside } from '../schema/schema.ts';
import { bounded, elements } from './elements.ts';
import type { Json, JsonObject } from './json.ts';
import { isObject, isUnassigned } from './json.ts';
import { settle } from './normalize.ts';
import { simpleValue, wrongType } from './simple.ts';

/**
 * A resource in the making: its writable attributes by canonical name. A Map of values that are never changed in
 * place: no key of a client's reaches an object, and what a draft was made from stays as it was.
 */
export type Draft = Map<string, Json>;

/** The value at a path, or undefined. */
export function read(draft: Draft, path: readonly string[]): Json | undefined {
  const [first = '', ...rest] = path;
  let value = draft.get(first);
  for (const name of rest) value = isObject(value) ? value[name] : undefined;
  return value;
}

/** Puts a value at a path, or takes it away; what it leaves empty goes too (RFC 7643 section 2.5). */
export function write(draft: Draft, path: readonly string[], value: Json | undefined): void {
  const [first = '', ...rest] = path;
  const whole = rest.length === 0 ? value : within(draft.get(first), rest, value);
  if (whole === undefined || isUnassigned(whole)) draft.delete(first);
  else draft.set(first, whole);
}

function within(
  parent: Json | undefined,
  path: readonly string[],
  value: Json | undefined,
): JsonObject | undefined {
  const [first = '', ...rest] = path;
  const members = new Map(Object.entries(isObject(parent) ? parent : {}));
  const whole = rest.length === 0 ? value : within(members.get(first), rest, value);
  if (whole === undefined || isUnassigned(whole)) members.delete(first);
  else members.set(first, whole);
  return members.size === 0 ? undefined : Object.fromEntries(members);
}

/**
 * Gives an attribute what a client sent for it, RFC 7644 sections 3.5.2.1 and 3.5.2.3: `replace` and `add` differ
 * only where there are many values. Of a complex attribute the given sub-attributes are set and the others stay.
 */
export function assign(
  draft: Draft,
  schema: ResourceSchema,
  attribute: SchemaAttribute,
  raw: unknown,
  mode: 'add' | 'replace',
): void {
  if (attribute.multiValued) {
    const given = elements(schema, attribute, raw);
    const kept = mode === 'add' ? elementsOf(draft, attribute) : [];
    write(draft, attribute.path, bounded(attribute, settle([...kept, ...given])));
  } else if (attribute.type === 'complex') {
    assignComplex(draft, schema, attribute, raw, mode);
  } else {
    writeSimple(draft, attribute, simpleValue(attribute, raw));
  }
}

/** The elements that a multi-valued attribute has. */
export function elementsOf(draft: Draft, attribute: SchemaAttribute): readonly JsonObject[] {
  return (read(draft, attribute.path) ?? []) as readonly JsonObject[];
}

function assignComplex(
  draft: Draft,
  schema: ResourceSchema,
  attribute: SchemaAttribute,
  raw: unknown,
  mode: 'add' | 'replace',
): void {
  // Entra ID sends a manager as an array of one: learn.microsoft.com, use-scim-to-provision-users-and-groups.
  const given: unknown = Array.isArray(raw) && raw.length === 1 ? raw[0] : raw;
  if (isUnassigned(given)) {
    write(draft, attribute.path, undefined);
    return;
  }
  const parts = isObject(given) ? given : bare(attribute, given);
  const assigned: (readonly [SchemaAttribute, unknown])[] = [];
  for (const [key, value] of Object.entries(parts)) {
    const chain = resolveInside(schema, attribute, key);
    const sub = chain?.at(-1);
    if (!sub || chain?.some(({ mutability }) => mutability === 'readOnly')) continue;
    // A new `value` takes the old `$ref` with it, so the new `$ref` has to come after it.
    if (sub.name === 'value') assigned.unshift([sub, value]);
    else assigned.push([sub, value]);
  }
  for (const [sub, value] of assigned) assign(draft, schema, sub, value, mode);
}

function bare(attribute: SchemaAttribute, given: unknown): Readonly<Record<string, unknown>> {
  const hasValue = attribute.subAttributes.some((sub) => sub.name === 'value');
  if (!hasValue || typeof given !== 'string') throw wrongType(attribute, 'an object');
  return { value: given };
}

/** Writes a simple attribute. A manager's `$ref` leads to the old manager once `value` is another. */
export function writeSimple(draft: Draft, attribute: SchemaAttribute, value: Json | undefined): void {
  if (attribute.name === 'value' && read(draft, attribute.path) !== value) {
    write(draft, [...attribute.path.slice(0, -1), '$ref'], undefined);
  }
  write(draft, attribute.path, value);
}
