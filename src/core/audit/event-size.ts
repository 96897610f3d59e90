import { hash } from 'node:crypto';
import { canonical } from './chain/chain.ts';

/** What changed, as it was and as it is. */
export interface BeforeAndAfter {
  readonly before: unknown;
  readonly after: unknown;
}

/** Bytes of JSON that `before` and `after` of one event have at most together. */
export const MAX_EVENT_BYTES = 8_192;
/** Bytes that those of all events of one change have at most, unless there are more than 4,096 events. */
const MAX_CHANGE_BYTES = 4 * 1024 * 1024;
const LEAST_EVENT_BYTES = 1_024;
/** Characters of a text that is recorded whole. */
const MAX_TEXT = 1_000;
/** The same, in an event that has more to tell than has its place. */
const MAX_TEXT_WHEN_FULL = 100;

/**
 * What the audit keeps of a change (docs/adr/0017): only what differs, and no more than has its place. Where something
 * is left out an object says so, whose fields begin with `$`, as no field of ours does:
 * - at the end of a list, `{"$unchanged": n}` stands for elements that are in both lists, and `{"$omitted": n}` for
 *   elements that differ too but have no place. When elements changed places, all between the first and the last of
 *   them are told, in their order.
 * - `{"$text": {"length", "sha256"}}` stands for a long text (of more than 1,000 characters; of more than 100
 *   where there would be no place otherwise), its hash being of its UTF-8.
 * - `{"$omitted": n}` in place of a value, or `"$omitted"` beside fields, for what has no place.
 *
 * `events` is how many events the change has: when there are many, each has less place.
 */
export function recorded({ before, after }: BeforeAndAfter, events: number): BeforeAndAfter {
  const place = Math.min(MAX_EVENT_BYTES, Math.max(LEAST_EVENT_BYTES, MAX_CHANGE_BYTES / events));
  const differing = withoutUnchanged(before ?? null, after ?? null);
  if (bytesOf(differing) <= MAX_TEXT) return differing;
  const told = shortened(differing, MAX_TEXT) as BeforeAndAfter;
  if (bytesOf(told) <= place) return told;
  return fitted(shortened(told, MAX_TEXT_WHEN_FULL) as BeforeAndAfter, place);
}

/** Bytes of JSON. */
export function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isScalarObject(value);
}

/** A Date, which is a text in JSON. */
function isScalarObject(value: object): boolean {
  return 'toJSON' in value;
}

function withoutUnchanged(before: unknown, after: unknown): BeforeAndAfter {
  if (Array.isArray(before) && Array.isArray(after)) return differingElements(before, after);
  if (!isFields(before) || !isFields(after)) return { before, after };
  const [was, is] = [{ ...before }, { ...after }];
  for (const [name, old] of Object.entries(before)) {
    const now = after[name];
    if (!Array.isArray(old) || !Array.isArray(now)) continue;
    ({ before: was[name], after: is[name] } = differingElements(old, now));
  }
  return { before: was, after: is };
}

