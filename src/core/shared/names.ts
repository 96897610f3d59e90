import type { FieldProblem } from '../../lib/errors.ts';

const MAX_LENGTH = 200;

/**
 * Characters that a one-line name can't contain: control characters, line and paragraph separators, and those that change
 * the direction of surrounding text. Joiners (U+200C, U+200D) are allowed: Persian, Indic scripts and emoji need them.
 */
const CONTROL_OR_DIRECTION = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** A character with a visible glyph. */
const VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{C}]/u;

/** Whether a text is a valid display name: 1 to 200 characters on one line, without outer white space. */
export function isName(text: string): boolean {
  return text === text.trim() && nameProblem(text) === undefined;
}

/** Why a text can't be a name, whatever white space is around it. */
export function nameProblem(text: string): FieldProblem | undefined {
  if (text.length > MAX_LENGTH) return 'too_long';
  if (CONTROL_OR_DIRECTION.test(text)) return 'control_characters';
  return VISIBLE.test(text) ? undefined : 'required';
}

/** What `isName` requires, as the end of a sentence about a field. */
export const NAME_RULE = `1 to ${MAX_LENGTH} characters on one line, without control characters or direction overrides`;
