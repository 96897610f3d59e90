import { asId } from '../../lib/ids.ts';
import { attributeNamed, groupSchema } from '../schema/schema.ts';
import { badRequest } from '../scim-error.ts';
import { isArray, isObject, isUnassigned } from './json.ts';
import { simpleValue } from './simple.ts';

const VALUE = attributeNamed(groupSchema, 'members.value');

/**
 * The ids in a list of members (RFC 7643 section 4.2), each once, in their order. `$ref`, `display` and whatever else
 * comes with them is ours to tell. Throws `invalidValue`.
 */
export function readMembers(raw: unknown): string[] {
  if (isUnassigned(raw)) return [];
  const ids = new Set<string>();
  for (const item of isArray(raw) ? raw : [raw]) {
    if (!isUnassigned(item)) ids.add(readMember(item));
  }
  return [...ids];
}

function readMember(raw: unknown): string {
  const id = simpleValue(VALUE, isObject(raw) ? valueIn(raw) : raw);
  if (typeof id !== 'string') throw badRequest('invalidValue', '"members.value" is missing.');
  return memberId(id);
}

function valueIn(raw: Readonly<Record<string, unknown>>): unknown {
  let value: unknown;
  for (const [key, part] of Object.entries(raw)) {
    const name = key.toLowerCase();
    if (name === 'value') value = part;
    else if (name === 'type') refuseGroup(part);
  }
  return value;
}

function refuseGroup(type: unknown): void {
  if (typeof type === 'string' && type.toLowerCase() === 'group') {
    throw badRequest('invalidValue', 'A member of type "Group" was sent: nested groups are not supported.');
  }
}

/** An id in the one spelling that a UUID has here; any other text as it is, for the directory to refuse by name. */
export function memberId(text: string): string {
  return asId(text) ?? text;
}
