/** The first of some rows that have at most `bytes` together, but one at least; a row of null bytes has none. */
export function firstBytes<Row extends { readonly bytes: number | null }>(
  rows: readonly Row[],
  bytes: number,
): Row[] {
  let total = 0;
  const end = rows.findIndex((row, index) => {
    total += row.bytes ?? 0;
    return index > 0 && total > bytes;
  });
  return end < 0 ? [...rows] : rows.slice(0, end);
}
