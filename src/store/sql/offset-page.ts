import sql, { empty, type Sql } from 'sql-template-tag';
import type { AttributeRef, Condition } from './condition.ts';
import { orderByKey, type SortKey } from './keyset.ts';
import { type Source, type Sources, where } from './where.ts';

/** Which resources a list holds, and in which order. */
export interface Selection {
  readonly condition?: Condition | undefined;
  readonly sortBy?: SortBy | undefined;
}

/** One page of a list by position, as RFC 7644 section 3.4.2.4 pages. */
export interface IndexPage extends Selection {
  /** From 1. */
  readonly startIndex: number;
  /** Most rows answered; 0 only counts. */
  readonly count: number;
}

/** What to sort by: an attribute, or one sub-attribute of the primary (else first) element of a multi-valued one. */
export interface SortBy {
  readonly attribute: AttributeRef;
  readonly inner?: AttributeRef | undefined;
  readonly descending: boolean;
}

/** The condition of a page as SQL that follows other conditions with "and". */
export function andCondition(condition: Condition | undefined, sources: Sources): Sql {
  return condition ? sql` and ${where(condition, sources)}` : empty;
}

/** By what a lookup finds its rows: attributes of which nobody else has the same value, and those that others may have. */
export interface LookupKeys {
  readonly unique: readonly string[];
  readonly shared: readonly string[];
}

/**
 * By which kind of key a page is looked up: with `unique` it takes no longer than a row, with `shared` as long as all
 * that have the value. One with an order of its own is a list: the order might take long even for a row.
 */
export function lookupKind({ condition, sortBy }: Selection, keys: LookupKeys): keyof LookupKeys | undefined {
  if (sortBy || condition?.kind !== 'compare' || condition.operator !== 'eq' || condition.value === null)
    return undefined;
  const name = condition.attribute.path.join('.');
  if (keys.unique.includes(name)) return 'unique';
  return keys.shared.includes(name) ? 'shared' : undefined;
}

/**
 * ORDER BY for a list: RFC 7644 section 3.4.2.3 puts what has no value last, first when descending, which is
 * PostgreSQL's own default; the id makes the order total.
 */
export function orderBy(sortBy: SortBy | undefined, sources: Sources, id: Sql): Sql {
  return orderByKey(sortKey(sortBy, sources), sortBy?.descending ?? false, id);
}

/**
 * The key of an order, null where the attribute has no value; undefined when the id alone is the order, so that the primary key serves. Text is sorted by code
 * point, without regard to case unless the attribute is caseExact, so that every database agrees.
 */
export function sortKey(sortBy: SortBy | undefined, sources: Sources): SortKey | undefined {
  if (!sortBy || sortBy.attribute.path.join('.') === 'id') return undefined;
  const source = sources(sortBy.attribute);
  if (source.kind !== 'elements') return keyOf(source, sortBy.attribute);
  const element = sortBy.inner && keyOf(source.attribute(sortBy.inner), sortBy.inner);
  if (!element) return NOTHING;
  const first = sql`(select ${element.expression} from ${source.from} ${firstOf(source, element)} limit 1)`;
  return { expression: element.type === 'text' ? sql`${first} collate "C"` : first, type: element.type };
}

const NOTHING: SortKey = { expression: sql`null::text`, type: 'text' };

function keyOf(source: Source, { type, caseExact }: AttributeRef): SortKey {
  if (source.kind === 'uuid')
    return { expression: sql`${source.expression}::text collate "C"`, type: 'text' };
  if (source.kind !== 'value') return NOTHING;
  const { expression } = source;
  switch (type) {
    case 'boolean':
      return { expression, type: 'boolean' };
    case 'dateTime':
      return { expression, type: 'timestamptz' };
    case 'integer':
    case 'decimal':
      return { expression, type: 'numeric' };
    case 'binary':
    case 'string':
    case 'reference':
    case 'complex': {
      const text = caseExact || type === 'binary' ? expression : sql`lower(${expression})`;
      return { expression: sql`${text} collate "C"`, type: 'text' };
    }
  }
}

/** The primary element first; where the elements have no order, the one with the lowest key. */
function firstOf(source: Source & { kind: 'elements' }, element: SortKey): Sql {
  return sql`order by ${source.order ?? element.expression}`;
}
