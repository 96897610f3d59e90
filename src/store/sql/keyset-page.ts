import sql, { empty, join, type Sql } from 'sql-template-tag';
import { invalid } from '../../lib/errors.ts';
import { afterPosition, orderByKey, type SortKey, sortValue } from './keyset.ts';
import type { PageRows } from './sized-page.ts';
import { itemsOf, type MoreRow } from './sized-page.ts';
import { literal } from './where.ts';

/** A page of a list that goes on from where the one before it ended. */
export interface KeysetPage<Sort extends string> {
  readonly sort: { readonly by: Sort; readonly descending: boolean };
  /** Most rows answered, from 1. */
  readonly limit: number;
  readonly after?: Position | undefined;
  /** Text to find in the rows' names, without regard to case. */
  readonly search?: string | undefined;
}

/** The last row of a page: what it was sorted by, as text, and its id. */
export interface Position {
  readonly value: string;
  readonly id: string;
}

/** One page of a list; `next` is null on the last. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: Position | null;
}

/** Keys of which values are read back from what a client sends: whether a text is one. */
const IS_VALUE: Partial<Record<SortKey['type'], (text: string) => boolean>> = {
  text: () => true,
  integer: (text) => /^-?\d{1,9}$/.test(text),
  timestamptz: isTime,
};

const TIME =
  /^(\d{4}-\d\d-\d\d) ([01]\d|2[0-3])((?::[0-5]\d){2}(?:\.\d{1,6})?)[+-](?:0\d|1[0-4])(?::[0-5]\d){0,2}$/;

/** A time as PostgreSQL writes one, with the offset of whatever zone the session has. */
function isTime(text: string): boolean {
  const [, day = ''] = TIME.exec(text) ?? [];
  const midnight = new Date(`${day}T00:00:00Z`);
  // JavaScript makes March of the 30th of February, and PostgreSQL has no year 0.
  return day >= '0001-01-02' && !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}

/**
 * The parts of a page's query: a column `sort_value`, conditions that begin with "and", and ORDER BY with LIMIT. One
 * row more than the page holds is asked for; `asPage` takes it off. A key of `sorts` is never null; `searched` are text
 * expressions. Throws `invalid` for a position of another order.
 */
export function keyset<Sort extends string>(
  page: KeysetPage<Sort>,
  sorts: Readonly<Record<Sort, SortKey>>,
  id: Sql,
  searched: readonly Sql[],
): { column: Sql; conditions: Sql; order: Sql } {
  const key = sorts[page.sort.by];
  const { descending } = page.sort;
  if (page.after && IS_VALUE[key.type]?.(page.after.value) !== true)
    throw invalid('cursor', 'This cursor does not belong to this list.');
  const after = afterPosition(page.after, key, id, { descending, neverNull: true });
  return {
    column: sortValue(key),
    conditions: sql`${searching(page.search, searched)} ${after}`,
    order: sql`${orderByKey(key, descending, id)} limit ${page.limit + 1}`,
  };
}

function searching(search: string | undefined, searched: readonly Sql[]): Sql {
  if (search === undefined || search === '') return empty;
  const pattern = `%${literal(search)}%`;
  const found = searched.map((expression) => sql`lower(${expression}) like lower(${pattern})`);
  return sql`and (${join(found, ' or ')})`;
}

/** A page of the rows that its query answered. */
export function toKeysetPage<Row extends { readonly id: string; readonly sort_value: string }>(
  rows: readonly (Row & Partial<MoreRow>)[],
  limit: number,
): Page<Row> {
  return withNext(itemsOf(rows, limit), positionOf);
}

/** A page with the position from which the list goes on; null on the last. */
export function withNext<Row, Place>(
  { items, goesOnAfter }: PageRows<Row>,
  positionOf: (row: Row) => Place,
): { readonly items: readonly Row[]; readonly next: Place | null } {
  return { items, next: goesOnAfter === undefined ? null : positionOf(goesOnAfter) };
}

/** Where a list goes on behind a row. */
export function positionOf({
  sort_value,
  id,
}: {
  readonly sort_value: string;
  readonly id: string;
}): Position {
  return { value: sort_value, id };
}
