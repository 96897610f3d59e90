import type { Condition } from '../core/condition.ts';
import type { SortBy } from '../core/records.ts';
import { parseFilter } from './filter/parser.ts';
import { parseProjection, type Projection } from './projection.ts';
import type { AttributeRef } from '../core/condition.ts';
import type { SchemaAttribute } from './schema/attribute.ts';
import { resolveChain, type ResourceSchema } from './schema/schema.ts';
import { badRequest, quoted } from './scim-error.ts';

/** The query of a read, as it came; every value a string. */
export type RawQuery = Readonly<Record<string, string>>;

/** The query of a list (RFC 7644 section 3.4.2), checked. */
export interface ListQuery {
  readonly condition: Condition | undefined;
  readonly sortBy: SortBy | undefined;
  readonly startIndex: number;
  readonly count: number;
  readonly projection: Projection;
}

/** Answered when `count` is absent, and the most that is answered at all. */
export const DEFAULT_COUNT = 100;
export const MAX_COUNT = 500;

/** Reads the query of a list. A startIndex below 1 is 1, a negative count is 0 (section 3.4.2.4). */
export function readListQuery(query: RawQuery, schema: ResourceSchema): ListQuery {
  const filter = query['filter'];
  return {
    condition: filter === undefined || filter.trim() === '' ? undefined : parseFilter(filter, schema),
    sortBy: readSort(query, schema),
    startIndex: Math.max(1, integer(query['startIndex'], 'startIndex') ?? 1),
    count: Math.min(MAX_COUNT, Math.max(0, integer(query['count'], 'count') ?? DEFAULT_COUNT)),
    projection: parseProjection(query, schema),
  };
}

// Beyond what any list holds, and within what PostgreSQL takes as an offset.
const MAX_INTEGER = 2 ** 48;

/** `value` may be a number: scimmy's router casts what looks like one. */
function integer(value: unknown, name: string): number | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || text.trim() === '') return undefined;
  if (!/^\s*[+-]?\d+\s*$/.test(text)) throw badRequest('invalidValue', `"${name}" must be a whole number.`);
  return Math.max(-MAX_INTEGER, Math.min(MAX_INTEGER, Number(text)));
}

function readSort(query: RawQuery, schema: ResourceSchema): SortBy | undefined {
  const name = query['sortBy'];
  if (name === undefined || name.trim() === '') return undefined;
  const chain = resolveChain(schema, name.trim());
  if (!chain) throw badRequest('invalidPath', `No attribute is called ${quoted(name)}.`);
  const many = chain.findIndex((attribute) => attribute.multiValued);
  const descending = query['sortOrder']?.toLowerCase() === 'descending';
  const last = chain.at(-1) as SchemaAttribute;
  const outer = many < 0 ? last : (chain[many] as SchemaAttribute);
  if (last.returned === 'never') throw badRequest('invalidPath', `It cannot be sorted by ${quoted(name)}.`);
  if (many < 0) return { attribute: reference(withValue(last), 0), descending };
  // A multi-valued attribute by its primary element's value (section 3.4.2.3).
  const inner = many === chain.length - 1 ? withValue(last) : last;
  return { attribute: reference(outer, 0), inner: reference(inner, outer.path.length), descending };
}

/** A complex attribute sorts by its `value`, where it has one. */
function withValue(attribute: SchemaAttribute): SchemaAttribute {
  if (attribute.type !== 'complex') return attribute;
  return attribute.subAttributes.find((sub) => sub.name === 'value') ?? attribute;
}

function reference({ path, type, caseExact, multiValued }: SchemaAttribute, from: number): AttributeRef {
  return { path: path.slice(from), type, caseExact, multiValued: from === 0 && multiValued };
}
