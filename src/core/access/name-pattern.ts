import { foldCase } from '../../lib/fold-case.ts';
import type { KeyTrie } from './key-trie.ts';

/** What a pattern may hold in braces: each stands for a key that exists, or for an account role. */
export const PLACEHOLDERS = ['project', 'role', 'product', 'license', 'accountRole'] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

/** The text of a name that each placeholder stands for. */
export type Bindings = Partial<Record<Placeholder, string>>;

/** How much more work may be done; matching takes from it and fails once it is used up. */
export interface Effort {
  steps: number;
}

type Part =
  | { readonly literal: Uint32Array }
  | { readonly placeholder: Placeholder; readonly isRepeated: boolean; readonly isFirst: boolean };

/** A pattern such as `ts-{project}-{role}`, ready to be compared with names. */
export interface NamePattern {
  readonly parts: readonly Part[];
  /** For each part, the placeholders that were bound before it and come again in it or after it. */
  readonly pending: readonly (readonly Placeholder[])[];
}

/** Where the keys that begin at each place of a name end, longest first; found when they are first needed. */
export interface ReadableName {
  readonly characters: readonly string[];
  readonly folded: Uint32Array;
  readonly endsOf: (placeholder: Placeholder, start: number) => readonly number[];
}

/** Cuts a pattern into its literals and placeholders. What stands in braces must be one of `PLACEHOLDERS`. */
export function compilePattern(match: string): NamePattern {
  const pieces = match.split(/(\{\w+\})/).filter((piece) => piece !== '');
  const names = pieces.map((piece) => /^\{(\w+)\}$/.exec(piece)?.[1] as Placeholder | undefined);
  const parts = pieces.map((piece, index): Part => {
    const placeholder = names[index];
    if (placeholder === undefined) return { literal: foldAll(Array.from(piece)) };
    const isFirst = names.indexOf(placeholder) === index;
    return {
      placeholder,
      isFirst,
      isRepeated: names.lastIndexOf(placeholder) !== names.indexOf(placeholder),
    };
  });
  const pending = pieces.map((_, index) =>
    PLACEHOLDERS.filter((name) => names.slice(0, index).includes(name) && names.slice(index).includes(name)),
  );
  return { parts, pending };
}

/** Prepares a name for being compared with many patterns. `tries` holds the keys of each placeholder. */
export function readableName(name: string, tries: Readonly<Record<Placeholder, KeyTrie>>): ReadableName {
  const characters = Array.from(name);
  const folded = foldAll(characters);
  const known = new Map<Placeholder, (readonly number[] | undefined)[]>();
  return {
    characters,
    folded,
    endsOf: (placeholder, start) => {
      let places = known.get(placeholder);
      if (!places) known.set(placeholder, (places = new Array<readonly number[] | undefined>(folded.length)));
      return (places[start] ??= tries[placeholder].endsFrom(folded, start));
    },
  };
}

/** Work for one pattern and one name: more than any pattern within the limits of `checkRules` takes without repetition. */
export const MOST_STEPS_OF_NAME = 200_000;

/**
 * What the placeholders stand for when the whole name matches, without regard to case. Of several ways to read the name
 * it is the one in which the first placeholder is longest, then the second, and so on; a placeholder that comes again
 * stands for the same text. Each place of the name is tried once for each part, so that the work is bounded by their
 * product; only repeated placeholders can need more, and past `MOST_STEPS_OF_NAME` the name counts as not matching.
 */
export function matchName(
  { parts, pending }: NamePattern,
  name: ReadableName,
  effort: Effort,
): Bindings | undefined {
  const { folded, characters } = name;
  const width = folded.length + 1;
  const least = effort.steps - MOST_STEPS_OF_NAME;
  const spans: Partial<Record<Placeholder, readonly [start: number, end: number]>> = {};
  /** The places from which the rest did not match, by what was bound that still matters. */
  const failures = new Map<string, Uint8Array>();

  const failedBefore = (index: number): Uint8Array => {
    const bound = (pending[index] ?? []).map((one) => folded.subarray(...(spans[one] as [number, number])));
    const key = bound.join(' ');
    let places = failures.get(key);
    if (!places) failures.set(key, (places = new Uint8Array(width * parts.length)));
    return places;
  };

  const restMatches = (index: number, at: number): boolean => {
    const part = parts[index];
    effort.steps -= 1;
    if (!part) return at === folded.length;
    if (effort.steps < least) return false;
    if ('literal' in part) {
      return isAt(folded, part.literal, at) && restMatches(index + 1, at + part.literal.length);
    }
    const span = part.isFirst ? undefined : spans[part.placeholder];
    if (span) {
      const value = folded.subarray(...span);
      effort.steps -= value.length;
      return isAt(folded, value, at) && restMatches(index + 1, at + value.length);
    }
    const failed = failedBefore(index);
    const place = index * width + at;
    if (failed[place] === 1) return false;
    for (const end of name.endsOf(part.placeholder, at)) {
      effort.steps -= 1;
      spans[part.placeholder] = [at, end];
      if (restMatches(index + 1, end)) return true;
    }
    failed[place] = 1;
    return false;
  };

  if (!endsLike(folded, parts.at(-1)) || !restMatches(0, 0)) return undefined;
  const bindings: Bindings = {};
  for (const [placeholder, [start, end]] of Object.entries(spans)) {
    bindings[placeholder as Placeholder] = characters.slice(start, end).join('');
  }
  return bindings;
}

/** Most names fail here or at a pattern's first part. */
function endsLike(folded: Uint32Array, last: Part | undefined): boolean {
  if (!last || !('literal' in last)) return true;
  return isAt(folded, last.literal, folded.length - last.literal.length);
}

function isAt(folded: Uint32Array, text: Uint32Array, at: number): boolean {
  if (at < 0 || at + text.length > folded.length) return false;
  for (let index = 0; index < text.length; index += 1) {
    if (folded[at + index] !== text[index]) return false;
  }
  return true;
}

function foldAll(characters: readonly string[]): Uint32Array {
  return Uint32Array.from(characters, foldCase);
}
