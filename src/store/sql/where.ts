import sql, { empty, join, raw, type Sql } from 'sql-template-tag';
import { asId } from '../../lib/ids.ts';
import type { AttributeRef, ComparedValue, Condition, Operator } from './condition.ts';

/** Where the values of an attribute stand in SQL. */
export type Source =
  /** One value: an expression of the attribute's own SQL type (text, boolean, timestamptz, numeric). */
  | { readonly kind: 'value'; readonly expression: Sql }
  /** A UUID column: compared as one, so that its index serves. */
  | { readonly kind: 'uuid'; readonly expression: Sql }
  /** A JSON object: only its presence can be asked. */
  | { readonly kind: 'object'; readonly expression: Sql }
  /**
   * Many values: the FROM (and WHERE) of a subquery with one row an element, and the attributes in it. `order` is an
   * ORDER BY list that puts the primary element first, then the others as they stand; what has no order of its own has
   * none. `eq` may give an indexed condition that holds for every row in which some element's `value` equals the text.
   */
  | {
      readonly kind: 'elements';
      readonly from: Sql;
      readonly attribute: (attribute: AttributeRef) => Source;
      readonly order?: Sql;
      readonly eq?: (value: string) => Sql;
    };

/** Finds the source of an attribute; throws `invalid` for one that can't be asked for. */
export type Sources = (attribute: AttributeRef) => Source;

const FALSE = sql`false`;

/**
 * Compiles a condition to a boolean SQL expression. It may be null where it is false; `not` takes both alike.
 * String comparison follows `caseExact`; LIKE wildcards in a value are literals.
 */
export function where(condition: Condition, sources: Sources): Sql {
  switch (condition.kind) {
    case 'and':
    case 'or': {
      const parts = condition.of.map((part) => where(part, sources));
      return sql`(${join(parts, condition.kind === 'and' ? ' and ' : ' or ')})`;
    }
    case 'not':
      return sql`(${where(condition.of, sources)}) is not true`;
    case 'present':
      return present(condition.attribute, sources(condition.attribute));
    case 'compare':
      return compare(condition.attribute, sources(condition.attribute), condition.operator, condition.value);
    case 'element':
      return element(sources(condition.attribute), condition.where);
  }
}

function element(source: Source, inner: Condition): Sql {
  if (source.kind !== 'elements') throw new Error('An element condition needs a multi-valued attribute.');
  const exists = sql`exists (select from ${source.from} and ${where(inner, source.attribute)})`;
  const value = requiredValue(inner);
  return value !== undefined && source.eq ? sql`(${source.eq(value)} and ${exists})` : exists;
}

/** The text that an element's `value` must equal for the condition to hold, when there is one. */
export function requiredValue(condition: Condition): string | undefined {
  if (condition.kind === 'compare') {
    const { attribute, operator, value } = condition;
    return attribute.path.join('.') === 'value' && operator === 'eq' && typeof value === 'string'
      ? value
      : undefined;
  }
  if (condition.kind !== 'and') return undefined;
  for (const part of condition.of) {
    const value = requiredValue(part);
    if (value !== undefined) return value;
  }
  return undefined;
}

function present(attribute: AttributeRef, source: Source): Sql {
  switch (source.kind) {
    case 'elements':
      return sql`exists (select from ${source.from})`;
    case 'object':
      return sql`(${source.expression} is not null and ${source.expression} <> '{}')`;
    case 'uuid':
      return sql`${source.expression} is not null`;
    case 'value':
      return isText(attribute)
        ? sql`(${source.expression} is not null and ${source.expression} <> '')`
        : sql`${source.expression} is not null`;
  }
}

