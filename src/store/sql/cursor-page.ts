import sql, { raw, type Sql } from 'sql-template-tag';
import { afterPosition, type KeysetPosition, orderByKey, type SortKey, sortValue } from './keyset.ts';
import { type Selection, sortKey } from './offset-page.ts';
import { inOrder, type SizedRow } from './sized-page.ts';
import type { Sources } from './where.ts';

/** Where a page begins: behind a row, or before it when backwards; at an end of the list when `from` is undefined. */
export interface Cursor {
  readonly from?: KeysetPosition | undefined;
  readonly backwards: boolean;
  /** How many rows the list had when it was begun; undefined when it begins here. */
  readonly total?: number | undefined;
}

/**
 * One page of a list from a row on, as RFC 9865 pages: what others write before it moves nothing, and a page deep in the
 * list costs what the first costs.
 */
export interface CursorSelection extends Selection {
  readonly cursor: Cursor;
  /** Most rows answered, from 1. */
  readonly count: number;
}

/** The rows of a page in the list's order, and the cursors of the pages beside it where there are any. */
export interface CursorPage<Row> {
  readonly rows: readonly Row[];
  readonly previous: Cursor | undefined;
  readonly next: Cursor | undefined;
}

/** A row as a page's query answers it. */
export interface KeysetRow {
  readonly id: string;
  readonly sort_value: string | null;
}

/** Characters of a key that count: a cursor has to fit into a URL. Keys alike so far are sorted by id. */
const KEY_LENGTH = 512;

/** The parts of a page's query: a column `sort_value`, a condition that begins with "and", and ORDER BY with LIMIT. */
export interface CursorParts {
  readonly column: Sql;
  readonly condition: Sql;
  readonly order: Sql;
}

/** Builds a page's query. One row more than the page holds is asked for; `toPage` takes it off. */
export function cursorParts(page: CursorSelection, sources: Sources, id: Sql): CursorParts {
  const key = cursorKey(page, sources);
  return {
    column: sortValue(key),
    condition: afterCursor(page, key, id),
    order: sql`${orderByKey(key, isDescending(page), id)} limit ${page.count + 1}`,
  };
}

/** The key of a page's order, short enough for a cursor. */
export function cursorKey({ sortBy }: Selection, sources: Sources): SortKey | undefined {
  const key = sortKey(sortBy, sources);
  if (key?.type !== 'text') return key;
  return { ...key, expression: sql`left(${key.expression}, ${raw(String(KEY_LENGTH))}) collate "C"` };
}

/** The direction in which a page's rows are read. */
export function isDescending({ sortBy, cursor }: CursorSelection): boolean {
  return (sortBy?.descending ?? false) !== cursor.backwards;
}

/** Rows behind the page's cursor, "and" first. */
export function afterCursor(page: CursorSelection, key: SortKey | undefined, id: Sql): Sql {
  return afterPosition(page.cursor.from, key, id, { descending: isDescending(page) });
}

/** The page of the rows that its query answered, which may have ended at its size before the rows were all there. */
export function toPage<Row extends KeysetRow & SizedRow>(
  answered: readonly Row[],
  page: CursorSelection,
): CursorPage<Row> {
  const found = inOrder(answered);
  const { backwards, from } = page.cursor;
  const isMore = (found[0]?.listed ?? 0) > Math.min(found.length, page.count);
  const rows = found.slice(0, page.count);
  if (backwards) rows.reverse();
  const cameFrom = from !== undefined;
  const [first, last] = [rows[0], rows.at(-1)];
  return {
    rows,
    previous: (backwards ? isMore : cameFrom)
      ? { from: first && positionOf(first), backwards: true }
      : undefined,
    next: (backwards ? cameFrom : isMore) ? { from: last && positionOf(last), backwards: false } : undefined,
  };
}

function positionOf({ id, sort_value }: KeysetRow): KeysetPosition {
  return { value: sort_value, id };
}
