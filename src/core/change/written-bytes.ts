import { isDeepStrictEqual } from 'node:util';
import type { UserState } from '../../store/users/users.ts';
import { bytesOf } from '../audit/event-size.ts';

/** Bytes that a grant makes the database write, with its indexes. */
export const GRANT_BYTES = 600;

/** Bytes of an address in the indexes, which each version is put into anew. */
const ADDRESS_BYTES = 100;

/** Attributes up to this size are in the row itself, and are written with it whatever changed. */
const IN_THE_ROW = 2_048;

/**
 * Bytes of attributes that the next version of a user makes the database write. Large attributes that stay as they are
 * stay where they are; of those that change in any place all is written again.
 */
export function writtenAttributes(after: UserState, before?: UserState): number {
  const { emails } = after.attributes;
  const bytes = bytesOf(after.attributes) + (Array.isArray(emails) ? emails.length : 0) * ADDRESS_BYTES;
  const isKept =
    bytes > IN_THE_ROW && before !== undefined && isDeepStrictEqual(before.attributes, after.attributes);
  return isKept ? 0 : bytes;
}
