import { LONGEST_TEXT } from '../../core/audit/identifier-index.ts';
import { isSecretName, MASK, maskedText, withoutSecrets } from '../../lib/secrets.ts';
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
 * texts, which are found by no key. What is quoted after the name of a secret may be that secret.
 */
export function keptDetail(detail: string, scimType?: unknown): string {
  const cut = cutOutsideQuotes(detail, LONGEST);
  const isWhole = !ABOUT_WRITING.has(scimType);
  let kept = '';
  let at = 0;
  let isOfSecret = false;
  for (const { 0: literal, 1: inner = '', 2: end, index } of cut.matchAll(QUOTED)) {
    const before = cut.slice(at, index);
    isOfSecret ||= before.split(/[\s=,;()<>]/).some(isNameOfSecret);
    kept +=
      withoutSecrets(before) +
      (isKnownName(inner) ? literal : keptLiteral(inner, isWhole && end !== '', isOfSecret));
    isOfSecret ||= isNameOfSecret(inner);
    at = index + literal.length;
  }
  return kept + withoutSecrets(cut.slice(at));
}

function keptLiteral(inner: string, isWhole: boolean, isOfSecret: boolean): string {
  if (isOfSecret) return JSON.stringify(MASK);
  if (!isWhole || inner.endsWith('…') || inner.length > LONGEST_TEXT) return JSON.stringify(NOT_KEPT);
  return maskedText(inner) === inner ? `"${inner}"` : JSON.stringify(MASK);
}

/** Names alone: an address or a title may hold such a word. */
function isNameOfSecret(text: string): boolean {
  return /^[\w.:$-]{1,128}$/.test(text.normalize('NFKC')) && isSecretName(text);
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
