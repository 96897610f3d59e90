import sql, { empty, type Sql } from 'sql-template-tag';
import type { AttributeRef, Condition } from './condition.ts';
import { where, type Source, type Sources } from './where.ts';

/** One page of a list by position, as RFC 7644 section 3.4.2 pages. */
export interface IndexPage {
  readonly condition?: Condition | undefined;
  readonly sortBy?: SortBy | undefined;
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

/**
 * ORDER BY for a list: RFC 7644 section 3.4.2.3 puts what has no value last, first when descending, which is
 * PostgreSQL's own default; the id makes the order total. Text is sorted by code point, without regard to case
 * unless the attribute is caseExact, so that every database agrees.
 */
export function orderBy(sortBy: SortBy | undefined, sources: Sources, id: Sql): Sql {
  if (!sortBy) return sql`order by ${id}`;
  const direction = sortBy.descending ? sql`desc` : sql`asc`;
  return sql`order by ${sortKey(sources(sortBy.attribute), sortBy)} ${direction}, ${id} ${direction}`;
}

function sortKey(source: Source, sortBy: SortBy): Sql {
  switch (source.kind) {
    case 'value':
      return valueKey(source.expression, sortBy.attribute);
    case 'uuid':
    case 'object':
      return source.expression;
    case 'elements': {
      const inner = sortBy.inner;
      if (!inner) return sql`null::text`;
      const element = source.attribute(inner);
      if (element.kind === 'elements') return sql`null::text`;
      const key = element.kind === 'value' ? valueKey(element.expression, inner) : element.expression;
      const primary = primaryFirst(source);
      return sql`(select ${key} from ${source.from} ${primary} limit 1)`;
    }
  }
}

function primaryFirst(source: Source & { kind: 'elements' }): Sql {
  if (!source.from.sql.includes('as element(value)')) return empty;
  return sql`order by (element.value -> 'primary') is distinct from 'true'`;
}

function valueKey(expression: Sql, attribute: AttributeRef): Sql {
  if (attribute.type !== 'string' && attribute.type !== 'reference') return expression;
  return attribute.caseExact ? sql`${expression} collate "C"` : sql`lower(${expression}) collate "C"`;
}
