import { withoutSecrets } from '../../lib/secrets.ts';
import { isKnownName, NOT_KEPT } from './words.ts';

const LONGEST = 2_048;
const QUOTED = /"((?:[^"\\]|\\.)*)("|$)/gs;
/** Errors about how something is written: what they quote is a piece of it, which may be a piece of a name. */
const ABOUT_WRITING: ReadonlySet<unknown> = new Set([
  'invalidFilter',
  'invalidPath',
  'invalidSyntax',
  'invalidCursor',
]);

/**
 * Why a request was refused, as it is kept: whole texts that it quotes, by which it is found again, and no pieces of
 * texts, which are found by no key.
 */
export function keptDetail(detail: string, scimType?: unknown): string {
  const kept = cutOutsideQuotes(detail, LONGEST).replace(
    QUOTED,
    (literal: string, inner: string, end: string) => {
      if (isKnownName(inner)) return literal;
      const isPiece = end === '' || inner.endsWith('…') || ABOUT_WRITING.has(scimType);
      return isPiece ? JSON.stringify(NOT_KEPT) : literal;
    },
  );
  return withoutSecrets(kept);
}

/** A text cut to a length; a quoted text that would be cut with it goes as a whole. */
export function cutOutsideQuotes(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, most).toWellFormed();
  const whole = cut.replace(QUOTED, (literal: string, _inner: string, end: string) =>
    end === '' ? '' : literal,
  );
  return `${whole}…`;
}
