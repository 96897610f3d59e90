import { type Page, positionOf } from '../../store/sql/keyset-page.ts';

/** The most rows that are loaded for the items of one page. */
const MAX_PARTS = 20_000;

/** A page with the parts of each of its items, by id. */
export interface PageWithParts<Item, Part> extends Page<Item> {
  readonly partsOf: (id: string) => readonly Part[];
}

/**
 * Loads the parts of a page's items. `load` returns rows in the order of the ids, up to `limit`; when there are more, the
 * page ends before the item whose parts would be incomplete. The first item always has all of its parts.
 */
export async function loadPageParts<Item extends { readonly id: string; readonly sort_value: string }, Part>(
  page: Page<Item>,
  load: (ids: readonly Item['id'][], limit?: number) => Promise<readonly Part[]>,
  ownerOf: (part: Part) => string,
): Promise<PageWithParts<Item, Part>> {
  const { items } = page;
  const [first] = items;
  if (!first) return { ...page, partsOf: () => [] };
  const ids = items.map((item) => item.id);
  const loaded = await load(ids, MAX_PARTS + 1);
  const incomplete = loaded.length > MAX_PARTS ? loaded.at(-1) : undefined;
  if (!incomplete) return { ...page, partsOf: groupByOwner(loaded, ownerOf) };
  const completeItems = items.slice(0, ids.indexOf(ownerOf(incomplete)));
  const last = completeItems.at(-1);
  if (last) return { items: completeItems, next: positionOf(last), partsOf: groupByOwner(loaded, ownerOf) };
  const next = items.length > 1 || page.next ? positionOf(first) : null;
  return { items: [first], next, partsOf: groupByOwner(await load([first.id]), ownerOf) };
}

function groupByOwner<Part>(parts: readonly Part[], ownerOf: (part: Part) => string): (id: string) => Part[] {
  const byOwner = new Map<string, Part[]>();
  for (const part of parts) {
    const owner = ownerOf(part);
    const known = byOwner.get(owner);
    if (known) known.push(part);
    else byOwner.set(owner, [part]);
  }
  return (id) => byOwner.get(id) ?? [];
}
