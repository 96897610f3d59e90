import sql, { empty, join, raw, type Sql } from 'sql-template-tag';
import { rows } from '../db/query.ts';
import type { Scope } from '../db/scope.ts';

/** Bytes after which a page ends, about: what is counted is what is stored, and goes out with names around it. */
export const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** Rows that are measured at a time. What lies beyond the end of a page is read for so many at most. */
const STRIDE = 32;

/** Bytes of a resource's frame: names, ids, times and addresses. */
const FRAME = 1_000;

/** A page that ends at a size. */
export interface SizedPage {
  /** A query with the ids of the page in their order, as `id`, cut to the number of rows that the client wants. */
  readonly listed: Sql;
  /** Text columns of `listed` that are answered with each row. */
  readonly carried?: readonly ('kind' | 'sort_value')[];
  /** A query for the row of one id, `one.id`. */
  readonly row: Sql;
  /** Bytes of a row, which is called `shown`; what surrounds it is added. */
  readonly size: Sql;
}

/** What comes with each row of a page that ends at a size. */
export interface SizedRow {
  readonly place: number;
  /** Bytes of the page up to the end of this row. */
  readonly bytes: number;
  /** How many rows the page would have without a limit to its size. */
  readonly listed: number;
}

/**
 * The rows of a page in their order, up to the size of a page; the first is there whatever its size. The rows are walked
 * through a few at a time, so that one page of large rows does not have the database unpack them all. `inOrder` puts what
 * is answered in order: it comes so, and to have it sorted in the database takes a third of a page's time.
 */
export function sizedPage({ listed, carried = [], row, size }: SizedPage): Sql {
  const arrays = ['id', ...carried];
  const stride = (place: Sql, bytes: Sql): Sql => {
    const slices = arrays.map(
      (name) => sql`listed.${raw(`${name}s`)}[${place} + 1 : ${place} + ${STRIDE_SQL}]`,
    );
    return sql`select (${place} + one.place)::integer as place,
        (${bytes} + sum(${raw(String(FRAME))} + ${size}) over (order by one.place))::bigint as bytes,
        ${carried.length > 0 ? sql`${names(carried.map((name) => `one.${name}`))},` : empty} shown.*
      from unnest(${join(slices, ', ')}) with ordinality as one(${names([...arrays, 'place'])})
      cross join lateral (${row} limit 1) shown`;
  };
  return sql`with recursive listed as materialized (
      select ${names(arrays.map((name) => `array_agg(l.${name}) as ${name}s`))} from (${listed}) l),
    walked as (
      select step.* from listed cross join lateral (${stride(sql`0`, sql`0`)}) step
      union all
      select step.* from walked cross join listed
        cross join lateral (${stride(sql`walked.place`, sql`walked.bytes`)}) step
      where walked.place % ${STRIDE_SQL} = 0 and walked.bytes <= ${raw(String(MAX_PAGE_BYTES))})
    select walked.*, (select cardinality(ids) from listed) as listed from walked
    where place = 1 or bytes <= ${raw(String(MAX_PAGE_BYTES))}`;
}

const STRIDE_SQL = raw(String(STRIDE));

function names(all: readonly string[]): Sql {
  return join(
    all.map((name) => raw(name)),
    ', ',
  );
}

/**
 * Bytes of a JSON column as text. A short value that is stored as it is has about the size it has stored; whether
 * others grow, by unpacking or by escapes, only their text tells.
 */
export function jsonBytes(column: Sql): Sql {
  return sql`case when pg_column_size(${column}) < 2000 and pg_column_compression(${column}) is null
    then pg_column_size(${column}) else octet_length(${column}::text) end`;
}

/** Rows of a page, and whether it ended before all that were asked for. */
export interface Cut<Row> {
  readonly rows: readonly Row[];
  readonly isCut: boolean;
}

/** The rows of such a query in their order. */
export function inOrder<Row extends Pick<SizedRow, 'place'>>(found: readonly Row[]): Row[] {
  return [...found].sort((one, other) => one.place - other.place);
}

/** The page that the rows of such a query are. */
export function cutOf<Row extends SizedRow>(found: readonly Row[]): Cut<Row> {
  const inPlace = inOrder(found);
  return { rows: inPlace, isCut: inPlace.length < (inPlace[0]?.listed ?? 0) };
}

/** The rows of a page, and the last of them when there are more behind it. */
export interface PageRows<Row> {
  readonly items: readonly Row[];
  readonly goesOnAfter: Row | undefined;
}

/**
 * A page that ends at `limit` rows or at a size, whichever comes first; it has a row at least, if there is one. `listed`
 * names one row more than `limit`.
 */
export async function pageByBytes<Row>(scope: Scope, page: SizedPage, limit: number): Promise<PageRows<Row>> {
  const found = await rows<Row & SizedRow>(scope, sizedPage(page));
  const items = found.slice(0, limit);
  const isMore = (found[0]?.listed ?? 0) > items.length;
  return { items, goesOnAfter: isMore ? items.at(-1) : undefined };
}

/**
 * The other way to end a page at a size, for rows that are small or have no id of their own: all of them are read and
 * measured as they are answered. The first row is there whatever its size. Each tells in `is_more` whether another was
 * found behind it.
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

/**
 * The rows of a page, without the one that was asked for only to know whether there are more; and its last row when there
 * are.
 */
export function itemsOf<Row extends object>(
  found: readonly (Row & Partial<MoreRow>)[],
  limit: number,
): PageRows<Row> {
  const shown = found.slice(0, limit);
  const isMore = found.length > limit || shown.at(-1)?.is_more === true;
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
