import { type Page, positionOf } from '../../store/sql/keyset-page.ts';

/** Rows that belong to the items of one page, at most. */
const MOST_PARTS = 20_000;

/** A page with what belongs to each of its items, by their ids. */
export interface PageWithParts<Item, Part> extends Page<Item> {
  readonly partsOf: (id: string) => readonly Part[];
}

/**
 * Loads what belongs to the items of a page. `load` answers rows in the order of the ids, at most so many when it is told;
 * where there are more, the page ends before the item that would lack some. The first item always has all of its own.
 */
export async function withParts<Item extends { readonly id: string; readonly sort_value: string }, Part>(
  page: Page<Item>,
  load: (ids: readonly Item['id'][], most?: number) => Promise<readonly Part[]>,
  ownerOf: (part: Part) => string,
): Promise<PageWithParts<Item, Part>> {
  const { items } = page;
  const [first] = items;
  if (!first) return { ...page, partsOf: () => [] };
  const ids = items.map((item) => item.id);
  const loaded = await load(ids, MOST_PARTS + 1);
  const incomplete = loaded.length > MOST_PARTS ? loaded.at(-1) : undefined;
  if (!incomplete) return { ...page, partsOf: grouped(loaded, ownerOf) };
  const whole = items.slice(0, ids.indexOf(ownerOf(incomplete)));
  const last = whole.at(-1);
  if (last) return { items: whole, next: positionOf(last), partsOf: grouped(loaded, ownerOf) };
  const next = items.length > 1 || page.next ? positionOf(first) : null;
  return { items: [first], next, partsOf: grouped(await load([first.id]), ownerOf) };
}

function grouped<Part>(parts: readonly Part[], ownerOf: (part: Part) => string): (id: string) => Part[] {
  const byOwner = new Map<string, Part[]>();
  for (const part of parts) {
    const owner = ownerOf(part);
    const known = byOwner.get(owner);
    if (known) known.push(part);
    else byOwner.set(owner, [part]);
  }
  return (id) => byOwner.get(id) ?? [];
}
