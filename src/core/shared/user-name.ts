import { invalid } from '../../lib/errors.ts';

/** In UTF-16 units; an entry of the index that keeps names apart holds 2,704 bytes. */
const MAX_LENGTH = 255;

/** Characters that nobody sees, so that two names would differ by nothing: zero-width ones, overrides, controls. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cc}]/gu;

/**
 * A userName as it is kept and compared: RFC 7644 section 5 asks for the preparation of RFC 7613 section 3.2. Full- and
 * halfwidth characters take their ordinary form, then everything Unicode's NFC. What nobody sees is left out, any white
 * space is a space, and outer spaces go: what looks the same is the same person, and an identity provider's sync goes
 * on. Case is kept as it was sent; whoever compares does so without regard to it.
 */
export function preparedUserName(text: string): string {
  return preparedPart(text).trim();
}

/** A part of a userName, as a filter compares with: prepared, but its outer spaces may be inner ones of the name. */
export function preparedPart(text: string): string {
  return text
    .replace(WIDE_OR_NARROW, ordinary)
    .replace(/\p{White_Space}/gu, ' ')
    .replace(UNSEEN, '')
    .normalize('NFC');
}

/** An e-mail address as it is kept and compared: without outer white space and what nobody sees. */
export function preparedAddress(text: string): string {
  return text.replace(UNSEEN, '').trim();
}

/** A userName to be kept. Throws `invalid` for one that is empty or too long once it is prepared. */
export function newUserName(text: string): string {
  const name = preparedUserName(text);
  if (name === '') throw invalid('userName', 'The userName has no visible character.');
  if (name.length > MAX_LENGTH) {
    throw invalid('userName', `The userName has more than ${MAX_LENGTH} characters once it is prepared.`);
  }
  return name;
}

const WIDE_OR_NARROW = /[\u3000\uff01-\uffee]/g;

/** Those whose compatibility form goes on past the ordinary one: first, last, ordinary form of the first. */
const EXCEPTIONS = [
  [0xffa0, 0xffa0, 0x3164],
  [0xffa1, 0xffbe, 0x3131],
  [0xffc2, 0xffc7, 0x314f],
  [0xffca, 0xffcf, 0x3155],
  [0xffd2, 0xffd7, 0x315b],
  [0xffda, 0xffdc, 0x3161],
  [0xffe3, 0xffe3, 0x00af],
] as const;

function ordinary(character: string): string {
  const code = character.charCodeAt(0);
  const exception = EXCEPTIONS.find(([from, to]) => code >= from && code <= to);
  if (!exception) return character.normalize('NFKC');
  const [first, , form] = exception;
  return String.fromCharCode(form + code - first);
}
