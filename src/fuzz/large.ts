import type { Random } from './random.ts';

/** Characters: a little less than a user may have in all, so that it is taken. */
const LARGE = 240_000;

/** What makes a user large, each by another of its parts. */
const LARGE_PARTS: readonly (() => Readonly<Record<string, unknown>>)[] = [
  () => ({ title: 'x'.repeat(LARGE) }),
  () => ({ name: { givenName: 'é'.repeat(LARGE / 2), familyName: 'Large' } }),
  () => ({ photos: elements(900, (at) => ({ value: `https://example.com/${at}/${'p'.repeat(150)}` })) }),
  () => ({ roles: elements(900, (at) => ({ value: `role-${at}`, display: 'r'.repeat(150) })) }),
  () => ({ addresses: elements(300, (at) => ({ type: `t${at}`, formatted: '漢'.repeat(600) })) }),
];

/** Attributes that make a user about as large as one may be. */
export function largePart(random: Random): Readonly<Record<string, unknown>> {
  return random.pick(LARGE_PARTS)();
}

/** A large value for a PATCH. */
export function largeValue(random: Random): unknown {
  return random.pick<() => unknown>([
    () => 'x'.repeat(LARGE),
    () => largePart(random),
    () => elements(900, (at) => ({ value: `v${at}@example.com`, type: 'work', display: 'd'.repeat(100) })),
    () => ({ nickName: '😀'.repeat(LARGE / 4) }),
  ])();
}

function elements(count: number, one: (at: number) => unknown): readonly unknown[] {
  return Array.from({ length: count }, (_, at) => one(at));
}
