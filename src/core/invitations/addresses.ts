import { domainToASCII } from 'node:url';
import { invalid } from '../../lib/errors.ts';
import { isName } from '../shared/names.ts';

/** An address that can be invited, and the display name written before it, if any. */
export interface Address {
  readonly email: string;
  readonly name: string | undefined;
}

/** An entry that is not invited; the reason says why and what to do. */
export interface Skipped {
  readonly email: string;
  readonly reason: string;
}

const MAX_ADDRESSES = 500;
/** Characters of the longest list, with names. */
const MAX_TEXT_LENGTH = MAX_ADDRESSES * 512;
/** Characters of an entry that are echoed to the caller. */
const MAX_ECHO_LENGTH = 320;

/**
 * Parses addresses: one from each element of a list; a text is split on commas, semicolons, white space and new lines. A
 * name may precede an address in angle brackets, quoted when it contains a separator. Duplicates (ignoring case) are
 * merged, and invalid addresses skipped. Throws `invalid` for none at all and for more than 500.
 */
export function parseAddresses(emails: string | readonly string[]): {
  addresses: Address[];
  skipped: Skipped[];
} {
  const tooMany = `At most ${MAX_ADDRESSES} addresses are invited at once.`;
  if (typeof emails === 'string' && emails.length > MAX_TEXT_LENGTH) throw invalid('emails', tooMany);
  const byEmail = new Map<string, Address>();
  for (const entry of typeof emails === 'string' ? entriesOf(emails) : emails.flatMap(entryOf)) {
    const key = entry.email.toLowerCase();
    if (!byEmail.has(key)) byEmail.set(key, entry);
    if (byEmail.size > MAX_ADDRESSES) throw invalid('emails', tooMany);
  }
  if (byEmail.size === 0) throw invalid('emails', 'There is no address in this list. Enter at least one.');
  const addresses: Address[] = [];
  const skipped: Skipped[] = [];
  for (const entry of byEmail.values()) {
    const problem = findAddressProblem(entry.email);
    if (problem === undefined) addresses.push(entry);
    else skipped.push({ email: entry.email.slice(0, MAX_ECHO_LENGTH), reason: problem });
  }
  return { addresses, skipped };
}

/** The address in one element of a list, which is not split further. */
function entryOf(text: string): Address[] {
  const trimmed = text.trim();
  const [, name, email] = /^([^<>]*)<([^<>]*)>$/.exec(trimmed) ?? [];
  if (name !== undefined && email !== undefined) return [{ email: email.trim(), name: nameOf(name) }];
  return trimmed === '' ? [] : [withoutName(trimmed)];
}

// Between commas, semicolons, tabs and line ends that are neither in quotation marks nor in angle brackets.
const SEGMENT = /(?:"[^"\r\n]*"|<[^<>]*>|[^,;\r\n\t])+/g;
const PIECE = /"[^"\r\n]*"|<([^<>]*)>|[^\s"<]+|["<]/g;

function* entriesOf(text: string): Generator<Address> {
  for (const [segment] of text.matchAll(SEGMENT)) {
    let words: string[] = [];
    for (const piece of segment.matchAll(PIECE)) {
      const [word, bracketed] = piece;
      if (bracketed === undefined) {
        words.push(word);
        continue;
      }
      // Whatever has an "@" before it is an address of its own, and the rest a name.
      const last = words.findLastIndex((word) => word.includes('@'));
      yield* words.slice(0, last + 1).map(withoutName);
      yield { email: bracketed.trim(), name: nameOf(words.slice(last + 1).join(' ')) };
      words = [];
    }
    yield* words.map(withoutName);
  }
}

function withoutName(email: string): Address {
  return { email, name: undefined };
}

function nameOf(text: string): string | undefined {
  const name = text.replaceAll('"', '').trim();
  return isName(name) ? name : undefined;
}

// RFC 5321 section 4.1.2, without quoted local parts and address literals, which are not accepted.
const LOCAL_PART = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** What is wrong with an address, in a sentence; undefined when mail can be sent to it. */
export function findAddressProblem(email: string): string | undefined {
  const at = email.lastIndexOf('@');
  if (at < 1 || at === email.length - 1) return 'This is not an e-mail address.';
  const [local, domain] = [email.slice(0, at), email.slice(at + 1)];
  const foreign = /[^ -~]/u.exec(email)?.[0];
  if (foreign !== undefined) return problemWithCharacter(foreign, local, domain);
  if (local.length > 64) return 'The part before the "@" is longer than 64 characters.';
  if (email.length > 254) return 'The address is longer than 254 characters.';
  if (!LOCAL_PART.test(local))
    return 'The part before the "@" contains a character that addresses do not allow.';
  const labels = domain.split('.');
  if (labels.length < 2) return `"${domain}" is not the name of a domain.`;
  if (!labels.every((label) => LABEL.test(label))) return `"${domain}" is not the name of a domain.`;
  if (/^\d+$/.test(labels.at(-1) ?? '')) return `"${domain}" is not the name of a domain.`;
  return undefined;
}

/** Letters of other alphabets can look like ASCII ones, so the address would be ambiguous. */
function problemWithCharacter(character: string, local: string, domain: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  if (/\p{Cc}/u.test(character)) return `The address holds a control character (U+${code}).`;
  const message = `The address holds the character "${character}" (U+${code}), which may be taken for another.`;
  const ascii = /^[ -~]*$/.test(local) ? domainToASCII(domain) : '';
  return ascii === '' ? message : `${message} If you are sure of it, write the domain as ${ascii}.`;
}
