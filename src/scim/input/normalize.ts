import type { JsonObject } from './json.ts';

/**
 * What RFC 7643 section 2.4 asks of a multi-valued attribute: at most one element is primary, and none comes twice
 * with the same `type` and `value`. The last primary wins, or the last of `touched`, the elements just written
 * (RFC 7644 section 3.5.2: setting one to true sets the others to false). Of two elements that are one, the place of
 * the first and the contents of the last are kept.
 */
export function settle(
  elements: readonly JsonObject[],
  touched: ReadonlySet<JsonObject> = new Set(),
): readonly JsonObject[] {
  const winner =
    elements.findLast((element) => isPrimary(element) && touched.has(element)) ??
    elements.findLast(isPrimary);
  const kept = new Map<string, JsonObject>();
  for (const element of elements) {
    const settled = isPrimary(element) && element !== winner ? { ...element, primary: false } : element;
    const key = identity(settled);
    const earlier = kept.get(key);
    kept.set(key, earlier ? merged(earlier, settled) : settled);
  }
  return [...kept.values()];
}

function isPrimary(element: JsonObject): boolean {
  return element['primary'] === true;
}

function identity(element: JsonObject): string {
  const { value, type } = element;
  // No text that was let in holds a NUL.
  if (typeof value === 'string') return typeof type === 'string' ? `${value}\0${type}` : value;
  return `\0${JSON.stringify(element)}`;
}

function merged(earlier: JsonObject, later: JsonObject): JsonObject {
  const primary = isPrimary(earlier) || isPrimary(later);
  return { ...earlier, ...later, ...(primary ? { primary } : {}) };
}
