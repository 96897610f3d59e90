import { rows } from '../db/query.ts';
import type { Scope } from '../db/scope.ts';
import type { PageRows } from './keyset-page.ts';
import { sizedPage, type SizedPage, type SizedRow } from './sized-page.ts';

/**
 * A page that ends at `limit` rows or at a size, whichever comes first; it has a row at least, if there is one. `listed`
 * names one row more than `limit`.
 */
export async function pageByBytes<Row>(scope: Scope, page: SizedPage, limit: number): Promise<PageRows<Row>> {
  const found = await rows<Row & SizedRow>(scope, sizedPage(page));
  const items = found.slice(0, limit);
  const isMore = (found[0]?.listed ?? 0) > items.length;
  return { items, goesOnAfter: isMore ? items.at(-1) : undefined };
}
