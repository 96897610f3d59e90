import { rows } from '../db/query.ts';
import type { Scope } from '../db/scope.ts';
import { sizedPage, type SizedPage, type SizedRow } from './sized-page.ts';

/** Some rows of a list, and whether there are more. */
export interface PageByBytes<Row> {
  readonly items: readonly Row[];
  readonly more: boolean;
}

/**
 * A page that ends at `limit` rows or at a size, whichever comes first; it has a row at least, if there is one. `listed`
 * names one row more than `limit`.
 */
export async function pageByBytes<Row>(
  scope: Scope,
  page: SizedPage,
  limit: number,
): Promise<PageByBytes<Row>> {
  const found = await rows<Row & SizedRow>(scope, sizedPage(page));
  const items = found.slice(0, limit);
  return { items, more: (found[0]?.listed ?? 0) > items.length };
}
