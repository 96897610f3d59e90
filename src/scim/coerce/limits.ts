import { attributeName } from '../schema/attribute.ts';
import type { SchemaAttribute } from '../schema/attribute.ts';
import { ROLLCALL_USER } from '../schema/rollcall.ts';

/** How many elements a multi-valued attribute of a user may have. The members of a group have no such limit. */
export const MAX_ELEMENTS = 1000;

const DEFAULT = 4096;

/**
 * How long a value may be, in UTF-16 units. What is indexed stays short, as an entry of a PostgreSQL B-tree holds
 * 2,704 bytes; what carries an image or a certificate may be long.
 */
const LENGTHS: ReadonlyMap<string, number> = new Map([
  ['userName', 255],
  ['externalId', 255],
  ['displayName', 255],
  ['emails.value', 320],
  ['roles.value', 255],
  ['entitlements.value', 255],
  [`${ROLLCALL_USER}:organization`, 255],
  ['photos.value', 65_536],
  ['x509Certificates.value', 65_536],
]);

/** The longest text that the attribute takes. */
export function maxLength(attribute: SchemaAttribute): number {
  return LENGTHS.get(attributeName(attribute.path)) ?? DEFAULT;
}
