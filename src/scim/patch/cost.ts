import type { Condition } from '../../core/shared/condition.ts';
import type { AttributePath } from '../filter/path.ts';
import type { Draft } from '../input/draft.ts';
import { elementsOf } from '../input/draft.ts';
import { isArray } from '../input/json.ts';
import { ScimError } from '../scim-error.ts';
import type { Operation } from './operations.ts';

/** Takes effort for something; throws 413 when there is none left. */
export type Spend = (effort: number) => void;

/**
 * What one PATCH may take, about a tenth of a microsecond each. A PATCH is worked out while nobody else is served, and a
 * body of 1 MiB can hold what takes seconds: ten thousand keys that are no paths, or filters of hundreds of comparisons
 * over a thousand elements, a hundred times. What identity providers send takes some thousands.
 */
export const MOST_EFFORT = 10_000_000;

/** The effort of each thing, measured. */
export const EFFORT = {
  operation: 200,
  pathByte: 10,
  key: 60,
  /** A key of a value without a path that may be a path with brackets. */
  bracketKey: 300,
  /** Going over one element that is there, or reading one that was sent. */
  element: 10,
  /** Comparing one element with one thing. */
  comparison: 1,
} as const;

/** The effort of one PATCH. */
export function newEffort(): Spend {
  let left = MOST_EFFORT;
  return (effort) => {
    left -= effort;
    if (left < 0) {
      throw new ScimError(413, undefined, 'This PATCH asks for too much at once; send it in several.');
    }
  };
}

/** What an operation on one multi-valued attribute takes: all its elements are gone over, those selected or not. */
export function effortOf(
  draft: Draft,
  { chain, where, op, value }: AttributePath & Pick<Operation, 'op' | 'value'>,
): number {
  const many = chain.find((part) => part.multiValued);
  if (!many) return 0;
  const there = elementsOf(draft, many).length;
  const sent = isArray(value) ? value.length : 1;
  const comparisons = where ? comparisonsIn(where) : op === 'remove' ? sent : 0;
  return (there + sent) * EFFORT.element + there * comparisons * EFFORT.comparison;
}

function comparisonsIn(where: Condition): number {
  if (where.kind === 'not') return comparisonsIn(where.of);
  if (where.kind !== 'and' && where.kind !== 'or') return 1;
  return where.of.reduce((sum, part) => sum + comparisonsIn(part), 0);
}
