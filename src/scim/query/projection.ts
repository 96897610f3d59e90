import type { Json, JsonObject } from '../input/json.ts';
import { isArray, isObject } from '../input/json.ts';
import type { SchemaAttribute } from '../schema/attribute.ts';
import type { ResourceSchema } from '../schema/schema.ts';
import { resolveChain } from '../schema/schema.ts';
import { badRequest } from '../scim-error.ts';

/** What is shown of an attribute: all of it, or only some sub-attributes. */
type Shown = 'whole' | ReadonlyMap<string, Shown>;

/** Which attributes an answer carries, RFC 7644 section 3.9. */
export interface Projection {
  readonly shown: ReadonlyMap<string, Shown>;
  /** Whether the attribute of that name, or anything in it, will be shown: what isn't need not be loaded. */
  readonly wants: (name: string) => boolean;
}

/** The two parameters as they come: a comma list of a query, or the array of a `.search` body. */
export interface ProjectionParameters {
  readonly attributes?: unknown;
  readonly excludedAttributes?: unknown;
}

/**
 * Reads `attributes` and `excludedAttributes` (RFC 7644 section 3.9) against the schema and its `returned`
 * characteristics (RFC 7643 section 7). Names that no schema has are ignored. Both at once, which the RFC doesn't
 * foresee, show what the one asks for without what the other leaves out.
 */
export function parseProjection(parameters: ProjectionParameters, schema: ResourceSchema): Projection {
  if (parameters.attributes !== undefined || parameters.excludedAttributes !== undefined) {
    return projectionOf(parameters, schema);
  }
  const known = defaults.get(schema) ?? projectionOf({}, schema);
  defaults.set(schema, known);
  return known;
}

/** What is shown when nothing else was asked for. */
const defaults = new WeakMap<ResourceSchema, Projection>();

function projectionOf(parameters: ProjectionParameters, schema: ResourceSchema): Projection {
  const asked = attributesIn(parameters.attributes, 'attributes', schema);
  const excluded = attributesIn(parameters.excludedAttributes, 'excludedAttributes', schema);
  const shown = plan(schema.attributes, {
    asked,
    excluded: excluded ?? new Set(),
    isInherited: asked === undefined,
  });
  return { shown, wants: (name) => isShown(shown, schema, name) };
}

/** The part of a resource that is to be shown. What the schema doesn't have is never shown. */
export function project(resource: JsonObject, projection: Projection): JsonObject {
  return part(resource, projection.shown);
}

function attributesIn(
  value: unknown,
  parameter: string,
  schema: ResourceSchema,
): Set<SchemaAttribute> | undefined {
  const texts: readonly unknown[] = isArray(value)
    ? value
    : value === undefined || value === null
      ? []
      : [value];
  const found = new Set<SchemaAttribute>();
  let isGiven = false;
  for (const text of texts) {
    if (typeof text !== 'string') throw badRequest('invalidValue', `"${parameter}" must be a list of names.`);
    for (const name of text.split(',')) {
      if (name.trim() === '') continue;
      isGiven = true;
      // The core schema's URN stands for all of its own attributes.
      if (name.trim().toLowerCase() === schema.id.toLowerCase()) addCore(found, schema);
      const attribute = resolveChain(schema, name.trim())?.at(-1);
      if (attribute) found.add(attribute);
    }
  }
  return isGiven ? found : undefined;
}

function addCore(found: Set<SchemaAttribute>, schema: ResourceSchema): void {
  for (const attribute of schema.attributes) {
    const isCore = !schema.extensions.includes(attribute.name);
    if (isCore && attribute.returned !== 'request') found.add(attribute);
  }
}

interface Wish {
  /** Undefined: the default set. */
  readonly asked: ReadonlySet<SchemaAttribute> | undefined;
  readonly excluded: ReadonlySet<SchemaAttribute>;
  /** Whether what surrounds the attributes is shown, and so they are unless something else is said. */
  readonly isInherited: boolean;
}

function plan(attributes: readonly SchemaAttribute[], wish: Wish): ReadonlyMap<string, Shown> {
  const shown = new Map<string, Shown>();
  for (const attribute of attributes) {
    const value = planOne(attribute, wish);
    if (value !== undefined) shown.set(attribute.name, value);
  }
  return shown;
}

function planOne(attribute: SchemaAttribute, wish: Wish): Shown | undefined {
  const { returned, subAttributes } = attribute;
  if (returned === 'never') return undefined;
  if (returned === 'always') return 'whole';
  if (wish.excluded.has(attribute)) return undefined;
  const isNamed = wish.asked?.has(attribute) === true;
  const isInherited = isNamed || (wish.isInherited && returned === 'default');
  if (subAttributes.length === 0) return isInherited ? 'whole' : undefined;
  const subs = plan(subAttributes, { ...wish, isInherited });
  if (subs.size === 0) return undefined;
  const isWhole = subs.size === subAttributes.length && [...subs.values()].every((sub) => sub === 'whole');
  return isWhole ? 'whole' : subs;
}

function isShown(shown: ReadonlyMap<string, Shown>, schema: ResourceSchema, name: string): boolean {
  let level: Shown | undefined = shown;
  for (const attribute of resolveChain(schema, name) ?? []) {
    if (level === 'whole') return true;
    level = level.get(attribute.name);
    if (level === undefined) return false;
  }
  return level !== shown;
}

function part(value: JsonObject, shown: ReadonlyMap<string, Shown>): JsonObject {
  const seenOf: Record<string, Json> = {};
  for (const [name, how] of shown) {
    const whole = Object.hasOwn(value, name) ? value[name] : undefined;
    if (whole === undefined) continue;
    const seen = how === 'whole' ? whole : partOf(whole, how);
    // The names are a schema's.
    if (seen !== undefined) seenOf[name] = seen;
  }
  return seenOf;
}

/** Undefined when nothing of the value is left to show. */
function partOf(value: Json, shown: ReadonlyMap<string, Shown>): Json | undefined {
  if (isArray(value)) {
    const elements = value
      .map((element) => partOf(element, shown))
      .filter((element) => element !== undefined);
    return elements.length === 0 ? undefined : elements;
  }
  if (!isObject(value)) return undefined;
  const seen = part(value, shown);
  return Object.keys(seen).length === 0 ? undefined : seen;
}
