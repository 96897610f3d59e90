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
