import type { IndexPage } from '../../store/sql/offset-page.ts';
import type { Cut } from '../../store/sql/sized-page.ts';

/**
 * A page of a list by position, and how many there are in the list. Under a condition the list is read first: one that
 * ends on its page, such as the one user of a name, needs no count. A page that its size ended is not the last.
 */
export async function indexPage<Item>(
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
