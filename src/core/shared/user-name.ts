import { invalid } from '../../lib/errors.ts';

/** In UTF-16 units; an entry of the unique index holds 2,704 bytes. */
const MAX_LENGTH = 255;

/** Invisible characters, which would make two names differ that look the same: zero-width, overrides, controls. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cc}]/gu;

/**
 * A userName as it is stored and compared: RFC 7644 section 5 requires the preparation of RFC 7613 section 3.2. Full- and
 * halfwidth characters become ordinary ones, invisible ones are dropped, any white space becomes a space, outer spaces
 * are trimmed, and the result is in NFC: names that look the same are the same user. Names are not rejected, so that an
 * identity provider's sync continues. Case is kept as sent; comparisons ignore it.
 */
export function prepareUserName(text: string): string {
  return prepareUserNamePart(text).trim();
}

/** Prepares part of a userName for a filter; outer spaces stay, since they may be inner ones of the name. */
export function prepareUserNamePart(text: string): string {
  return text
    .replace(WIDE_OR_NARROW, toOrdinaryWidth)
    .replace(/\p{White_Space}/gu, ' ')
    .replace(INVISIBLE, '')
    .normalize('NFC');
}

/** An e-mail address as it is stored and compared: without outer white space and invisible characters. */
export function prepareAddress(text: string): string {
  return text.replace(INVISIBLE, '').trim();
}

/** A userName to be stored. Throws `invalid` when it is empty or too long once prepared. */
export function parseUserName(text: string): string {
  const name = prepareUserName(text);
  if (name === '') throw invalid('userName', 'The userName has no visible character. Send at least one.');
  if (name.length > MAX_LENGTH) {
    throw invalid('userName', `The userName has more than ${MAX_LENGTH} characters once it is prepared.`);
  }
  return name;
}

const WIDE_OR_NARROW = /[\u3000\uff01-\uffee]/g;

/** Characters that NFKC would take further than their ordinary form: first, last, ordinary form of the first. */
const EXCEPTIONS = [
  [0xffa0, 0xffa0, 0x3164],
  [0xffa1, 0xffbe, 0x3131],
  [0xffc2, 0xffc7, 0x314f],
  [0xffca, 0xffcf, 0x3155],
  [0xffd2, 0xffd7, 0x315b],
  [0xffda, 0xffdc, 0x3161],
  [0xffe3, 0xffe3, 0x00af],
] as const;

function toOrdinaryWidth(character: string): string {
  const code = character.charCodeAt(0);
  const exception = EXCEPTIONS.find(([from, to]) => code >= from && code <= to);
  if (!exception) return character.normalize('NFKC');
  const [first, , form] = exception;
  return String.fromCharCode(form + code - first);
}
