import { stringify } from 'csv-stringify/sync';
import type { Cell, ExportFile } from '../core/exports.ts';

const OPTIONS = {
  record_delimiter: '\r\n',
  // Without it a field with a line feed or a carriage return of its own would end its record.
  quote_record_delimiter: true,
  escape_formulas: true,
  // Spreadsheets take a line feed at the beginning for nothing, and what follows for a formula.
  cast: { string: (value: string) => (value.startsWith('\n') ? `'${value}` : value) },
};

/** The file as CSV (RFC 4180), in chunks; a cell that a spreadsheet would take for a formula begins with `'`. */
export async function* csvChunks({ columns, batches }: ExportFile): AsyncGenerator<string> {
  // The header goes with the first rows, so that nothing is sent before the database has answered.
  let head = stringify([columns], OPTIONS);
  for await (const batch of batches) {
    yield head + stringify(batch as Cell[][], OPTIONS);
    head = '';
  }
  if (head !== '') yield head;
}

/** The file as JSON lines, in chunks: an object a row, with the columns' names; null for nothing. */
export async function* jsonlChunks({ columns, batches }: ExportFile): AsyncGenerator<string> {
  for await (const batch of batches) yield batch.map((row) => `${line(columns, row)}\n`).join('');
}

function line(columns: readonly string[], row: readonly Cell[]): string {
  return JSON.stringify(Object.fromEntries(columns.map((column, index) => [column, row[index] ?? null])));
}
