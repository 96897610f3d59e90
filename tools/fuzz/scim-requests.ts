import { ATTRIBUTES, filter, patchPath } from './filters.ts';
import { type Node, nodeOf } from './json-text.ts';
import { largePart, largeValue } from './large.ts';
import { TEXTS } from './odd.ts';
import type { Random } from './random.ts';
import type { Draft } from './request.ts';

/** What exists on the server, as far as it is known. */
export interface Known {
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const ROLLCALL = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User';
const MESSAGES = 'urn:ietf:params:scim:api:messages:2.0';

function draft(method: string, path: string, body?: unknown, query = ''): Draft {
  return {
    method,
    path: `/scim/v2${path}`,
    query,
    headers: [],
    body: body === undefined ? undefined : nodeOf(body),
  };
}

function query(parameters: Readonly<Record<string, string | number>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(wellFormed(String(value)))}`)
    .join('&');
}

/** encodeURIComponent takes no lone surrogates. */
export function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, '\uFFFD');
}

/** A name out of a few, so that requests meet each other. */
function userName(random: Random): string {
  return `fuzz-${random.number(60)}@example.com`;
}

function userOf(random: Random, known: Known): unknown {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', ENTERPRISE, ROLLCALL],
    userName: userName(random),
    externalId: `ext-${random.number(60)}`,
    active: !random.once(4),
    password: 'Pa55-word-of-nobody',
    displayName: 'Fuzz',
    nickName: random.pick(TEXTS),
    name: { givenName: 'Given', familyName: 'Family', formatted: 'Given Family' },
    emails: [
      { value: userName(random), type: 'work', primary: true },
      { value: userName(random), type: 'home' },
    ],
    phoneNumbers: [{ value: '+1-201-555-0123', type: 'mobile' }],
    addresses: [{ type: 'work', streetAddress: 'Street', locality: 'Town', country: 'US' }],
    roles: [{ value: random.pick(['admin', 'member', 'mobile:tester', 'nothing']) }],
    entitlements: [{ value: random.pick(['testsigma', 'test-management:standard', 'nothing']) }],
    x509Certificates: [{ value: 'AAAA' }],
    [ENTERPRISE]: { employeeNumber: '1', department: 'Fuzz', manager: { value: random.pick(known.users) } },
    [ROLLCALL]: { organization: 'acme', startDate: '2026-01-31' },
  };
}

function largeUserOf(random: Random, known: Known): unknown {
  return { ...(userOf(random, known) as object), ...largePart(random) };
}

function groupOf(random: Random, known: Known): unknown {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
    displayName: `fuzz-group-${random.number(30)}`,
    externalId: `ext-${random.number(30)}`,
    members: Array.from({ length: random.number(4) }, () => ({
      value: random.pick(known.users),
      type: 'User',
    })),
  };
}

function valueOf(random: Random, known: Known): unknown {
  return random.pick<() => unknown>([
    () => random.pick(TEXTS),
    () => random.once(2),
    () => [{ value: random.pick(known.users) }],
    () => [{ value: userName(random), type: 'work', primary: true }],
    () => ({ givenName: 'Other' }),
    () => ({ nickName: 'x', 'name.familyName': 'y', [`${ENTERPRISE}:department`]: 'z' }),
    () => userOf(random, known),
    () => (random.once(3) ? largeValue(random) : null),
    () => [],
  ])();
}

function patchOf(random: Random, known: Known): unknown {
  const operations = Array.from({ length: 1 + random.number(4) }, () => ({
    op: random.pick(['add', 'replace', 'remove', 'Add', 'Replace', 'move']),
    ...(random.once(5) ? {} : { path: patchPath(random) }),
    ...(random.once(6) ? {} : { value: valueOf(random, known) }),
  }));
  return { schemas: [`${MESSAGES}:PatchOp`], Operations: operations };
}

function bulkOf(random: Random, known: Known): unknown {
  const operations = Array.from({ length: 1 + random.number(5) }, (_, index) => {
    const id = random.once(3) ? `bulkId:${random.number(5)}` : random.pick(known.users);
    const group = {
      displayName: `fuzz-group-${random.number(30)}`,
      members: [{ value: `bulkId:${random.number(5)}` }],
    };
    return random.pick<() => unknown>([
      () => ({ method: 'POST', path: '/Users', bulkId: String(index), data: userOf(random, known) }),
      () => ({ method: 'POST', path: '/Groups', bulkId: String(index), data: group }),
      () => ({ method: 'PUT', path: `/Users/${id}`, data: userOf(random, known), version: 'W/"1"' }),
      () => ({ method: 'PATCH', path: `/Users/${id}`, data: patchOf(random, known) }),
      () => ({ method: 'PATCH', path: `/Groups/${random.pick(known.groups)}`, data: patchOf(random, known) }),
      () => ({ method: 'DELETE', path: `/Users/${id}` }),
    ])();
  });
  return { schemas: [`${MESSAGES}:BulkRequest`], failOnErrors: random.number(4), Operations: operations };
}

function listQuery(random: Random): Readonly<Record<string, string | number>> {
  return {
    ...(random.once(3) ? {} : { filter: filter(random) }),
    ...(random.once(2) ? {} : { sortBy: random.pick(ATTRIBUTES) }),
    ...(random.once(2) ? {} : { sortOrder: random.pick(['ascending', 'descending', 'x']) }),
    ...(random.once(2) ? {} : { startIndex: random.pick([1, 0, -1, 5, 1e15, 'x']) }),
    ...(random.once(2) ? {} : { count: random.pick([1, 0, -1, 10, 1e15, '1.5']) }),
    ...(random.once(3) ? { attributes: `${random.pick(ATTRIBUTES)},${random.pick(ATTRIBUTES)}` } : {}),
    ...(random.once(4) ? { excludedAttributes: random.pick(ATTRIBUTES) } : {}),
    ...(random.once(5) ? { cursor: random.pick(['', 'x', 'AAAA', '~'.repeat(500)]) } : {}),
  };
}

/** A request as an identity provider might send it, of any endpoint. */
export function scimRequest(random: Random, known: Known): Draft {
  const user = `/Users/${random.pick(known.users)}`;
  const group = `/Groups/${random.pick(known.groups)}`;
  const shown = query(random.once(3) ? { attributes: random.pick(ATTRIBUTES) } : {});
  return random.pick<() => Draft>([
    () => draft('GET', '/Users', undefined, query(listQuery(random))),
    () => draft('GET', '/Users', undefined, query(listQuery(random))),
    () => draft('GET', '/Groups', undefined, query(listQuery(random))),
    () => draft('GET', user, undefined, shown),
    () => draft('GET', group, undefined, shown),
    () => draft('POST', '/Users', userOf(random, known), shown),
    () => draft('POST', '/Users', userOf(random, known), shown),
    () => draft('POST', '/Groups', groupOf(random, known), shown),
    () => draft('PUT', user, userOf(random, known), shown),
    () => draft('PUT', user, random.once(2) ? largeUserOf(random, known) : userOf(random, known), shown),
    () => draft('PUT', group, groupOf(random, known), shown),
    () => draft('PATCH', user, patchOf(random, known), shown),
    () => draft('PATCH', user, patchOf(random, known), shown),
    () => draft('PATCH', group, patchOf(random, known), shown),
    () => draft('PATCH', group, patchOf(random, known), shown),
    () => draft('DELETE', random.once(2) ? user : group),
    () => draft('POST', '/Bulk', bulkOf(random, known)),
    () => draft('POST', '/Bulk', bulkOf(random, known)),
    () => draft('POST', '/Users/.search', { schemas: [`${MESSAGES}:SearchRequest`], ...listQuery(random) }),
    () => draft('POST', '/Groups/.search', { schemas: [`${MESSAGES}:SearchRequest`], ...listQuery(random) }),
    () => draft('POST', '/.search', { schemas: [`${MESSAGES}:SearchRequest`], ...listQuery(random) }),
    () => draft('GET', random.pick(['/Schemas', '/ResourceTypes', '/ServiceProviderConfig', '/Me', '/', ''])),
    () => draft('GET', `/Schemas/${random.pick(ATTRIBUTES)}`),
  ])();
}

/** Users and groups to begin with. */
export function firstResources(random: Random): readonly Draft[] {
  const nobody: Known = { users: ['00000000-0000-7000-8000-000000000000'], groups: [] };
  const users = Array.from({ length: 30 }, () => draft('POST', '/Users', userOf(random, nobody)));
  const large = Array.from({ length: 8 }, (_, index) =>
    draft('POST', '/Users', {
      ...(largeUserOf(random, nobody) as object),
      userName: `large-${index}@example.com`,
    }),
  );
  const groups = Array.from({ length: 12 }, (_, index) =>
    draft('POST', '/Groups', { displayName: `fuzz-group-${index}` }),
  );
  return [...users, ...large, ...groups];
}

export type { Node };
