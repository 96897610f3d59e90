import { stringify } from 'csv-stringify/sync';
import type { Cell, ExportFile } from '../core/exports/file.ts';

/**
 * Spreadsheets skip white space, control characters and what nobody sees at the beginning of a cell, and take what
 * follows for a formula.
 */
const FORMULA_LATER =
  /^(?:\p{Cc}|[\p{White_Space}\p{Default_Ignorable_Code_Point}][\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}]*[=+\-@\uff1d\uff0b\uff0d\uff20])/u;

const OPTIONS = {
  record_delimiter: '\r\n',
  // Without it a field with a line feed or a carriage return of its own would end its record.
  quote_record_delimiter: true,
  escape_formulas: true,
  // The library looks at the first character alone.
  cast: { string: (value: string) => (FORMULA_LATER.test(value) ? `'${value}` : value) },
};

/** What of a file is written. */
type Written<C = Cell> = Pick<ExportFile<C>, 'columns' | 'batches'>;

/** The file as CSV (RFC 4180), in chunks; a cell that a spreadsheet would take for a formula begins with `'`. */
export async function* csvChunks({ columns, batches }: Written): AsyncGenerator<string> {
  // The header goes with the first rows, so that nothing is sent before the database has answered.
  let head = records([columns]);
  for await (const batch of batches) {
    yield head + records(batch);
    head = '';
  }
  if (head !== '') yield head;
}

type Row = readonly Cell[];

/** Rows as records. Only runs of rows with something to quote or escape go through the library: it costs thrice. */
function records(rows: readonly Row[]): string {
  let text = '';
  let special: Cell[][] = [];
  for (const row of rows) {
    if (!isPlain(row)) {
      special.push([...row]);
      continue;
    }
    if (special.length > 0) text += stringify(special, OPTIONS);
    special = [];
    text += `${row.join(',')}\r\n`;
  }
  return special.length > 0 ? text + stringify(special, OPTIONS) : text;
}

const PLAIN = /^[A-Za-z0-9][^",\r\n]*$/;

function isPlain(row: Row): boolean {
  return row.every((cell) => cell === null || PLAIN.test(cell));
}

/** The file as JSON lines, in chunks: an object a row, with the columns' names; null for nothing. */
export async function* jsonlChunks({ columns, batches }: Written<unknown>): AsyncGenerator<string> {
  for await (const batch of batches) yield batch.map((row) => `${line(columns, row)}\n`).join('');
}

function line(columns: readonly string[], row: readonly unknown[]): string {
  return JSON.stringify(Object.fromEntries(columns.map((column, index) => [column, row[index] ?? null])));
}
