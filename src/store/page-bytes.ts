import sql, { type Sql } from 'sql-template-tag';
import type { Db } from './db.ts';
import { rows } from './query.ts';

/** A page ends with the row that reaches this many bytes as text. */
const PAGE_BYTES = 4 * 1024 * 1024;

/** What is wanted of a list. */
interface PageAsked {
  /** Rows in their order, one more than `limit`. */
  readonly query: Sql;
  readonly limit: number;
  /** Bytes of a row `q` as it is stored, known without reading large values: so that no more are read than are shown. */
  readonly stored?: Sql;
}

/** The columns by which a page is cut. */
interface Cutting {
  readonly page_place: number;
  readonly page_rows: number;
  readonly page_stored: number;
  readonly page_bytes: number;
}

/** A page that ends at a number of rows or of bytes, whichever comes first; it has a row at least, if there is one. */
export async function pageByBytes<Row>(
  db: Db,
  { query, limit, stored = sql`0` }: PageAsked,
): Promise<{ readonly items: readonly Row[]; readonly more: boolean }> {
  const before = sql`order by page_place rows between unbounded preceding and 1 preceding`;
  const found = await rows<Row & Cutting>(
    db,
    sql`select * from (
        select s.*, coalesce(sum(octet_length(s::text)) over (${before}), 0)::float8 as page_bytes from (
          select q.*, coalesce(sum(${stored}) over (${before}), 0)::float8 as page_stored
          from (select l.*, row_number() over () as page_place, count(*) over () as page_rows from (${query}) l) q) s
        where s.page_stored < ${PAGE_BYTES}) t
      where t.page_bytes < ${PAGE_BYTES} order by page_place`,
  );
  const items = found.slice(0, limit).map(withoutCutting);
  return { items, more: (found[0]?.page_rows ?? 0) > items.length };
}

function withoutCutting<Row>(row: Row & Cutting): Row {
  const { page_place: _place, page_rows: _rows, page_stored: _stored, page_bytes: _bytes, ...own } = row;
  return own as Row;
}
