import sql, { empty, join, raw, type Sql } from 'sql-template-tag';
import { invalid } from '../../lib/errors.ts';
import { MAX_PAGE_BYTES } from './sized-page.ts';
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

/** What rows are sorted by: an expression that is never null, and how its text is read back. */
export interface SortKey {
  readonly expression: Sql;
  readonly type: 'text' | 'integer' | 'timestamptz';
}

const TYPES: Record<SortKey['type'], { cast: Sql; isOne: (text: string) => boolean }> = {
  text: { cast: sql`::text`, isOne: () => true },
  integer: { cast: sql`::integer`, isOne: (text) => /^-?\d{1,9}$/.test(text) },
  timestamptz: { cast: sql`::timestamptz`, isOne: isTime },
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

/** Sorts text by code point without regard to case, alike on every database. */
export function byText(expression: Sql): SortKey {
  return { expression: sql`lower(${expression}) collate "C"`, type: 'text' };
}

/**
 * The parts of a page's query: a column `sort_value`, conditions that begin with "and", and ORDER BY with LIMIT. One
 * row more than the page holds is asked for; `asPage` takes it off. `searched` are text expressions.
 */
export function keyset<Sort extends string>(
  page: KeysetPage<Sort>,
  sorts: Readonly<Record<Sort, SortKey>>,
  id: Sql,
  searched: readonly Sql[],
): { column: Sql; conditions: Sql; order: Sql } {
  const { expression, type } = sorts[page.sort.by];
  const direction = page.sort.descending ? sql`desc` : sql`asc`;
  return {
    column: sql`(${expression})::text as sort_value`,
    conditions: sql`${searching(page.search, searched)} ${page.after ? beyond(page, expression, type, id) : empty}`,
    order: sql`order by ${expression} ${direction}, ${id} ${direction} limit ${page.limit + 1}`,
  };
}

function beyond({ after, sort }: KeysetPage<string>, expression: Sql, type: SortKey['type'], id: Sql): Sql {
  if (!after) return empty;
  if (!TYPES[type].isOne(after.value)) throw invalid('cursor', 'This cursor does not belong to this list.');
  const operator = sort.descending ? sql`<` : sql`>`;
  return sql`and (${expression}, ${id}) ${operator} (${after.value}${TYPES[type].cast}, ${after.id}::uuid)`;
}

function searching(search: string | undefined, searched: readonly Sql[]): Sql {
  if (search === undefined || search === '') return empty;
  const pattern = `%${literal(search)}%`;
  const found = searched.map((expression) => sql`lower(${expression}) like lower(${pattern})`);
  return sql`and (${join(found, ' or ')})`;
}

/**
 * A page's query, ended where its rows together are larger than a page may be; the first row is there whatever its size.
 * Each row tells in `is_more` whether another was found behind it.
 */
export function endedBySize(query: Sql): Sql {
  return sql`select * from (
      select placed.*, lead(true, 1, false) over (order by page_place) as is_more,
        sum(octet_length(placed::text)) over (order by page_place) as page_bytes
      from (select listed.*, row_number() over () as page_place from (${query}) listed) placed) measured
    where page_place = 1 or page_bytes <= ${raw(String(MAX_PAGE_BYTES))} order by page_place`;
}

/** What each row of such a query tells beside its own columns. */
export interface MoreRow {
  readonly is_more: boolean;
  readonly page_place: number;
  readonly page_bytes: number;
}

/** The rows of a page, and the last of them when there are more behind it. */
export interface PageRows<Row> {
  readonly items: readonly Row[];
  readonly goesOnAfter: Row | undefined;
}

/** The rows of a page, without the one that was asked for only to know whether there are more. */
export function itemsOf<Row extends object>(
  rows: readonly (Row & Partial<MoreRow>)[],
  limit: number,
): PageRows<Row> {
  const shown = rows.slice(0, limit);
  const isMore = rows.length > limit || shown.at(-1)?.is_more === true;
  const items = shown.map(ownColumns);
  return { items, goesOnAfter: isMore ? items.at(-1) : undefined };
}

function ownColumns<Row extends object>(row: Row & Partial<MoreRow>): Row {
  if (row.page_place === undefined) return row;
  const own: { -readonly [Column in keyof MoreRow]?: MoreRow[Column] } = { ...row };
  delete own.is_more;
  delete own.page_place;
  delete own.page_bytes;
  return own as Row;
}

/** A page of the rows that its query answered. */
export function asPage<Row extends { readonly id: string; readonly sort_value: string }>(
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