function compare(attribute: AttributeRef, source: Source, operator: Operator, value: ComparedValue): Sql {
  if (value === null) {
    const isPresent = present(attribute, source);
    return operator === 'ne' ? isPresent : sql`(${isPresent}) is not true`;
  }
  if (source.kind === 'uuid') return compareUuid(source.expression, attribute, operator, String(value));
  if (source.kind !== 'value') return FALSE;
  if (typeof value === 'string' && isText(attribute)) {
    return compareText(source.expression, attribute.caseExact, operator, value);
  }
  const cast = CASTS[attribute.type] ?? empty;
  return sql`${source.expression} ${COMPARISONS[operator] ?? COMPARISONS.eq} ${value}${cast}`;
}

const CASTS: Partial<Record<AttributeRef['type'], Sql>> = {
  dateTime: sql`::timestamptz`,
  integer: sql`::numeric`,
  decimal: sql`::numeric`,
  boolean: sql`::boolean`,
};

const COMPARISONS: Record<string, Sql> & { eq: Sql } = {
  eq: sql`=`,
  ne: sql`is distinct from`,
  gt: sql`>`,
  ge: sql`>=`,
  lt: sql`<`,
  le: sql`<=`,
};

/** A UUID is written in small letters: whatever has capitals equals none, unless case doesn't matter. */
function compareUuid(expression: Sql, { caseExact }: AttributeRef, operator: Operator, value: string): Sql {
  const text = caseExact ? value : value.toLowerCase();
  const isUuid = asId(text) === text;
  if (operator === 'eq') return isUuid ? sql`${expression} = ${text}::uuid` : FALSE;
  return compareText(sql`${expression}::text`, caseExact, operator, value);
}

function compareText(expression: Sql, caseExact: boolean, operator: Operator, value: string): Sql {
  const left = caseExact ? expression : sql`lower(${expression})`;
  const right = (text: string): Sql => (caseExact ? sql`${text}::text` : sql`lower(${text})`);
  switch (operator) {
    case 'eq':
      return sql`${left} = ${right(value)}`;
    case 'ne':
      return sql`${left} is distinct from ${right(value)}`;
    case 'co':
      return sql`${left} like ${right(`%${literal(value)}%`)}`;
    case 'sw':
      return sql`${left} like ${right(`${literal(value)}%`)}`;
    case 'ew':
      return sql`${left} like ${right(`%${literal(value)}`)}`;
    case 'gt':
    case 'ge':
    case 'lt':
    case 'le':
      return sql`${left} collate "C" ${COMPARISONS[operator] ?? COMPARISONS.eq} ${right(value)}`;
  }
}

/** The text with LIKE's wildcards made literal. */
export function literal(text: string): string {
  return text.replace(/[\\%_]/g, (character) => `\\${character}`);
}

function isText(attribute: AttributeRef): boolean {
  return attribute.type === 'string' || attribute.type === 'reference' || attribute.type === 'binary';
}

/** An attribute kept in a JSON column, by its path. */
export function jsonSource(column: Sql, attribute: AttributeRef): Source {
  const { path, type, multiValued } = attribute;
  if (multiValued) {
    return {
      kind: 'elements',
      // A condition on one element follows with "and".
      from: sql`jsonb_array_elements(${column} #> ${path}::text[]) with ordinality as element(value, position)
        where true`,
      attribute: (inner) => jsonSource(sql`element.value`, inner),
      order: sql`(element.value -> 'primary') is distinct from 'true', element.position`,
    };
  }
  if (type === 'complex') return { kind: 'object', expression: sql`(${column} #> ${path}::text[])` };
  const text = jsonText(column, path);
  return { kind: 'value', expression: CASTS[type] ? sql`(${text})${CASTS[type]}` : text };
}

/** One key is written as `->>`, the form that the expression indexes have. */
function jsonText(column: Sql, path: readonly string[]): Sql {
  const [key, ...rest] = path;
  if (key !== undefined && rest.length === 0 && /^[A-Za-z$]+$/.test(key)) {
    return sql`(${column} ->> ${raw(`'${key}'`)})`;
  }
  return sql`(${column} #>> ${path}::text[])`;
}
