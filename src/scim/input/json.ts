/** What `JSON.parse` can give. Read-only: an edit makes a new object, so that a failed one leaves the old as it was. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: Json;
}

/** A JSON object: neither null nor an array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An array, of whatever. */
export function isArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** Unassigned, RFC 7643 section 2.5; an empty string too, which is how Entra ID clears what it cannot set to null. */
export function isUnassigned(value: unknown): value is undefined | null | '' | readonly [] {
  return value === undefined || value === null || value === '' || (isArray(value) && value.length === 0);
}

/** The value of a name in an object, whatever its case (RFC 7643 section 2.1); of several, the last. */
export function member(object: Readonly<Record<string, unknown>>, name: string): unknown {
  const key = Object.keys(object).findLast((candidate) => candidate.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : object[key];
}
