import { LONGEST_TEXT } from '../../core/audit/identifier-index.ts';
import { isSecretName, MASK, maskedText } from '../../lib/secrets.ts';
import { type Token, tokenize } from '../filter/lexer.ts';
import { parseFilter } from '../filter/parser.ts';
import { parsePath } from '../filter/path.ts';
import { mixedUserSchema } from '../schema/root.ts';
import { groupSchema, type ResourceSchema, userSchema } from '../schema/schema.ts';
import { isKnownName, NOT_KEPT } from './words.ts';

const OPERATORS: ReadonlySet<string> = new Set(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']);
const WORDS: ReadonlySet<string> = new Set(['and', 'or', 'not', 'pr']);
/** Names that are compared with times, which tell of nobody: what syncs ask by. */
const TIMES = /(?:^|[.:])(?:created|lastModified)$/i;
const SCHEMAS: readonly ResourceSchema[] = [userSchema, groupSchema, mixedUserSchema];
const LONGEST = 4_096;

/**
 * A filter as it is kept, from what it was parsed to: each value that something is equal to or not in JSON's quotes, so
 * that it is found again; of parts of values ("starts with") nothing, as they are found by no key. Of a filter that
 * can't be parsed only the words that are SCIM's own.
 */
export function keptFilter(text: string): string {
  return keptTokens(text, (schema) => parseFilter(text, schema));
}

/** A PATCH path as it is kept: like a filter. A simple name that is no attribute of ours is kept in quotes. */
export function keptPath(text: string): string {
  return keptTokens(text, (schema) => parsePath(text, schema));
}

function keptTokens(text: string, parse: (schema: ResourceSchema) => unknown): string {
  let tokens: Token[];
  try {
    tokens = text.length > LONGEST ? [] : tokenize(text, 'invalidFilter');
  } catch {
    tokens = [];
  }
  const isRead = SCHEMAS.some((schema) => succeeds(() => parse(schema)));
  const kept = isRead ? readTokens(tokens) : tokens.map(ownWord);
  return kept.length === 0 ? NOT_KEPT : spaced(kept);
}

function succeeds(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

/** The tokens of what was parsed: after a name and an operator stands a value, everything else is SCIM's own. */
function readTokens(tokens: readonly Token[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const [name, operator, value] = [tokens[at], tokens[at + 1], tokens[at + 2]];
    if (
      name?.kind === 'word' &&
      operator?.kind === 'word' &&
      value &&
      OPERATORS.has(operator.text.toLowerCase())
    ) {
      kept.push(name.text, operator.text, keptValue(name.text, operator.text.toLowerCase(), value));
      at += 2;
    } else if (name) kept.push(name.kind === 'word' ? name.text : ownWord(name));
  }
  return kept;
}

function keptValue(name: string, operator: string, token: Token): string {
  if (token.kind !== 'word' && token.kind !== 'string') return ownWord(token);
  const text = token.kind === 'word' ? token.text : token.value;
  if (isSecretName(name)) return MASK;
  if (token.kind === 'word' && /^(?:true|false|null)$/i.test(text)) return text;
  const isWhole = operator === 'eq' || operator === 'ne' || TIMES.test(name);
  return JSON.stringify(isWhole && text.length <= LONGEST_TEXT ? maskedText(text) : NOT_KEPT);
}

/** A token of which nothing is known but that it stands there. */
function ownWord(token: Token): string {
  if (token.kind === 'string') return JSON.stringify(NOT_KEPT);
  if (token.kind !== 'word') return token.kind;
  const word = token.text.toLowerCase();
  const isOwn = OPERATORS.has(word) || WORDS.has(word) || isKnownName(word.replace(/^\./, ''));
  return isOwn ? token.text : NOT_KEPT;
}

/** Words with spaces between them, but for where brackets stand. */
function spaced(words: readonly string[]): string {
  return words.reduce((text, word, index) => {
    const before = words[index - 1];
    const isTight =
      before === undefined ||
      before === '(' ||
      before === '[' ||
      word === ')' ||
      word === ']' ||
      (word === '[' && !WORDS.has(before)) ||
      (before === ']' && word.startsWith('.'));
    return `${text}${isTight ? '' : ' '}${word}`;
  }, '');
}
