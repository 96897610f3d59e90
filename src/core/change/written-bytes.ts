import { isDeepStrictEqual } from 'node:util';
import type { UserState } from '../../store/users/users.ts';
import { bytesOf } from '../audit/event-size.ts';

/** Bytes the database writes for a grant, with its indexes. */
export const GRANT_BYTES = 600;

/** Bytes of an address in the indexes, which every version of the row writes again. */
const ADDRESS_BYTES = 100;

/** Attributes up to this size are stored in the row itself, and are written with every change of it. */
const INLINE_BYTES = 2_048;

/**
 * Bytes of attributes that the database writes for the next version of a user. Large attributes are stored outside the
 * row: unchanged ones cost nothing, changed ones are written again in full.
 */
export function countAttributeBytes(after: UserState, before?: UserState): number {
  const { emails } = after.attributes;
  const bytes = bytesOf(after.attributes) + (Array.isArray(emails) ? emails.length : 0) * ADDRESS_BYTES;
  const isKept =
    bytes > INLINE_BYTES && before !== undefined && isDeepStrictEqual(before.attributes, after.attributes);
  return isKept ? 0 : bytes;
}
