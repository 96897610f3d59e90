import type { Turn, Turned } from '../../core/records.ts';
import { openCursor, sealCursor } from '../cursor.ts';
import type { Paging } from '../paging.ts';
import { reply, type ScimReply } from '../reply.ts';
import type { ScimContext } from './context.ts';

const LIST_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/** How the pages of one list are read and shown. */
export interface ListSource<Item> {
  /** Where the list is asked for; a cursor is good for one endpoint. */
  readonly endpoint: string;
  /** What it is a list of: filter and order. */
  readonly query: unknown;
  readonly byIndex: (page: {
    startIndex: number;
    count: number;
  }) => Promise<{ readonly total: number; readonly items: readonly Item[] }>;
  readonly byCursor: (page: {
    turn: Turn;
    count: number;
  }) => Promise<Turned<Item> & { readonly total: number }>;
  /** An item as JSON text. */
  readonly show: (item: Item) => string;
}

/** Answers one page of a list: by position (RFC 7644 section 3.4.2.4) or by cursor (RFC 9865 section 2). */
export async function listReply<Item>(
  ctx: ScimContext,
  paging: Paging,
  list: ListSource<Item>,
): Promise<ScimReply> {
  if (paging.method === 'index') {
    const { total, items } = await list.byIndex(paging);
    return reply(listText(items.map(list.show), { totalResults: total }, { startIndex: paging.startIndex }));
  }
  const { cursorKey: key, caller } = ctx;
  const query = JSON.stringify([caller.workspaceId, list.endpoint, list.query]);
  const now = Date.now();
  const turn = paging.cursor === '' ? { backwards: false } : openCursor(key, query, paging.cursor, now);
  const page = await list.byCursor({ turn, count: paging.count });
  // The list is counted once: each count goes through all of it.
  const cursor = (to: Turn | undefined) => to && sealCursor(key, query, { ...to, total: page.total }, now);
  return reply(
    listText(
      page.rows.map(list.show),
      { totalResults: page.total },
      { nextCursor: cursor(page.next), previousCursor: cursor(page.previous) },
    ),
  );
}

/** A ListResponse (RFC 7644 section 3.4.2) of resources that are JSON text already. */
export function listText(
  resources: readonly string[],
  { totalResults }: { readonly totalResults: number },
  place: Readonly<Record<string, string | number | undefined>>,
): string {
  const head = JSON.stringify({
    schemas: [LIST_SCHEMA],
    totalResults,
    itemsPerPage: resources.length,
    ...place,
  });
  return `${head.slice(0, -1)},"Resources":[${resources.join(',')}]}`;
}
