import pg from 'pg';

/** How the columns of a statement's rows are called and read. */
export interface Columns {
  readonly names: readonly string[];
  readonly readers: readonly ((text: string) => unknown)[];
  /** A row with all names, so that all rows have one shape. */
  readonly empty: Readonly<Record<string, null>>;
}

/** Of a statement that answers no rows. */
export const NO_COLUMNS: Columns = { names: [], readers: [], empty: {} };

const readerOf = pg.types.getTypeParser as (type: number) => (text: string) => unknown;

/** The columns that the database describes. */
export function columnsOf(fields: readonly Pick<pg.FieldDef, 'name' | 'dataTypeID'>[]): Columns {
  return {
    names: fields.map(({ name }) => name),
    readers: fields.map(({ dataTypeID }) => readerOf(dataTypeID)),
    empty: Object.fromEntries(fields.map(({ name }) => [name, null])),
  };
}

/** A row of the texts that came for it, one for each column. Throws what a reader throws. */
export function readRow(columns: Columns, texts: readonly (string | null)[]): unknown {
  const row: Record<string, unknown> = { ...columns.empty };
  for (let place = 0; place < texts.length; place++) {
    const text = texts[place];
    row[columns.names[place] as string] = typeof text === 'string' ? columns.readers[place]?.(text) : null;
  }
  return row;
}
