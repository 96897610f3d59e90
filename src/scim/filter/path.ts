import type { Condition } from '../../core/shared/condition.ts';
import { attributeName } from '../schema/attribute.ts';
import type { Chain, ResourceSchema } from '../schema/schema.ts';
import { resolveChain } from '../schema/schema.ts';
import type { ScimError } from '../scim-error.ts';
import { badRequest, quoted } from '../scim-error.ts';
import { tokenize } from './lexer.ts';
import type { Cursor } from './parser.ts';
import { parseBrackets, subAttribute } from './parser.ts';

/**
 * A PATCH path, RFC 7644 section 3.5.2 (figure 7): `attrPath`, `attr[filter]` or `attr[filter].sub`. `where` selects
 * elements of the one multi-valued attribute in the chain, its names relative to an element.
 */
export interface AttributePath {
  /** From the resource down to the attribute that is aimed at, the sub-attribute after the brackets included. */
  readonly chain: Chain;
  readonly where: Condition | undefined;
}

/** Parses a PATCH path. Throws `invalidPath`, or `invalidFilter` for what is wrong inside the brackets. */
export function parsePath(text: string, schema: ResourceSchema): AttributePath {
  const [first, second, ...others] = tokenize(text, 'invalidPath');
  if (first?.kind !== 'word') throw notAPath(text);
  const chain = resolveChain(schema, first.text);
  if (!chain) throw unknown(quoted(first.text), schema);
  if (!second) return { chain, where: undefined };

  const attribute = chain.at(-1) ?? chain[0];
  if (second.kind !== '[') throw notAPath(text);
  if (!attribute.multiValued) {
    throw badRequest(
      'invalidPath',
      `"${attributeName(attribute.path)}" has one value: none can be selected.`,
    );
  }
  const cursor: Cursor = { tokens: [first, second, ...others], schema, at: 1, depth: 0 };
  const where = parseBrackets(cursor, chain);
  const sub = subAttribute(cursor, chain, (name) => unknown(name, schema));
  if (cursor.at < cursor.tokens.length) throw notAPath(text);
  return { chain: sub ?? chain, where };
}

function unknown(name: string, schema: ResourceSchema): ScimError {
  return badRequest('invalidPath', `The path names ${name}, which is not an attribute of a ${schema.name}.`);
}

function notAPath(text: string): ScimError {
  return badRequest('invalidPath', `The path ${quoted(text)} cannot be read.`);
}
