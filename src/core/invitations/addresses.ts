import { domainToASCII } from 'node:url';
import { invalid } from '../../lib/errors.ts';
import { isName } from '../shared/names.ts';

/** An address that can be invited, and the name that was written before it, if any. */
export interface Address {
  readonly email: string;
  readonly name: string | undefined;
}

/** Something in the list that is not invited, with why and what to do in plain words. */
export interface Skipped {
  readonly email: string;
  readonly reason: string;
}

const MOST = 500;
/** Characters that so many addresses can have, with names. */
const LONGEST = MOST * 512;
/** Characters of what is repeated to the caller. */
const SHOWN = 320;

/**
 * Reads addresses: of a list one from each element; a text is split as people paste it, on commas, semicolons, white
 * space and new lines. A name may stand before an address in angle brackets, in quotation marks when it holds one of
 * those. Each address is there once, without regard to case; what is none is skipped. Throws `invalid` for none at
 * all and for more than 500.
 */
export function readAddresses(emails: string | readonly string[]): {
  addresses: Address[];
  skipped: Skipped[];
} {
  const tooMany = `At most ${MOST} addresses are invited at once.`;
  if (typeof emails === 'string' && emails.length > LONGEST) throw invalid('emails', tooMany);
  const found = new Map<string, Address>();
  for (const entry of typeof emails === 'string' ? entriesOf(emails) : emails.flatMap(entryOf)) {
    const key = entry.email.toLowerCase();
    if (!found.has(key)) found.set(key, entry);
    if (found.size > MOST) throw invalid('emails', tooMany);
  }
  if (found.size === 0) throw invalid('emails', 'This names no address.');
  const addresses: Address[] = [];
  const skipped: Skipped[] = [];
  for (const entry of found.values()) {
    const problem = problemWith(entry.email);
    if (problem === undefined) addresses.push(entry);
    else skipped.push({ email: entry.email.slice(0, SHOWN), reason: problem });
  }
  return { addresses, skipped };
}

/** One element of a list: nothing in it separates addresses. */
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
      const last = words.findLastIndex((one) => one.includes('@'));
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

// RFC 5321 section 4.1.2, without quoted local parts and address literals, which nobody is invited by.
const LOCAL_PART = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** What is wrong with an address, in a sentence; undefined when mail can be sent to it. */
export function problemWith(email: string): string | undefined {
  const at = email.lastIndexOf('@');
  if (at < 1 || at === email.length - 1) return 'This is not an e-mail address.';
  const [local, domain] = [email.slice(0, at), email.slice(at + 1)];
  const foreign = /[^ -~]/u.exec(email)?.[0];
  if (foreign !== undefined) return problemWithCharacter(foreign, local, domain);
  if (local.length > 64) return 'The part before the "@" is longer than 64 characters.';
  if (email.length > 254) return 'The address is longer than 254 characters.';
  if (!LOCAL_PART.test(local)) return 'The part before the "@" holds something that addresses do not have.';
  const labels = domain.split('.');
  if (labels.length < 2) return `"${domain}" is not the name of a domain.`;
  if (!labels.every((label) => LABEL.test(label))) return `"${domain}" is not the name of a domain.`;
  if (/^\d+$/.test(labels.at(-1) ?? '')) return `"${domain}" is not the name of a domain.`;
  return undefined;
}

/** A letter of another alphabet may look just like one of ours: who is meant must be certain. */
function problemWithCharacter(character: string, local: string, domain: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  if (/\p{Cc}/u.test(character)) return `The address holds a control character (U+${code}).`;
  const said = `The address holds the character "${character}" (U+${code}), which may be taken for another.`;
  const ascii = /^[ -~]*$/.test(local) ? domainToASCII(domain) : '';
  return ascii === '' ? said : `${said} If you are sure of it, write the domain as ${ascii}.`;
}
