import type { ComparedValue, Operator } from '../../core/shared/condition.ts';
import { prepareAddress, prepareUserName, prepareUserNamePart } from '../../core/shared/user-name.ts';
import type { SchemaAttribute } from '../schema/attribute.ts';
import { attributeName } from '../schema/attribute.ts';
import { rfc3339 } from '../schema/date-time.ts';
import type { ScimError } from '../scim-error.ts';
import { badRequest } from '../scim-error.ts';
import type { Token } from './lexer.ts';

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * The right side of a comparison, in the attribute's own type (RFC 7644 section 3.4.2.2). A word stands for the
 * value it spells: Entra ID quotes booleans, and Entra ID and authentik leave strings unquoted.
 */
export function comparedValue(attribute: SchemaAttribute, operator: Operator, token: Token): ComparedValue {
  if (token.kind !== 'word' && token.kind !== 'string') throw missing(attribute);
  if (isNull(token)) throw refused(attribute, `"${operator}" cannot compare with null`);
  checkOperator(attribute, operator);
  const text = token.kind === 'word' ? token.text : token.value;
  return typed(attribute, prepared(attribute, operator, text));
}

/** RFC 7644 section 5: names are prepared before they are compared, as they were before they were kept. */
function prepared(attribute: SchemaAttribute, operator: Operator, text: string): string {
  const isPart = operator === 'co' || operator === 'sw' || operator === 'ew';
  switch (attributeName(attribute.path)) {
    case 'userName':
      return isPart ? prepareUserNamePart(text) : prepareUserName(text);
    case 'emails.value':
      return isPart ? text : prepareAddress(text);
    default:
      return text;
  }
}

/** The unquoted word `null`: only `eq` and `ne` can compare with it, as a question of presence. */
export function isNull(token: Token): boolean {
  return token.kind === 'word' && token.text.toLowerCase() === 'null';
}

function checkOperator(attribute: SchemaAttribute, operator: Operator): void {
  const { type } = attribute;
  const ordering = operator === 'gt' || operator === 'ge' || operator === 'lt' || operator === 'le';
  // RFC 7644 section 3.4.2.2: "Boolean and Binary attributes SHALL cause a failed response".
  if (ordering && (type === 'boolean' || type === 'binary')) {
    throw refused(attribute, `"${operator}" cannot compare a ${type}`);
  }
  const part = operator === 'co' || operator === 'sw' || operator === 'ew';
  if (part && type !== 'string' && type !== 'reference' && type !== 'binary') {
    throw refused(attribute, `"${operator}" cannot compare a ${type}`);
  }
}

function typed(attribute: SchemaAttribute, text: string): ComparedValue {
  switch (attribute.type) {
    case 'string':
    case 'reference':
    case 'binary':
      return text;
    case 'boolean': {
      const word = text.toLowerCase();
      if (word !== 'true' && word !== 'false') throw refused(attribute, 'it is compared with true or false');
      return word === 'true';
    }
    case 'integer':
    case 'decimal': {
      const value = Number(text);
      if (!NUMBER.test(text) || !Number.isFinite(value))
        throw refused(attribute, 'it is compared with a number');
      return value;
    }
    case 'dateTime': {
      const time = rfc3339(text);
      if (time === undefined) {
        throw refused(attribute, 'it is compared with a dateTime such as "2011-05-13T04:42:34Z"');
      }
      return time;
    }
    case 'complex':
      throw refused(attribute, 'name one of its sub-attributes');
  }
}

function refused(attribute: SchemaAttribute, why: string): ScimError {
  return badRequest(
    'invalidFilter',
    `The filter on "${attributeName(attribute.path)}" is not supported: ${why}.`,
  );
}

/** The error for a comparison that ends before its value. */
export function missing(attribute: SchemaAttribute): ScimError {
  return badRequest(
    'invalidFilter',
    `The filter lacks the value to compare "${attributeName(attribute.path)}" with.`,
  );
}
