import sql, { empty, raw, type Sql } from 'sql-template-tag';

/** What rows are sorted by before their id. */
export interface SortKey {
  readonly expression: Sql;
  /** The SQL type, so that a value's text can be read back. */
  readonly type: 'text' | 'boolean' | 'integer' | 'numeric' | 'timestamptz';
}

/** A row's place in an order: the value of its key as text, null where it has none or ids alone are the order; its id. */
export interface KeysetPosition {
  readonly value: string | null;
  readonly id: string;
}

/** Sorts text by code point without regard to case, alike on every database. */
export function byText(expression: Sql): SortKey {
  return { expression: sql`lower(${expression}) collate "C"`, type: 'text' };
}

/** The column `sort_value`, of which positions are made. */
export function sortValue(key: SortKey | undefined): Sql {
  return key ? sql`(${key.expression})::text as sort_value` : sql`null::text as sort_value`;
}

/** ORDER BY for a key, if there is one, and the id after it, which makes the order total. */
export function orderByKey(key: SortKey | undefined, descending: boolean, id: Sql): Sql {
  const direction = descending ? sql`desc` : sql`asc`;
  return key
    ? sql`order by ${key.expression} ${direction}, ${id} ${direction}`
    : sql`order by ${id} ${direction}`;
}

/**
 * Rows behind a position, "and" first. What has no value comes last, and first when descending; a key that every row has
 * is told to be `neverNull`, and then an index in its order serves.
 */
export function afterPosition(
  position: KeysetPosition | undefined,
  key: SortKey | undefined,
  id: Sql,
  { descending, neverNull = false }: { readonly descending: boolean; readonly neverNull?: boolean },
): Sql {
  if (!position) return empty;
  const operator = descending ? sql`<` : sql`>`;
  const isBehind = sql`${id} ${operator} ${position.id}::uuid`;
  if (!key) return sql`and ${isBehind}`;
  if (position.value === null) {
    const besides = sql`(${key.expression} is null and ${isBehind})`;
    return descending ? sql`and (${besides} or ${key.expression} is not null)` : sql`and ${besides}`;
  }
  const value = sql`${position.value}${raw(`::${key.type}`)}`;
  const further = sql`(${key.expression}, ${id}) ${operator} (${value}, ${position.id}::uuid)`;
  return descending || neverNull ? sql`and ${further}` : sql`and (${further} or ${key.expression} is null)`;
}
