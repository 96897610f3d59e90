import type { SchemaAttribute } from '../schema/attribute.ts';
import { isObject } from './json.ts';

type Parts = Readonly<Record<string, unknown>>;

/**
 * Entra ID's AppRoleAssignmentsComplex puts a whole role, as JSON, into `value`: `{"id":…,"value":"admin",
 * "displayName":"Admin"}` (Captain-P-Goldfish/SCIM-SDK#516). Gives the role's own `value` and `display`.
 */
export function appRoleAssignment(attribute: SchemaAttribute, parts: Parts): Parts {
  if (attribute.name !== 'roles' && attribute.name !== 'entitlements') return parts;
  let result = parts;
  // Each round takes a shorter text out of a longer one. JSON in JSON is unpacked whole, so that what is kept is
  // never unpacked again when it comes back.
  for (let found = unpacked(result); found !== undefined; found = unpacked(result)) result = found;
  return result;
}

function unpacked(parts: Parts): Parts | undefined {
  const key = Object.keys(parts).findLast((name) => name.toLowerCase() === 'value');
  const text = key === undefined ? undefined : parts[key];
  if (key === undefined || typeof text !== 'string' || !text.trimStart().startsWith('{')) return undefined;
  let role: unknown;
  try {
    role = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(role) || typeof role['value'] !== 'string' || role['value'] === '') return undefined;
  const display = role['displayName'];
  return { ...parts, ...(typeof display === 'string' ? { display } : {}), [key]: role['value'] };
}
