import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Cursor } from '../../core/shared/records.ts';
import { isArray } from '../input/json.ts';
import { badRequest } from '../scim-error.ts';

/** Seconds for which a cursor is good; said in ServiceProviderConfig. */
export const CURSOR_TIMEOUT = 3600;

/** The key that cursors are sealed with: the same on every instance that has the same secret. */
export function cursorKey(secretKey: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secretKey, '', 'rollcall scim cursor', 32));
}

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Of the longest place, with room to spare. */
const MAX_LENGTH = 8192;

/**
 * A cursor, RFC 9865 section 2: where a page begins, sealed, so that it is opaque (a place is the value that a
 * list is sorted by, such as an address) and can't be made up; in characters that a URL takes as they are. `query` is
 * what the cursor belongs to: with another it cannot be opened.
 */
export function sealCursor(key: Uint8Array, query: string, cursor: Cursor, now: number): string {
  const place = cursor.from ? [cursor.from.value, cursor.from.id] : null;
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(Buffer.from(query));
  const text = JSON.stringify([Math.floor(now / 1000), cursor.backwards, place, cursor.total]);
  return Buffer.concat([iv, cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString('base64url');
}

/**
 * Opens a cursor. Throws `invalidCursor` for a text that is none, or is another query's, and `expiredCursor` for one
 * that is too old (RFC 9865 section 2.1).
 */
export function openCursor(key: Uint8Array, query: string, sealed: string, now: number): Cursor {
  const opened = JSON.parse(unsealed(key, query, sealed)) as [
    number,
    boolean,
    unknown,
    number | null | undefined,
  ];
  const [issued, backwards, place] = opened;
  const total = opened[3] ?? undefined;
  if (now / 1000 - issued > CURSOR_TIMEOUT) {
    throw badRequest(
      'expiredCursor',
      `The cursor is older than ${CURSOR_TIMEOUT} seconds; begin again with an empty one.`,
    );
  }
  if (!isArray(place)) return { backwards, total };
  return { from: { value: place[0] as string | null, id: place[1] as string }, backwards, total };
}

function unsealed(key: Uint8Array, query: string, sealed: string): string {
  const bytes = Buffer.from(sealed.length <= MAX_LENGTH ? sealed : '', 'base64url');
  // What isn't written as we write it would be read as something else.
  if (bytes.length <= IV_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) throw invalidCursor();
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES))
    .setAAD(Buffer.from(query))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    throw invalidCursor();
  }
}

function invalidCursor() {
  return badRequest(
    'invalidCursor',
    'The cursor is none of this query: send it with the filter, the order and the path it was given for, or begin ' +
      'again with an empty one.',
  );
}
