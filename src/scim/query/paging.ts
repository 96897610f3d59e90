import { badRequest } from '../scim-error.ts';
import type { RawQuery } from './raw-query.ts';

/** Answered when `count` is absent, and the most that is answered at all. */
export const DEFAULT_COUNT = 100;
export const MAX_COUNT = 500;

/** How a list is paged: by position (RFC 7644 section 3.4.2.4) or by cursor (RFC 9865 section 2). */
export type Paging =
  | { readonly method: 'index'; readonly startIndex: number; readonly count: number }
  /** The cursor is empty for the first page. */
  | { readonly method: 'cursor'; readonly cursor: string; readonly count: number };

/**
 * Reads how a list is to be paged: by cursor when `cursor` is there, even if empty, else by position. Both at once say
 * two things. A startIndex below 1 is 1 and a negative count 0, as RFC 7644 has it; to RFC 9865 a count below 1 is an
 * error. A count above the most is the most.
 */
export function readPaging(query: RawQuery): Paging {
  const cursor = query['cursor'];
  if (cursor === undefined) {
    return {
      method: 'index',
      startIndex: Math.max(1, integer(query['startIndex'], 'startIndex') ?? 1),
      count: Math.min(MAX_COUNT, Math.max(0, integer(query['count'], 'count') ?? DEFAULT_COUNT)),
    };
  }
  if (!isMissing(query['startIndex'])) {
    throw badRequest('invalidValue', 'Send either "startIndex" or "cursor", not both.');
  }
  return { method: 'cursor', cursor, count: positive(query['count']) };
}

function positive(count: string | undefined): number {
  if (isMissing(count)) return DEFAULT_COUNT;
  if (!/^\s*\+?\d+\s*$/.test(count) || Number(count) < 1) {
    throw badRequest('invalidCount', `With a cursor, "count" must be a whole number from 1 to ${MAX_COUNT}.`);
  }
  return Math.min(MAX_COUNT, Number(count));
}

// Beyond what any list holds, and within what PostgreSQL takes as an offset.
const MAX_INTEGER = 2 ** 48;

function integer(value: string | undefined, name: string): number | undefined {
  if (isMissing(value)) return undefined;
  if (!/^\s*[+-]?\d+\s*$/.test(value)) throw badRequest('invalidValue', `"${name}" must be a whole number.`);
  return Math.max(-MAX_INTEGER, Math.min(MAX_INTEGER, Number(value)));
}

function isMissing(value: string | undefined): value is undefined | '' {
  return value === undefined || value.trim() === '';
}
