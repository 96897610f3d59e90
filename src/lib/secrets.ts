import { asId } from './ids.ts';

/** What stands in place of a secret. */
export const MASK = '***';

/** Parts of names, without their separators and case, that say that a value is a secret. */
const SECRET_NAME =
  /passw(?:or)?d|passphrase|passcode|pwd|secret|token|apikey|accesskey|privatekey|signingkey|sharedkey|authorization|credential|bearer|cookie|sessionid|^(?:pass|pin|otp|auth|jwt|pin(?:code)?|totpseed|mfaseed)$/;

/**
 * Whether a name says that its value is a secret: `newPassword`, `client_secret`, `X-Api-Key`, `urn:…:User:password`,
 * in any case and width, and with any separators.
 */
export function isSecretName(name: string): boolean {
  if (name.length > 1_024) return true;
  return name
    .normalize('NFKC')
    .split(/[.:[\]()\s"']/)
    .some((part) => SECRET_NAME.test(part.toLowerCase().replace(/[^a-z0-9]/g, '')));
}

const NAMED = String.raw`[\w.:$-]*(?:passw(?:or)?d|passphrase|passcode|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|authorization|credentials?|cookie)[\w.$-]{0,64}`;

/** `"client_secret": "x"` within a text, where the value may be cut off, and `password=x y`, whose value has no end. */
const ASSIGNED = new RegExp(
  String.raw`(?<![\w.:$-])(\\*["']?${NAMED}\\*["']?\s*(?:[:=]|\beq\b)\s*)(\\*"(?:[^"\\]|\\.)*(?:"|$)|'[^']*(?:'|$)|[^\s,;&}\])"'][\s\S]*)`,
  'gi',
);

/** `<password>x</password>`; the value may be cut off. */
const TAGGED = new RegExp(String.raw`(<${NAMED}(?:\s[^<>]{0,256})?>)[^<]+`, 'gi');

/** Texts that are secrets by their shape, wherever they stand. */
const SHAPES: readonly RegExp[] = [
  /-----BEGIN [A-Z0-9 ]{1,64}-----[\s\S]*?(?:-----END [A-Z0-9 ]{1,64}-----|$)/g,
  /\brc_[a-z]{1,16}_[\w-]{8,}/g,
  /\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*){0,3}/g,
  /\b(?:sk|pk|rk)_[A-Za-z0-9_-]{12,}/g,
  /\bsk-[A-Za-z0-9_-]{16,}/g,
  /\bgh[opsur]_[A-Za-z0-9]{16,}/g,
  /\bgithub_pat_\w{16,}/g,
  /\bglpat-[\w-]{16,}/g,
  /\bxox[a-z]-[\w-]{10,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bAIza[\w-]{30,}/g,
  /(?<![\w-])00[A-Za-z0-9_-]{40}(?![\w-])/g,
  /\b(?:Bearer|SSWS)\s+[\w.~+/=-]{6,}/gi,
];

/** The password of `https://user:password@host`. */
const USER_INFO = /(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/@:]{0,256}:)[^\s/@]{1,1024}(?=@)/gi;

/** HTTP's Basic credentials: "user:password" as base64. */
const BASIC = /\bBasic\s+([A-Za-z0-9+/]{6,}={0,2})/gi;

function holdsColon(base64: string): boolean {
  return Buffer.from(base64, 'base64').includes(':');
}

/** A text without what is a secret by its shape, or by the name before it. */
export function withoutSecrets(text: string): string {
  if (text.length < 6) return text;
  let left = [ASSIGNED, TAGGED, USER_INFO].reduce((some, one) => some.replace(one, `$1${MASK}`), text);
  for (const shape of SHAPES) left = left.replace(shape, MASK);
  return left.replace(BASIC, (text: string, value: string) => (holdsColon(value) ? MASK : text));
}

/** A text, or the mask for all of it when a part is a secret: the rest of it would be found by no key. */
export function maskedText(text: string): string {
  const plain = text.normalize('NFKC');
  return withoutSecrets(plain) === plain ? text : MASK;
}

const LONG = /[A-Za-z0-9_+/=-]{32,}/g;

/** Whether a text holds a long run of letters and digits that is no UUID: a key or token of a shape we don't know. */
export function looksRandom(text: string): boolean {
  return (text.match(LONG) ?? []).some((run) => /\d/.test(run) && /[A-Za-z]/.test(run) && !asId(run));
}
