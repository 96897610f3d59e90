import { prepareAddress } from '../../core/shared/user-name.ts';
import type { SchemaAttribute } from '../schema/attribute.ts';
import { attributeName } from '../schema/attribute.ts';
import { isDate, rfc3339 } from '../schema/date-time.ts';
import type { ScimError } from '../scim-error.ts';
import { badRequest } from '../scim-error.ts';
import { isArray, isObject, isUnassigned } from './json.ts';
import { exceeded } from './limits.ts';

const BASE64 = /^[A-Za-z0-9+/_\-\s]*={0,2}\s*$/;

/**
 * One simple value in the attribute's type (RFC 7643 section 2.3), or undefined when it is unassigned. Throws
 * `invalidValue` naming the attribute. Not scimmy's coercion: that refuses a quoted boolean, a `type` that isn't
 * canonical and a telephone number as a reference, and takes any text for a dateTime.
 */
export function simpleValue(attribute: SchemaAttribute, raw: unknown): string | number | boolean | undefined {
  const given = unwrapped(raw);
  if (isUnassigned(given)) return undefined;
  switch (attribute.type) {
    case 'string':
    case 'reference':
      return text(attribute, given);
    case 'binary': {
      const value = text(attribute, given);
      if (!BASE64.test(value)) throw wrongType(attribute, 'base64');
      return value;
    }
    case 'boolean': {
      if (typeof given === 'boolean') return given;
      // Entra ID sends "True" and "False": learn.microsoft.com, application-provisioning-config-problem-scim-compatibility.
      const word = typeof given === 'string' ? given.toLowerCase() : undefined;
      if (word !== 'true' && word !== 'false') throw wrongType(attribute, 'true or false');
      return word === 'true';
    }
    case 'integer':
    case 'decimal':
      if (typeof given !== 'number' || (attribute.type === 'integer' && !Number.isInteger(given))) {
        throw wrongType(attribute, `a number (${attribute.type})`);
      }
      return given;
    case 'dateTime': {
      const time = rfc3339(text(attribute, given));
      if (time === undefined) throw wrongType(attribute, 'a dateTime such as "2011-05-13T04:42:34Z"');
      return time;
    }
    case 'complex':
      throw wrongType(attribute, 'an object');
  }
}

function text(attribute: SchemaAttribute, given: unknown): string {
  if (typeof given !== 'string') throw wrongType(attribute, 'a string');
  const limit = exceeded(attribute, given);
  if (limit !== undefined) throw wrongType(attribute, `${limit} characters long at most`);
  // Neither can be kept in PostgreSQL.
  if (given.includes('\0')) throw wrongType(attribute, 'without NUL characters');
  if (/\p{Surrogate}/u.test(given)) throw wrongType(attribute, 'well-formed Unicode');
  if (attribute.name === 'startDate') return day(attribute, given);
  // An address that nobody can tell from another is the same; one of white space alone stays what it is.
  return attributeName(attribute.path) === 'emails.value' ? prepareAddress(given) || given : given;
}

/** Our extension's startDate. Entra ID's employeeHireDate is a dateTime: its day is what is meant. */
function day(attribute: SchemaAttribute, given: string): string {
  const value = rfc3339(given)?.slice(0, 10) ?? given;
  if (!isDate(value)) throw wrongType(attribute, 'a date as "YYYY-MM-DD"');
  return value;
}

/** Microsoft's first SCIM clients send `[{"$ref":null,"value":"x"}]` for "x": MicrosoftDocs/azure-docs#42220. */
function unwrapped(raw: unknown): unknown {
  if (!isArray(raw) || raw.length !== 1) return raw;
  const [only] = raw;
  return isObject(only) && Object.hasOwn(only, 'value') ? only['value'] : raw;
}

/** The error for a value of the wrong type, which names the attribute and not the value. */
export function wrongType(attribute: SchemaAttribute, wanted: string): ScimError {
  return badRequest('invalidValue', `"${attributeName(attribute.path)}" must be ${wanted}.`);
}
