import type { SchemaAttribute } from '../schema/attribute.ts';
import { userSchema } from '../schema/schema.ts';
import { badRequest, ScimError } from '../scim-error.ts';
import type { Draft } from './draft.ts';
import { assign } from './draft.ts';
import { fields } from './fields.ts';
import type { Json, JsonObject } from './json.ts';
import { isObject } from './json.ts';
import { MAX_USER } from './limits.ts';

/** A user as a client may write one. */
export interface UserDocument {
  readonly userName: string;
  readonly externalId?: string;
  /** Absent when the client says nothing of it: true for a new user, unchanged for one that is replaced. */
  readonly active?: boolean;
  /** Every other assigned attribute, names in canonical case and order, extensions under their URN. */
  readonly attributes: JsonObject;
}

/**
 * Reads the body of a POST or PUT of a user (RFC 7644 sections 3.3 and 3.5.1), liberal in every way that identity
 * providers need. All of it is done on our own attribute table, the one that filters and PATCH resolve names by, so
 * that what one way of writing takes the others take too. Throws `invalidSyntax`, `invalidValue`, or 413 for
 * too much of it all.
 */
export function readUser(body: unknown): UserDocument {
  const draft: Draft = new Map();
  for (const [attribute, value] of fields(userSchema, body))
    assign(draft, userSchema, attribute, value, 'replace');

  const { userName, externalId, active, ...attributes } = inOrder(
    userSchema.attributes,
    Object.fromEntries(draft),
  );
  if (typeof userName !== 'string' || userName.trim() === '') {
    throw badRequest('invalidValue', '"userName" is required.');
  }
  if (JSON.stringify(attributes).length > MAX_USER) {
    throw new ScimError(413, undefined, `A user may have ${MAX_USER} characters as JSON at most.`);
  }
  return {
    userName,
    ...(typeof externalId === 'string' ? { externalId } : {}),
    ...(typeof active === 'boolean' ? { active } : {}),
    attributes,
  };
}

/** The user as one SCIM object, which `readUser` takes back as it is. */
export function userObject({ attributes, ...named }: UserDocument): JsonObject {
  return { ...named, ...attributes };
}

/** In the schema's order, so that equal users are equal as text. */
function inOrder(attributes: readonly SchemaAttribute[], value: JsonObject): JsonObject {
  const entries: [string, Json][] = [];
  for (const attribute of attributes) {
    const part = Object.hasOwn(value, attribute.name) ? value[attribute.name] : undefined;
    if (part === undefined) continue;
    const isComplex = attribute.type === 'complex' && isObject(part);
    entries.push([attribute.name, isComplex ? inOrder(attribute.subAttributes, part) : part]);
  }
  return Object.fromEntries(entries);
}
