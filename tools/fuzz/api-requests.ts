import { nodeOf } from './json-text.ts';
import { TEXTS } from './odd.ts';
import type { Random } from './random.ts';
import type { Draft } from './request.ts';
import { type Known, wellFormed } from './scim-requests.ts';

/** A request as an admin, an auditor or a product might send it to the companion API. */
export function apiRequest(random: Random, known: Known): Draft {
  const user = random.pick(known.users);
  const group = random.pick(known.groups);
  const key = random.pick(['acme', 'mobile', 'web', 'testsigma', 'test-management', 'nothing']);
  const grants = [
    { project: key, role: 'tester' },
    { product: key, license: 'standard' },
    { accountRole: 'admin' },
  ];
  return random.pick<() => Draft>([
    () => draft('GET', '/users', undefined, parameters(random)),
    () => draft('GET', `/users/${user}`),
    () =>
      draft('PATCH', `/users/${user}`, { accountRole: 'admin', organization: key, name: { givenName: 'x' } }),
    () => draft('POST', `/users/${user}/${random.pick(['deactivate', 'reinvite'])}`, {}),
    () => draft('PUT', `/users/${user}/projects/${key}`, { role: random.pick(['tester', 'manager', 'x']) }),
    () => draft('PUT', `/users/${user}/products/${key}`, { license: random.pick(['standard', 'pro']) }),
    () => draft('DELETE', `/users/${user}/projects/${key}`),
    () => draft('POST', '/users/account-role', { ids: [user], accountRole: 'member' }),
    () => draft('POST', '/users/remove', { ids: [user] }),
    () => draft('GET', '/groups', undefined, parameters(random)),
    () => draft(random.pick(['GET', 'PUT']), `/groups/${group}/grants`, { grants: [random.pick(grants)] }),
    () =>
      draft('PUT', '/mapping-rules', {
        rules: [{ match: 'fuzz-{project}-{role}', grants: [random.pick(grants)] }],
      }),
    () => draft('POST', '/mapping/preview', { group, grants: [random.pick(grants)] }),
    () =>
      draft('POST', '/invitations', { emails: `a${random.number(9)}@x.io, b@x.io;c`, accountRole: 'member' }),
    () => draft('GET', '/invitations', undefined, parameters(random)),
    () => draft('POST', '/invitations/revoke', { ids: [user] }),
    () => draft(random.pick(['GET', 'POST']), '/organizations', { key, name: 'Acme' }, parameters(random)),
    () => draft(random.pick(['PATCH', 'DELETE']), `/organizations/${key}`, { name: 'Other' }),
    () => draft('POST', '/projects', { key, name: 'Project', organization: 'acme' }),
    () => draft(random.pick(['PATCH', 'DELETE']), `/projects/${key}`, { name: 'Other' }),
    () =>
      draft('PUT', `/products/${key}`, {
        name: 'P',
        licenses: [{ key: 'pro', name: 'Pro', seats: random.number(5) }],
      }),
    () => draft('PUT', `/roles/${random.pick(['tester', 'x'])}`, { name: 'Tester', rank: random.number(9) }),
    () => draft('GET', '/access', undefined, `user=${user}`),
    () => draft('POST', '/last-access', { users: [{ user, at: '2026-01-01T00:00:00Z' }] }),
    () => draft('GET', '/audit', undefined, parameters(random)),
    () => draft('GET', '/audit/verify'),
    () => draft('GET', '/scim-requests', undefined, parameters(random)),
    () =>
      draft(
        'GET',
        `/exports/${random.pick(['users', 'access', 'audit', 'access-changes'])}.${random.pick(['csv', 'jsonl'])}`,
        undefined,
        parameters(random),
      ),
    () =>
      draft(
        'GET',
        random.pick([
          '/conflicts',
          '/roles',
          '/products',
          '/tokens',
          '/workspace',
          '/openapi.json',
          '/machines',
        ]),
      ),
    () => draft('POST', '/machines', { user, name: 'machine' }),
  ])();
}

function draft(method: string, path: string, body?: unknown, query = ''): Draft {
  const hasBody = body !== undefined && method !== 'GET' && method !== 'DELETE';
  return { method, path: `/api/v1${path}`, query, headers: [], body: hasBody ? nodeOf(body) : undefined };
}

const PARAMETERS = [
  'limit',
  'cursor',
  'search',
  'sort',
  'status',
  'asOf',
  'from',
  'to',
  'actor',
  'action',
  'target',
  'user',
  'group',
  'organization',
  'product',
  'project',
  'mapping',
];
const VALUES = [
  '1',
  '0',
  '-1',
  '1000000',
  'active',
  'pending',
  '2026-01-01T00:00:00Z',
  '2026-13-01',
  '-userName',
  'userName',
  'x',
  'none',
];

function parameters(random: Random): string {
  return Array.from({ length: random.number(4) }, () => {
    const value = random.once(3) ? random.pick(TEXTS) : random.pick(VALUES);
    return `${random.pick(PARAMETERS)}=${encodeURIComponent(wellFormed(value))}`;
  }).join('&');
}
