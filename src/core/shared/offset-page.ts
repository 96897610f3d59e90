import type { IndexPage } from '../../store/sql/offset-page.ts';
import type { Cut } from '../../store/sql/sized-page.ts';

/**
 * A page of a list by position, and the total. With a condition the list is read first: when it ends on this page, such
 * as a lookup by name, no count is needed. A page cut short by its size in bytes is not the last.
 */
export async function loadIndexPage<Item>(
  { condition, count, startIndex }: IndexPage,
  list: () => Promise<Cut<Item>>,
  countAll: () => Promise<number>,
): Promise<{ total: number; items: readonly Item[] }> {
  if (count === 0) return { total: await countAll(), items: [] };
  if (!condition) {
    const [total, { rows }] = await Promise.all([countAll(), list()]);
    return { total, items: rows };
  }
  const { rows: items, isCut } = await list();
  const endsHere = !isCut && items.length < count && (items.length > 0 || startIndex === 1);
  return { total: endsHere ? startIndex - 1 + items.length : await countAll(), items };
}
