import { LONGEST_TEXT } from '../../core/audit/identifier-index.ts';
import { isSecretName, looksRandom, MASK, maskedText } from '../../lib/secrets.ts';
import { isArray, isObject } from '../input/json.ts';
import { keptFilter, keptPath } from './filter.ts';
import { keptUrlPath } from './path.ts';
import { isKnownName, NOT_KEPT } from './words.ts';

/** Characters of a body, and of a name in it. */
const LONGEST = { body: 8_192, name: 128 } as const;
const DEEPEST = 32;
/** Texts that hold JSON are read, so often within each other. */
const DEEPEST_TEXT = 3;

/** What is left to be kept, in characters of JSON. */
interface Room {
  left: number;
}

/**
 * A body as it is kept, JSON that is always whole: no secrets, by name and by shape, also in JSON within texts; filters
 * and paths as `keptFilter` has them; what goes beyond the room for it is left out.
 */
export function keptBody(body: unknown): string {
  return JSON.stringify(keptValue(body, '', { left: LONGEST.body }, 0, 0));
}

function keptValue(value: unknown, name: string, room: Room, depth: number, textDepth: number): unknown {
  if (room.left <= 0 || depth > DEEPEST) return NOT_KEPT;
  if (isArray(value)) return keptArray(value, name, room, depth, textDepth);
  if (isObject(value)) return keptObject(value, room, depth, textDepth);
  if (typeof value !== 'string') {
    room.left -= String(value).length + 1;
    return value;
  }
  const kept = keptText(value, name, textDepth);
  room.left -= JSON.stringify(kept).length + 1;
  return room.left < 0 ? NOT_KEPT : kept;
}

/** What stands in an array after the name of a secret is one: `["password", …]`. */
function keptArray(value: readonly unknown[], name: string, room: Room, depth: number, textDepth: number) {
  const kept: unknown[] = [];
  room.left -= 2;
  let isOfSecret = false;
  for (const element of value) {
    if (room.left <= 0) return [...kept, NOT_KEPT];
    kept.push(isOfSecret ? MASK : keptValue(element, name, room, depth + 1, textDepth));
    isOfSecret ||= saysSecret(element);
  }
  return kept;
}

function keptObject(
  value: Readonly<Record<string, unknown>>,
  room: Room,
  depth: number,
  textDepth: number,
): Readonly<Record<string, unknown>> {
  const isNamedSecret = Object.entries(value).some(([name, label]) => isLabel(name) && saysSecret(label));
  const kept: [string, unknown][] = [];
  room.left -= 2;
  for (const [name, one] of Object.entries(value)) {
    if (room.left <= 0) {
      kept.push([NOT_KEPT, NOT_KEPT]);
      break;
    }
    const keptAs = keptName(name);
    room.left -= keptAs.length + 4;
    const isSecret = isSecretName(name) || (isNamedSecret && !isLabel(name));
    kept.push([keptAs, isSecret ? MASK : keptValue(one, name, room, depth + 1, textDepth)]);
  }
  return Object.fromEntries(kept);
}

/** Names whose text says what the value beside it is: `{"path": "password", "value": …}`. */
function isLabel(name: string): boolean {
  return /^(?:op|path|name|key|type|attribute|field|header)$/i.test(name);
}

/** Whether a value is the name of a secret, or a list that holds one. */
function saysSecret(value: unknown): boolean {
  return isArray(value) ? value.some(saysSecret) : typeof value === 'string' && isSecretName(value);
}

function keptName(name: string): string {
  if (isKnownName(name)) return name;
  if (name.length > LONGEST.name) return NOT_KEPT;
  if (/[[\]]/.test(name)) return keptPath(name);
  const clean = maskedText(clearText(name));
  return looksRandom(clean) ? MASK : clean;
}

function keptText(text: string, name: string, textDepth: number): string {
  switch (name.toLowerCase()) {
    case 'filter':
      return keptFilter(text);
    case 'path':
      if (/^\/?(?:Users|Groups|Me|Bulk)(?:[/?#]|$)/i.test(text))
        return keptUrlPath(text.split(/[?#]/, 1)[0] ?? '');
      return /^[\w.:$-]{1,128}$/.test(text) ? maskedText(text) : keptPath(text);
    case 'cursor':
      return NOT_KEPT;
  }
  if (text.length > LONGEST_TEXT) return `${NOT_KEPT} (${text.length} characters)`;
  const clear = clearText(text);
  const inner = jsonIn(clear, textDepth);
  // Written in another way, or without a part, it would be found by no key.
  if (inner !== undefined) return inner === clear ? clear : MASK;
  const masked = maskedText(clear);
  if (masked !== clear || isKnownName(name)) return masked;
  return maskedText(decoded(clear)) === MASK || looksRandom(clear) ? MASK : clear;
}

/** JSON within a text, treated as a body is. */
function jsonIn(text: string, textDepth: number): string | undefined {
  if (textDepth >= DEEPEST_TEXT || !/^\s*[[{"]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(keptValue(value, '', { left: LONGEST_TEXT }, 0, textDepth + 1));
  } catch {
    return undefined;
  }
}

/** Without what PostgreSQL can't keep. */
function clearText(text: string): string {
  return text.replaceAll('\u0000', '\ufffd').toWellFormed();
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
