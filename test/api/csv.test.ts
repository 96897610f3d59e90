import { expect } from 'chai';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { csvChunks, jsonlChunks } from '../../src/api/csv.ts';
import type { Cell, ExportFile } from '../../src/core/exports/file.ts';

function fileOf(rows: readonly (readonly Cell[])[], size: number): Pick<ExportFile, 'columns' | 'batches'> {
  async function* batches() {
    for (let at = 0; at < rows.length; at += size) yield await Promise.resolve(rows.slice(at, at + size));
  }
  return { columns: ['a', 'b', 'c'], batches: batches() };
}

async function textOf(chunks: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += chunk;
  return text;
}

const FORMULA =
  /^(?:[\t\r\n]|[ \u00a0\u3000\ufeff\u200b][ \t\r\n\u00a0\u3000\ufeff\u200b]*[=+\-@＝＋－＠]|[=+\-@＝＋－＠])/;

describe('export formats', () => {
  const character = fc.constantFrom(...Array.from('aZ0 =+-@\t\r\n\u00a0\u3000\ufeff\u200b＝＋－＠",;\'é🙂'));
  const cell = fc.oneof(
    fc.constant(null),
    fc.string({ unit: character, minLength: 1, maxLength: 6 }),
    fc.constantFrom('plain', 'a b', '2030-01-01T00:00:00.000Z'),
  );
  const rows = fc.array(fc.tuple(cell, cell, cell), { maxLength: 12 });

  it('read back as what was written, formulas with an apostrophe before them', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 5 }), async (rows, size) => {
        const text = await textOf(csvChunks(fileOf(rows, size)));
        const read: string[][] = parse(text, { record_delimiter: '\r\n' });
        const expected = rows.map((row) =>
          row.map((value) => (value !== null && FORMULA.test(value) ? `'${value}` : (value ?? ''))),
        );
        expect(read).to.deep.equal([['a', 'b', 'c'], ...expected]);
        for (const value of read.flat()) expect(value).not.to.match(FORMULA);

        const lines = await textOf(jsonlChunks(fileOf(rows, size)));
        const parsed =
          lines === ''
            ? []
            : lines
                .trimEnd()
                .split('\n')
                .map((line) => JSON.parse(line) as object);
        expect(parsed).to.deep.equal(rows.map(([a, b, c]) => ({ a, b, c })));
      }),
    );
  });
});
