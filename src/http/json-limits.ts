import { RollcallError } from '../lib/errors.ts';

/** How deep objects and arrays may stand in each other. No message of either edge has more than ten levels. */
export const MAX_NESTING = 64;
/** How many values a text may hold. A group of 100,000 members, each with all that can be said of one, has 500,000. */
export const MAX_VALUES = 600_000;
/** How many members one object may have. */
export const MAX_KEYS = 10_000;

/**
 * Refuses a JSON text that would cost more than its length says, before it is parsed: 16 MiB of brackets take a parser
 * five seconds, in which nobody else is served, and whoever walks what comes out runs out of stack. To be the `verify`
 * of a body parser. Throws `invalid`, `too_large`, or `unsupported` for what isn't UTF-8.
 */
export function refuseCostlyJson(text: Uint8Array, charset: string | null): void {
  if (charset !== null && charset.toLowerCase() !== 'utf-8') {
    throw new RollcallError('unsupported', 'Send the body in UTF-8.');
  }
  let depth = 0;
  let values = 0;
  /** By depth: how many members the object that is open there has, below 0 for an array. */
  const keys = new Int32Array(MAX_NESTING + 2);
  for (let at = 0; at < text.length; at += 1) {
    switch (text[at]) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case BRACKET:
      case BRACE:
        depth += 1;
        values += 1;
        if (depth > MAX_NESTING) {
          throw new RollcallError('invalid', `The body may be nested ${MAX_NESTING} deep at most.`);
        }
        keys[depth] = text[at] === BRACE ? 1 : ARRAY;
        break;
      case COMMA: {
        const count = (keys[depth] ?? 0) + 1;
        if (count > MAX_KEYS) {
          throw new RollcallError('too_large', `An object in the body may have ${MAX_KEYS} members at most.`);
        }
        keys[depth] = count;
        values += 1;
        break;
      }
      case END_BRACKET:
      case END_BRACE:
        depth -= 1;
        break;
      default:
    }
  }
  if (values > MAX_VALUES) {
    throw new RollcallError('too_large', `The body may hold ${MAX_VALUES} values at most.`);
  }
}

/** Never counted up to what an object may have. */
const ARRAY = -(2 ** 31);
const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [BRACKET, END_BRACKET, BRACE, END_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Where the string that begins here ends; the end of the text when it doesn't. */
function endOfString(text: Uint8Array, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const byte = text[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at += 1;
  }
  return text.length;
}
