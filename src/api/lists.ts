import { z } from 'zod';
import type { KeysetPage, Page } from '../core/shared/keyset.ts';
import { invalid } from '../lib/errors.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { cursorTimeSchema } from './times.ts';

/** How many items an answer has. */
export const limitSchema = z.coerce
  .number('is a whole number from 1 to 500')
  .int('is a whole number from 1 to 500')
  .min(1, 'is a whole number from 1 to 500')
  .max(500, 'is a whole number from 1 to 500')
  .default(100);

/** A list's answer. `nextCursor` is null on the last page. */
export function listReply<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

type Directed<Sort extends string> = Sort | `-${Sort}`;

/** The query of a list that is sorted by one of `sorts`, descending with a "-" before it. */
export function listQuery<const Sort extends string>(sorts: readonly Sort[], usual: Directed<NoInfer<Sort>>) {
  const directed = sorts.flatMap((sort): Directed<Sort>[] => [sort, `-${sort}`]);
  return z.strictObject({
    limit: limitSchema,
    cursor: z.string().optional(),
    search: z.string().max(200).optional(),
    sort: z.enum(directed as [Directed<Sort>, ...Directed<Sort>[]]).default(usual as never),
  });
}

interface ListQuery<Sort extends string> {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly search?: string | undefined;
  readonly sort: Directed<Sort>;
}

/** A keyset position, for one order: with another it would skip rows. */
const place = z.strictObject({ sort: z.string(), value: z.string(), id: z.uuid() });
const placeAsOf = place.extend({ asOf: cursorTimeSchema.optional() });

/** The page that a query asks for. Throws `invalid` for a cursor of another list or order. */
export function pageOf<Sort extends string>(query: ListQuery<Sort>): KeysetPage<Sort> {
  const descending = query.sort.startsWith('-');
  const by = (descending ? query.sort.slice(1) : query.sort) as Sort;
  const { limit, search } = query;
  if (query.cursor === undefined) return { sort: { by, descending }, limit, search };
  const { value, id } = decodeCursor(place.extend({ sort: z.literal(query.sort) }), query.cursor);
  return { sort: { by, descending }, limit, search, after: { value, id } };
}

/**
 * The page that a query with `asOf` asks for, and of when. A cursor goes on with the time it was given for, also when
 * the query says none. Throws `invalid` for a cursor of another list, order or time.
 */
export function pageAsOf<Sort extends string>(
  query: ListQuery<Sort> & { readonly asOf?: Date | undefined },
): { readonly page: KeysetPage<Sort>; readonly asOf: Date | undefined } {
  if (query.cursor === undefined) return { page: pageOf(query), asOf: query.asOf };
  const { asOf: kept, ...rest } = decodeCursor(placeAsOf, query.cursor);
  if (query.asOf && query.asOf.toISOString() !== kept) {
    throw invalid('cursor', 'This cursor goes on with a list of another time; begin again without it.');
  }
  const page = pageOf({ ...query, cursor: encodeCursor(rest) });
  return { page, asOf: kept === undefined ? undefined : new Date(kept) };
}

/** A page as an answer, each item as `shown` shows it; `asOf` when the page was as of a time. */
export function listOf<T, Shown>(
  page: Page<T>,
  { sort, asOf }: { readonly sort: string; readonly asOf?: Date | undefined },
  shown: (item: T) => Shown,
): { items: Shown[]; nextCursor: string | null } {
  const place = page.next && { sort, value: page.next.value, id: page.next.id };
  return {
    items: page.items.map(shown),
    nextCursor: place && encodeCursor(asOf ? { ...place, asOf: asOf.toISOString() } : place),
  };
}
