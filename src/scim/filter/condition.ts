import type { Condition, Operator } from '../../core/shared/condition.ts';
import type { SchemaAttribute } from '../schema/attribute.ts';
import { attributeName, attributeRef } from '../schema/attribute.ts';
import type { Chain } from '../schema/schema.ts';
import { badRequest, ScimError } from '../scim-error.ts';
import { comparedValue, isNull } from './compared-value.ts';
import type { Token } from './lexer.ts';

/**
 * The meaning of one attribute expression. `from` is how much of the paths the enclosing value path already names:
 * 0 on the resource, 1 in `emails[…]`.
 */
export interface Expression {
  /** From the resource, or from inside the enclosing value path, down to the attribute. */
  readonly chain: Chain;
  readonly from: number;
}

/** `attr pr`. A sub-attribute of a multi-valued attribute is present when one element has it. */
export function presence({ chain, from }: Expression): Condition {
  allowed(chain);
  return inElement(chain, from, (attribute, cut) => ({
    kind: 'present',
    attribute: attributeRef(attribute, cut),
  }));
}

/**
 * `attr op value`, RFC 7644 section 3.4.2.2. A complex attribute is compared by its `value`. `eq null` is "not
 * present", RFC 7643 section 2.5.
 */
export function comparison(expression: Expression, operator: Operator, token: Token): Condition {
  const { from } = expression;
  allowed(expression.chain);
  if (isNull(token) && (operator === 'eq' || operator === 'ne')) {
    const present = presence(expression);
    return operator === 'ne' ? present : { kind: 'not', of: present };
  }
  const chain = comparable(expression.chain);
  const leaf = chain.at(-1) ?? chain[0];
  const value = comparedValue(leaf, operator, token);
  return inElement(chain, from, (attribute, cut) => ({
    kind: 'compare',
    attribute: attributeRef({ ...attribute, multiValued: false }, cut),
    operator,
    value,
  }));
}

/** `attr[filter]`: one element meets the whole filter. A complex attribute of one value must be there to meet it. */
export function valuePath({ chain, from }: Expression, where: Condition): Condition {
  const attribute = chain.at(-1) ?? chain[0];
  const ref = attributeRef(attribute, from);
  if (attribute.multiValued) return { kind: 'element', attribute: ref, where };
  return { kind: 'and', of: [{ kind: 'present', attribute: ref }, where] };
}

function comparable(chain: Chain): Chain {
  const leaf = chain.at(-1) ?? chain[0];
  if (leaf.type !== 'complex') return chain;
  const value = leaf.subAttributes.find((sub) => sub.name === 'value');
  return value ? [...chain, value] : chain;
}

/** Wraps what is said of the last attribute in an element condition, if one above it (or it itself) has many values. */
function inElement(
  chain: Chain,
  from: number,
  say: (attribute: SchemaAttribute, cut: number) => Condition,
): Condition {
  const leaf = chain.at(-1) ?? chain[0];
  const many = chain.find((attribute) => attribute.multiValued && attribute.path.length > from);
  if (!many) return say(leaf, from);
  const inner = say(leaf, many.path.length);
  // `emails pr` asks for the attribute as a whole.
  if (many === leaf && inner.kind === 'present') return say(leaf, from);
  return { kind: 'element', attribute: attributeRef(many, from), where: inner };
}

/** RFC 7644 section 7.5.2: what is never returned must not be found out by asking whether it matches. */
function allowed(chain: Chain): void {
  const secret = chain.find((attribute) => attribute.returned === 'never');
  if (secret) {
    throw new ScimError(403, 'sensitive', `"${attributeName(secret.path)}" cannot be used in a filter.`);
  }
}

/** The error for a name that no schema of the resource has. */
export function unknownAttribute(name: string): ScimError {
  return badRequest('invalidFilter', `The filter names ${name}, which is not an attribute here.`);
}
