import type { Cursor, CursorPage } from '../../core/shared/records.ts';
import { type JsonText, reply, type ScimReply } from '../http/reply.ts';
import { openCursor, sealCursor } from '../query/cursor.ts';
import type { Paging } from '../query/paging.ts';
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
    cursor: Cursor;
    count: number;
  }) => Promise<CursorPage<Item> & { readonly total: number }>;
  /** An item as JSON text. */
  readonly show: (item: Item) => JsonText;
}

/** Answers one page of a list: by position (RFC 7644 section 3.4.2.4) or by cursor (RFC 9865 section 2). */
export async function listReply<Item>(
  ctx: ScimContext,
  paging: Paging,
  list: ListSource<Item>,
): Promise<ScimReply> {
  if (paging.method === 'index') {
    const { total, items } = await list.byIndex(paging);
    const place = { startIndex: paging.startIndex };
    return reply(listPieces(items, list.show, { totalResults: total }, place));
  }
  const { cursorKey: key, caller } = ctx;
  const query = JSON.stringify([caller.workspaceId, list.endpoint, list.query]);
  const now = Date.now();
  const cursor = paging.cursor === '' ? { backwards: false } : openCursor(key, query, paging.cursor, now);
  const page = await list.byCursor({ cursor, count: paging.count });
  // The list is counted once: each count goes through all of it.
  const sealed = (to: Cursor | undefined) => to && sealCursor(key, query, { ...to, total: page.total }, now);
  return reply(
    listPieces(
      page.rows,
      list.show,
      { totalResults: page.total },
      { nextCursor: sealed(page.next), previousCursor: sealed(page.previous) },
    ),
  );
}

/** Characters that are gathered before they are handed on. */
const PIECE = 65_536;

/** A ListResponse (RFC 7644 section 3.4.2), resource by resource. */
async function* listPieces<Item>(
  items: readonly Item[],
  show: (item: Item) => JsonText,
  { totalResults }: { readonly totalResults: number },
  place: Readonly<Record<string, string | number | undefined>>,
): AsyncGenerator<string> {
  let text = listHead({ totalResults, itemsPerPage: items.length, ...place });
  let separator = '';
  for (const item of items) {
    const shown = show(item);
    text += separator;
    separator = ',';
    if (typeof shown === 'string') {
      text += shown;
    } else {
      yield text;
      text = '';
      yield* shown;
    }
    if (text.length > PIECE) {
      yield text;
      text = '';
    }
  }
  yield `${text}]}`;
}

/** A ListResponse of resources that are JSON text already. */
export function listText(resources: readonly string[], total: { readonly totalResults: number }): string {
  const head = listHead({ ...total, itemsPerPage: resources.length, startIndex: 1 });
  return `${head}${resources.join(',')}]}`;
}

function listHead(about: Readonly<Record<string, string | number | undefined>>): string {
  return `${JSON.stringify({ schemas: [LIST_SCHEMA], ...about }).slice(0, -1)},"Resources":[`;
}
