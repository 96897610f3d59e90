import type { Condition, Operator } from '../../core/shared/condition.ts';
import type { Chain, ResourceSchema } from '../schema/schema.ts';
import { resolveChain, resolveInside } from '../schema/schema.ts';
import { badRequest, quoted } from '../scim-error.ts';
import { missing } from './compared-value.ts';
import { comparison, presence, unknownAttribute, valuePath } from './condition.ts';
import type { Token } from './lexer.ts';
import { tokenize } from './lexer.ts';

/** Deeper filters are refused: contract section 4. */
export const MAX_DEPTH = 50;

/** Where the parser stands. */
export interface Cursor {
  readonly tokens: readonly Token[];
  readonly schema: ResourceSchema;
  at: number;
  depth: number;
}

/** What names mean: on the resource, or inside the brackets after an attribute. */
interface Scope {
  readonly inside: Chain | undefined;
  /** How much of an attribute's path the brackets' attribute stands for. */
  readonly from: number;
}

const RESOURCE: Scope = { inside: undefined, from: 0 };
const OPERATORS: ReadonlySet<string> = new Set(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']);

/**
 * Parses a filter, the whole grammar of RFC 7644 section 3.4.2.2 (figure 1). Throws a `ScimError`: `invalidFilter`,
 * or 403 for an attribute that is never returned.
 */
export function parseFilter(text: string, schema: ResourceSchema): Condition {
  const cursor: Cursor = { tokens: tokenize(text, 'invalidFilter'), schema, at: 0, depth: 0 };
  const condition = disjunction(cursor, RESOURCE);
  if (cursor.at < cursor.tokens.length) throw unexpected(cursor);
  return condition;
}

/** Parses `[filter]` after an attribute, the cursor standing on the bracket. */
export function parseBrackets(cursor: Cursor, chain: Chain): Condition {
  const attribute = chain.at(-1) ?? chain[0];
  // In an attribute of one value, names keep their whole path: there is no element to be relative to.
  const from = attribute.multiValued ? attribute.path.length : 0;
  return nested(cursor, ']', { inside: chain, from });
}

function disjunction(cursor: Cursor, scope: Scope): Condition {
  return joined(cursor, 'or', () => joined(cursor, 'and', () => factor(cursor, scope)));
}

function joined(cursor: Cursor, kind: 'and' | 'or', part: () => Condition): Condition {
  const first = part();
  if (word(cursor) !== kind) return first;
  const of = [first];
  while (word(cursor) === kind) {
    cursor.at += 1;
    of.push(part());
  }
  return { kind, of };
}

function factor(cursor: Cursor, scope: Scope): Condition {
  const token = cursor.tokens[cursor.at];
  if (token?.kind === '(') return nested(cursor, ')', scope);
  if (word(cursor) === 'not' && cursor.tokens[cursor.at + 1]?.kind === '(') {
    cursor.at += 1;
    return { kind: 'not', of: nested(cursor, ')', scope) };
  }
  return expression(cursor, scope);
}

function nested(cursor: Cursor, close: ')' | ']', scope: Scope): Condition {
  cursor.at += 1;
  cursor.depth += 1;
  if (cursor.depth > MAX_DEPTH) {
    throw badRequest('invalidFilter', `A filter may be nested ${MAX_DEPTH} deep at most.`);
  }
  const condition = disjunction(cursor, scope);
  if (cursor.tokens[cursor.at]?.kind !== close) throw unexpected(cursor);
  cursor.at += 1;
  cursor.depth -= 1;
  return condition;
}

function expression(cursor: Cursor, scope: Scope): Condition {
  const token = cursor.tokens[cursor.at];
  if (token?.kind !== 'word') throw unexpected(cursor);
  const chain = named(cursor.schema, scope, token.text);
  if (!chain) throw unknownAttribute(quoted(token.text));
  cursor.at += 1;
  if (cursor.tokens[cursor.at]?.kind !== '[') return tail(cursor, chain, scope.from);

  const attribute = chain.at(-1) ?? chain[0];
  if (attribute.type !== 'complex' && !attribute.multiValued) throw unexpected(cursor);
  const where = parseBrackets(cursor, chain);
  const sub = subAttribute(cursor, chain, unknownAttribute);
  if (!sub) return valuePath({ chain, from: scope.from }, where);
  // The sub-attribute is asked of the element that meets the filter, not of any other.
  const asked = tail(cursor, sub, attribute.multiValued ? attribute.path.length : 0);
  return valuePath({ chain, from: scope.from }, { kind: 'and', of: [where, asked] });
}

/** `.sub` after brackets; `unknown` makes the error for a name that the attribute has no sub-attribute of. */
export function subAttribute(
  cursor: Cursor,
  chain: Chain,
  unknown: (name: string) => Error,
): Chain | undefined {
  const token = cursor.tokens[cursor.at];
  if (token?.kind !== 'word' || !token.text.startsWith('.')) return undefined;
  const name = token.text.slice(1);
  const found = resolveInside(cursor.schema, chain.at(-1) ?? chain[0], name);
  if (!found) throw unknown(quoted(name));
  cursor.at += 1;
  return found;
}

function tail(cursor: Cursor, chain: Chain, from: number): Condition {
  const operator = word(cursor);
  if (operator === 'pr') {
    cursor.at += 1;
    return presence({ chain, from });
  }
  if (operator === undefined || !OPERATORS.has(operator)) throw unexpected(cursor);
  const value = cursor.tokens[cursor.at + 1];
  if (!value) throw missing(chain.at(-1) ?? chain[0]);
  cursor.at += 2;
  return comparison({ chain, from }, operator as Operator, value);
}

function named(schema: ResourceSchema, scope: Scope, text: string): Chain | undefined {
  if (!scope.inside) return resolveChain(schema, text);
  const attribute = scope.inside.at(-1) ?? scope.inside[0];
  if (attribute.type === 'complex') return resolveInside(schema, attribute, text);
  // RFC 7643 section 2.4: an element that is a plain value is called `value`.
  return text.toLowerCase() === 'value' ? [{ ...attribute, multiValued: false }] : undefined;
}

function word(cursor: Cursor): string | undefined {
  const token = cursor.tokens[cursor.at];
  return token?.kind === 'word' ? token.text.toLowerCase() : undefined;
}

function unexpected(cursor: Cursor): Error {
  const token = cursor.tokens[cursor.at];
  if (!token) return badRequest('invalidFilter', 'The filter ends too early.');
  const text = token.kind === 'word' ? token.text : token.kind === 'string' ? 'a string' : token.kind;
  return badRequest('invalidFilter', `The filter cannot be read at ${quoted(text)}.`);
}
