import type { Random } from './random.ts';

/** What makes a user about as large as one may be (262,144 characters), each by another of its parts. */
const LARGE_PARTS: readonly (() => Readonly<Record<string, unknown>>)[] = [
  () => ({ x509Certificates: elements(3, () => ({ value: 'A'.repeat(64_000) })) }),
  () => ({ addresses: elements(60, (at) => ({ type: `t${at}`, formatted: '漢'.repeat(4_000) })) }),
  () => ({ photos: elements(900, (at) => ({ value: `https://example.com/${at}/${'p'.repeat(150)}` })) }),
  () => ({ roles: elements(900, (at) => ({ value: `role-${at}`, display: 'r'.repeat(150) })) }),
  () => ({
    emails: elements(900, (at) => ({ value: `e${at}@example.com`, type: 'x', display: 'd'.repeat(150) })),
  }),
];

/** Attributes that make a user about as large as one may be. */
export function largePart(random: Random): Readonly<Record<string, unknown>> {
  return random.pick(LARGE_PARTS)();
}

/** A large value for a PATCH. */
export function largeValue(random: Random): unknown {
  return random.pick<() => unknown>([
    () => 'x'.repeat(200_000),
    () => largePart(random),
    () => Object.values(largePart(random))[0],
    () => ({ nickName: '😀'.repeat(2_000) }),
  ])();
}

function elements(count: number, one: (at: number) => unknown): readonly unknown[] {
  return Array.from({ length: count }, (_, at) => one(at));
}
