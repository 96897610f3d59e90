import { badRequest } from '../scim-error.ts';

/** Longer filters and paths are refused: contract section 4. */
export const MAX_BYTES = 8 * 1024;

export type Token =
  | { readonly kind: '(' | ')' | '[' | ']' }
  /** A run of anything else: names, operators, numbers, and the unquoted strings that Entra ID and authentik send. */
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string };

type Problem = 'invalidFilter' | 'invalidPath';

const SPACE = /\s/;
const WORD_END = /[\s()[\]"]/;

/** Cuts a filter or a PATCH path into tokens, in one pass. Throws `problem` when it is too long or a string is open. */
export function tokenize(text: string, problem: Problem): Token[] {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw badRequest(problem, `A filter or path may have ${MAX_BYTES} bytes at most.`);
  }
  if (text.includes('\0') || /\p{Surrogate}/u.test(text)) {
    throw badRequest(problem, 'A filter or path must be text without NUL or unpaired surrogates.');
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text.charAt(at);
    if (SPACE.test(character)) {
      at += 1;
    } else if (character === '(' || character === ')' || character === '[' || character === ']') {
      tokens.push({ kind: character });
      at += 1;
    } else if (character === '"' || character === "'") {
      const end = endOfString(text, at, problem);
      tokens.push({ kind: 'string', value: stringValue(text.slice(at, end), problem) });
      at = end;
    } else {
      let end = at + 1;
      while (end < text.length && !WORD_END.test(text.charAt(end))) end += 1;
      tokens.push({ kind: 'word', text: text.slice(at, end) });
      at = end;
    }
  }
  return tokens;
}

function endOfString(text: string, start: number, problem: Problem): number {
  const quote = text.charAt(start);
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '\\' && quote === '"') at += 1;
    else if (character === quote) return at + 1;
  }
  throw badRequest(problem, 'A quoted string is not closed.');
}

/** RFC 7644 section 3.4.2.2: a JSON string. One in single quotes, as GitHub's documentation has them, is literal. */
function stringValue(literal: string, problem: Problem): string {
  if (literal.startsWith("'")) return literal.slice(1, -1);
  let value: unknown;
  try {
    value = JSON.parse(literal);
  } catch {
    throw badRequest(problem, 'A quoted string is not a JSON string.');
  }
  if (typeof value !== 'string' || value.includes('\0') || /\p{Surrogate}/u.test(value)) {
    throw badRequest(problem, 'A quoted string must be text without NUL or unpaired surrogates.');
  }
  return value;
}
