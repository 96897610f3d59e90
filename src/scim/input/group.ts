import { groupSchema } from '../schema/schema.ts';
import { badRequest } from '../scim-error.ts';
import { fields } from './fields.ts';
import { readMembers } from './members.ts';
import { simpleValue } from './simple.ts';

/** A group as a client may write one. */
export interface GroupDocument {
  readonly displayName: string;
  readonly externalId?: string;
  /** The ids of the members; absent when the client says nothing of them. */
  readonly members?: readonly string[];
}

/**
 * Reads the body of a POST or PUT of a group (RFC 7644 sections 3.3 and 3.5.1), whatever `schemas` it comes with:
 * Entra ID adds one of its own. Throws `invalidSyntax` or `invalidValue`.
 */
export function readGroup(body: unknown): GroupDocument {
  let displayName: unknown;
  let externalId: unknown;
  let members: readonly string[] | undefined;
  for (const [attribute, value] of fields(groupSchema, body)) {
    if (attribute.name === 'members') members = readMembers(value);
    else if (attribute.name === 'displayName') displayName = simpleValue(attribute, value);
    else externalId = simpleValue(attribute, value);
  }
  return {
    displayName: requiredName(displayName),
    ...(typeof externalId === 'string' ? { externalId } : {}),
    ...(members ? { members } : {}),
  };
}

/** The name of a group: RFC 7643 section 4.2 requires one. */
export function requiredName(value: unknown): string {
  if (typeof value !== 'string' || value.trim() === '') {
    throw badRequest('invalidValue', '"displayName" is required.');
  }
  return value;
}
