import fc from 'fast-check';
import { createHash } from 'node:crypto';
import type { JsonObject } from '../../../src/store/users/users.ts';

/** A text that compression doesn't make much smaller. */
export function noise(seed: number, length: number): string {
  let all = '';
  for (let n = 0; all.length < length; n += 1)
    all += createHash('sha256').update(`${seed} ${n}`).digest('base64');
  return all.slice(0, length);
}

const short = fc.string({ maxLength: 12, unit: fc.constantFrom('a', 'b', '"', '\\', '$', 'é', '日', '{') });
const long = fc
  .tuple(fc.nat(9), fc.constantFrom(200, 201, 2_000, 30_000))
  .map(([seed, length]) => noise(seed, length));
const text = fc.oneof({ weight: 4, arbitrary: short }, { weight: 1, arbitrary: long });

const LISTS = ['emails', 'phoneNumbers', 'photos'] as const;
type List = (typeof LISTS)[number];

/** Addresses are indexed, so they are short. */
const element = fc.record(
  { value: short, type: short, display: text, primary: fc.boolean() },
  { requiredKeys: [] },
);

const place = fc.nat(2_000);
const ofList = fc.oneof(
  fc.record({ kind: fc.constant('remove' as const), at: fc.array(place, { minLength: 1, maxLength: 5 }) }),
  fc.record({ kind: fc.constant('insert' as const), at: place, element }),
  fc.record({ kind: fc.constant('edit' as const), at: place, element }),
  fc.record({ kind: fc.constant('edit all' as const), element: fc.record({ type: short }) }),
  fc.record({ kind: fc.constant('swap' as const), at: place, to: place }),
  fc.record({ kind: fc.constant('reverse' as const) }),
);

/** One thing that happens to a user's attributes. Places are taken modulo the length of the list. */
export const largeStep = fc.oneof(
  { weight: 6, arbitrary: fc.record({ list: fc.constantFrom(...LISTS), change: ofList }) },
  {
    weight: 1,
    arbitrary: fc.record({
      attribute: fc.constantFrom('title', 'nickName', 'displayName'),
      value: fc.option(short),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      attribute: fc.constantFrom('name', 'manager'),
      value: fc.option(fc.record({ formatted: text, givenName: text }, { requiredKeys: [] })),
    }),
  },
);
export type LargeStep = typeof largeStep extends fc.Arbitrary<infer T> ? T : never;

/** How many elements each list has at first. */
export const sizes = fc.record({ emails: fc.nat(300), phoneNumbers: fc.nat(60), photos: fc.nat(3) });

/** A user with lists of these sizes, whose addresses are nobody else's. */
export function largeAttributes(of: Readonly<Record<List, number>>, owner: string): JsonObject {
  const list = (name: List, length: number) =>
    Array.from({ length: of[name] }, (_, index) => ({
      value: `${name}-${index}@${owner}.io`,
      display: noise(index, length),
    }));
  return {
    displayName: 'Large',
    emails: list('emails', 60),
    phoneNumbers: list('phoneNumbers', 400),
    photos: list('photos', 40_000),
  };
}

/** The attributes after a step. */
export function afterStep(attributes: JsonObject, step: LargeStep): JsonObject {
  if (!('list' in step)) {
    const others = Object.entries(attributes).filter(([name]) => name !== step.attribute);
    const value = step.value === null ? [] : [[step.attribute, step.value]];
    return Object.fromEntries([...others, ...value]) as JsonObject;
  }
  const list = (attributes[step.list] ?? []) as readonly JsonObject[];
  return { ...attributes, [step.list]: changed(list, step.change) };
}

type ListChange = typeof ofList extends fc.Arbitrary<infer T> ? T : never;

function changed(list: readonly JsonObject[], change: ListChange): JsonObject[] {
  const near = (at: number) => (list.length === 0 ? 0 : at % list.length);
  switch (change.kind) {
    case 'remove': {
      const gone = new Set(change.at.map(near));
      return list.filter((_, index) => !gone.has(index));
    }
    case 'insert':
      return list.toSpliced(near(change.at), 0, change.element as JsonObject);
    case 'edit':
      return list.map((one, index) =>
        index === near(change.at) ? { ...one, ...(change.element as JsonObject) } : one,
      );
    case 'edit all':
      return list.map((one) => ({ ...one, ...change.element }));
    case 'swap': {
      const swapped = [...list];
      const [one, other] = [list[near(change.at)], list[near(change.to)]];
      if (one && other) [swapped[near(change.at)], swapped[near(change.to)]] = [other, one];
      return swapped;
    }
    case 'reverse':
      return list.toReversed();
  }
}
