import { z } from 'zod';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { limitSchema } from './lists.ts';
import { cursorTimeSchema, timeSchema } from './times.ts';

/** What the query of a list by time always has, the newest first; `from` is in it, `to` isn't. */
export const newestFirstQuery = {
  limit: limitSchema,
  cursor: z.string().optional(),
  from: timeSchema.optional(),
  to: timeSchema.optional(),
};

const place = z.strictObject({ at: cursorTimeSchema, id: z.uuid() });

interface Place {
  readonly at: Date;
  readonly id: string;
}

/** The page that such a query asks for. Throws `invalid` for a cursor that isn't one. */
export function pageByTime(query: { limit: number; cursor?: string | undefined }): {
  limit: number;
  after: Place | undefined;
} {
  const after = query.cursor === undefined ? undefined : decodeCursor(place, query.cursor);
  return { limit: query.limit, after: after && { at: new Date(after.at), id: after.id } };
}

/** The times between which such a query asks. */
export function between(query: { from?: string | undefined; to?: string | undefined }): {
  from: Date | undefined;
  to: Date | undefined;
} {
  return {
    from: query.from === undefined ? undefined : new Date(query.from),
    to: query.to === undefined ? undefined : new Date(query.to),
  };
}

/** A page as an answer, each item as `shown` shows it. */
export function listByTime<T, Shown>(
  page: { readonly items: readonly T[]; readonly next: Place | null },
  shown: (item: T) => Shown,
): { items: Shown[]; nextCursor: string | null } {
  return {
    items: page.items.map(shown),
    nextCursor: page.next && encodeCursor({ at: page.next.at.toISOString(), id: page.next.id }),
  };
}
