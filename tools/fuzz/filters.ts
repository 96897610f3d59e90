import { TEXTS } from './odd.ts';
import type { Random } from './random.ts';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const ROLLCALL = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User';

/** Names of attributes, those of users and groups, and such as nobody has. */
export const ATTRIBUTES: readonly string[] = [
  'id',
  'userName',
  'externalId',
  'displayName',
  'nickName',
  'title',
  'active',
  'name',
  'name.givenName',
  'name.familyName',
  'emails',
  'emails.value',
  'emails.type',
  'emails.primary',
  'phoneNumbers.value',
  'addresses',
  'addresses.streetAddress',
  'roles',
  'roles.value',
  'entitlements.value',
  'x509Certificates.value',
  'groups',
  'groups.value',
  'groups.$ref',
  'members',
  'members.value',
  'members.display',
  'schemas',
  'meta',
  'meta.created',
  'meta.lastModified',
  'meta.version',
  'meta.resourceType',
  'meta.location',
  'password',
  'noSuchAttribute',
  '__proto__',
  'constructor.name',
  'urn:ietf:params:scim:schemas:core:2.0:User:userName',
  'urn:ietf:params:scim:schemas:core:2.0:Group:members.value',
  `${ENTERPRISE}:employeeNumber`,
  `${ENTERPRISE}:manager`,
  `${ENTERPRISE}:manager.value`,
  ENTERPRISE,
  `${ROLLCALL}:organization`,
  `${ROLLCALL}:startDate`,
  `${ROLLCALL}:status`,
  `${ROLLCALL}:joinedAt`,
  `${ROLLCALL}:access`,
  `${ROLLCALL}:access.kind`,
];

const OPERATORS = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le', 'EQ', 'regex', ''];
const INNER = ['value', 'type', 'primary', 'display', '$ref', 'streetAddress', 'kind', 'nothing'];
const VALUES = [
  'true',
  'false',
  'null',
  '1',
  '-1.5',
  '1e400',
  '"fuzz"',
  '"work"',
  '"2011-05-13T04:42:34Z"',
  '"2011-02-30T99:00:00Z"',
  'word',
];

/** A filter of the grammar of RFC 7644 section 3.4.2.2, though not always about something that exists. */
export function filter(random: Random, depth = 0): string {
  const kind = random.number(depth > 4 ? 4 : 12);
  if (kind < 4) return expression(random, ATTRIBUTES);
  if (kind < 6)
    return `${filter(random, depth + 1)} ${random.pick(['and', 'or', 'AND'])} ${filter(random, depth + 1)}`;
  if (kind < 7) return `not (${filter(random, depth + 1)})`;
  if (kind < 8) return `(${filter(random, depth + 1)})`;
  if (kind < 10) return valuePath(random);
  if (kind < 11) return `${valuePath(random)}.${random.pick(INNER)} ${comparison(random)}`;
  const deep = random.pick([3, 49, 51, 400, 4000]);
  return '('.repeat(deep) + expression(random, ATTRIBUTES) + ')'.repeat(deep);
}

export function valuePath(random: Random): string {
  const inner = () => expression(random, INNER);
  const where = random.once(3) ? `${inner()} ${random.pick(['and', 'or'])} not (${inner()})` : inner();
  return `${random.pick(ATTRIBUTES)}[${where}]`;
}

function expression(random: Random, names: readonly string[]): string {
  return `${random.pick(names)} ${random.once(6) ? 'pr' : comparison(random)}`;
}

function comparison(random: Random): string {
  const value = random.once(3) ? JSON.stringify(random.pick(TEXTS)) : random.pick(VALUES);
  return `${random.pick(OPERATORS)} ${value}`;
}

/** A path of a PATCH. */
export function patchPath(random: Random): string {
  const kind = random.number(6);
  if (kind < 3) return random.pick(ATTRIBUTES);
  if (kind < 4) return valuePath(random);
  if (kind < 5) return `${valuePath(random)}.${random.pick(INNER)}`;
  return random.pick(TEXTS);
}