/** The elements of two lists that are not in both, equal ones counted. */
function differingElements(before: readonly unknown[], after: readonly unknown[]): BeforeAndAfter {
  const [old, now] = [before.map(keyOf), after.map(keyOf)];
  const [gone, come] = [missingFrom(now, old), missingFrom(old, now)];
  const left = old.filter((_, index) => !gone.has(index));
  const right = now.filter((_, index) => !come.has(index));
  const isInOrder = left.every((key, index) => key === right[index]);
  if (isInOrder) {
    return {
      before: marked(
        before.filter((_, index) => gone.has(index)),
        { $unchanged: left.length },
      ),
      after: marked(
        after.filter((_, index) => come.has(index)),
        { $unchanged: left.length },
      ),
    };
  }
  const shorter = Math.min(old.length, now.length);
  let start = 0;
  while (start < shorter && old[start] === now[start]) start += 1;
  let end = 0;
  while (start + end < shorter && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  return {
    before: marked(before.slice(start, before.length - end), { $unchanged: start + end }),
    after: marked(after.slice(start, after.length - end), { $unchanged: start + end }),
  };
}

/** The places in `keys` of those that `others` doesn't have, or not as often. */
function missingFrom(others: readonly string[], keys: readonly string[]): ReadonlySet<number> {
  const counts = new Map<string, number>();
  for (const key of others) counts.set(key, (counts.get(key) ?? 0) + 1);
  const missing = new Set<number>();
  for (const [index, key] of keys.entries()) {
    const count = counts.get(key) ?? 0;
    if (count === 0) missing.add(index);
    else counts.set(key, count - 1);
  }
  return missing;
}

function keyOf(value: unknown): string {
  return canonical(JSON.parse(JSON.stringify(value)) as Parameters<typeof canonical>[0]);
}

interface Marker {
  readonly $omitted?: number;
  readonly $unchanged?: number;
}

/** A list with its marker at the end, unless there is nothing to say. */
function marked(list: readonly unknown[], marker: Marker): unknown[] {
  const counts = Object.entries(marker).filter(([, count]) => count > 0);
  return counts.length === 0 ? [...list] : [...list, Object.fromEntries(counts)];
}

function shortened(value: unknown, most: number): unknown {
  if (typeof value === 'string' && value.length > most)
    return { $text: { length: value.length, sha256: hash('sha256', value, 'hex') } };
  if (Array.isArray(value)) return value.map((element) => shortened(element, most));
  if (!isFields(value) || '$text' in value) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shortened(field, most)]));
}

/** Whole fields first, the smallest before others; then as many elements of lists as have their place. */
function fitted({ before, after }: BeforeAndAfter, place: number): BeforeAndAfter {
  const parts = [...partsOf('before', before), ...partsOf('after', after)]
    .map((part) => ({ ...part, size: bytesOf(part.value) + bytesOf(part.name) + 2 }))
    .sort((a, b) => a.size - b.size);
  const sides = { before: isFields(before) ? {} : null, after: isFields(after) ? {} : null } as Sides;
  const dropped = { before: 0, after: 0 };
  // What is said of fields that were dropped.
  let left = place - 64;
  for (const [index, part] of parts.entries()) {
    const share = left / (parts.length - index);
    const kept = part.size <= share ? part.value : cut(part.value, share);
    const size = bytesOf(kept) + bytesOf(part.name) + 2;
    if (size > left) {
      dropped[part.side] += 1;
      continue;
    }
    left -= size;
    if (part.name === '') sides[part.side] = kept;
    else (sides[part.side] as Record<string, unknown>)[part.name] = kept;
  }
  for (const side of ['before', 'after'] as const)
    if (dropped[side] > 0) sides[side] = { ...(sides[side] as object | null), $omitted: dropped[side] };
  return sides;
}

interface Sides {
  before: unknown;
  after: unknown;
}

interface Part {
  readonly side: keyof Sides;
  /** Empty for the whole side. */
  readonly name: string;
  readonly value: unknown;
}

function partsOf(side: keyof Sides, value: unknown): Part[] {
  if (!isFields(value)) return value === null ? [] : [{ side, name: '', value }];
  return Object.entries(value).map(([name, field]) => ({ side, name, value: field }));
}

function cut(value: unknown, place: number): unknown {
  if (!Array.isArray(value)) return { $omitted: 1 };
  const last: unknown = value.at(-1);
  const isMarked = isFields(last) && typeof last['$unchanged'] === 'number';
  const elements: readonly unknown[] = isMarked ? value.slice(0, -1) : value;
  const kept: unknown[] = [];
  let left = place - 64;
  for (const element of elements) {
    left -= bytesOf(element) + 1;
    if (left < 0) break;
    kept.push(element);
  }
  return marked(kept, {
    $omitted: elements.length - kept.length,
    ...(isMarked ? { $unchanged: last['$unchanged'] as number } : {}),
  });
}
