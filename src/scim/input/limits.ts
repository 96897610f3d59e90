import type { SchemaAttribute } from '../schema/attribute.ts';
import { attributeName } from '../schema/attribute.ts';
import { ROLLCALL_USER } from '../schema/rollcall.ts';

/** How many elements a multi-valued attribute of a user may have. The members of a group have no such limit. */
export const MAX_ELEMENTS = 1000;

/**
 * How long all that is kept of a user may be, as JSON: PATCH after PATCH could make one of many megabytes, and a list has
 * 500 of them. Two images of the longest kind fit.
 */
export const MAX_USER = 262_144;

const DEFAULT = 4096;
/** Whatever is no longer than this is short enough for any attribute. */
const SHORTEST = 255;

/**
 * How long a value may be, in UTF-16 units. What is indexed stays short, as an entry of a PostgreSQL B-tree holds
 * 2,704 bytes; what carries an image or a certificate may be long.
 */
const LENGTHS: ReadonlyMap<string, number> = new Map([
  ['userName', SHORTEST],
  ['externalId', SHORTEST],
  ['displayName', SHORTEST],
  ['emails.value', 320],
  ['roles.value', SHORTEST],
  ['entitlements.value', SHORTEST],
  [`${ROLLCALL_USER}:organization`, SHORTEST],
  ['photos.value', 65_536],
  ['x509Certificates.value', 65_536],
]);

/** The longest text that the attribute takes, when this text is longer. */
export function exceeded(attribute: SchemaAttribute, text: string): number | undefined {
  if (text.length <= SHORTEST) return undefined;
  const limit = LENGTHS.get(attributeName(attribute.path)) ?? DEFAULT;
  return text.length > limit ? limit : undefined;
}
