import { randomUUID } from 'node:crypto';
import type { Scope } from '../../src/core/context/caller.ts';
import type { Reply, TestApp } from '../support/app.ts';

/** A call of a route that succeeds for whoever may make it, also again and again. */
export interface Case {
  /** Below /api/v1; unless it is said, the route's own path. */
  readonly path?: (made: Made) => string | Promise<string>;
  readonly body?: (made: Made) => object | Promise<object>;
}

/** What the cases lean on. */
export interface Made {
  readonly app: TestApp;
  /** The ids of a user and of a group that an identity provider pushed; the user is the group's member. */
  readonly user: string;
  readonly group: string;
  /** Sends one request with the admin's token; the path is below /api/v1. */
  readonly admin: (method: string, path: string, body?: object) => Promise<Reply<Record<string, unknown>>>;
}

/** Makes what the cases lean on. */
export async function prepare(app: TestApp): Promise<Made> {
  const push = async (path: string, body: object) => {
    const { body: pushed } = await app.request('POST', path, { token: app.tokens.scim, body });
    return String(pushed.id);
  };
  const user = await push('/scim/v2/Users', {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    userName: 'cases@example.com',
  });
  const group = await push('/scim/v2/Groups', {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
    displayName: 'Cases',
    members: [{ value: user }],
  });
  const admin: Made['admin'] = (method, path, body) =>
    app.request(method, `/api/v1${path}`, { token: app.tokens.admin, ...(body ? { body } : {}) });
  return { app, user, group, admin };
}

/** A token of each scope; an operator's names the workspace with each call. */
export async function tokensOf(app: TestApp): Promise<ReadonlyMap<Scope, string>> {
  const tokens = new Map<Scope, string>();
  for (const scope of SCOPES) {
    const { body } = await app.request<{ token: string }>('POST', '/api/v1/tokens', {
      token: app.tokens.operator,
      headers: { 'X-Workspace': 'default' },
      body: { name: scope, scope },
    });
    tokens.set(scope, body.token);
  }
  return tokens;
}

export const SCOPES: readonly Scope[] = ['scim', 'admin', 'auditor', 'product', 'operator'];

const named = () => ({ key: `k-${randomUUID()}`, name: 'Made for a case' });
const made =
  (list: string) =>
  async ({ admin }: Made) => {
    const body = named();
    await admin('POST', `/${list}`, body);
    return `/${list}/${body.key}`;
  };
const token = () => ({ name: 'Made for a case', scope: 'scim' });
const invitation = async ({ admin }: Made): Promise<string> => {
  const { body } = await admin('POST', '/invitations', { emails: `${randomUUID()}@example.com` });
  return (body.invited as { id: string }[])[0]!.id;
};

const pushed = async ({ app }: Made, active = true): Promise<string> => {
  const body = { userName: `${randomUUID()}@example.com`, active };
  return String((await app.request('POST', '/scim/v2/Users', { token: app.tokens.scim, body })).body.id);
};
const machineOf = (user: string) => ({ user, name: 'Made for a case', fingerprint: randomUUID() });

const asked = () => ({ name: 'Made for a case', dueAt: new Date(Date.now() + 86_400_000).toISOString() });
/** A review with a row. */
const review =
  (rest = '') =>
  async ({ admin, user }: Made): Promise<string> => {
    await admin('PUT', `/users/${user}/products/test-management`, {});
    return `/reviews/${String((await admin('POST', '/reviews', asked())).body.id)}${rest}`;
  };

/** One for each route of the table. Add yours here when you add a route. */
export const CASES: Readonly<Record<string, Case>> = {
  'GET /workspace': {},
  'PATCH /workspace': { body: () => ({ name: `Workspace ${randomUUID()}` }) },
  'GET /workspaces': {},
  'POST /workspaces': { body: named },
  'GET /products': {},
  'PUT /products/{key}': { path: () => '/products/testsigma', body: () => ({ name: randomUUID() }) },
  'GET /organizations': {},
  'POST /organizations': { body: named },
  'PATCH /organizations/{key}': { path: made('organizations'), body: () => ({ name: 'Other' }) },
  'DELETE /organizations/{key}': { path: made('organizations') },
  'GET /projects': {},
  'POST /projects': { body: named },
  'PATCH /projects/{key}': { path: made('projects'), body: () => ({ name: 'Other' }) },
  'DELETE /projects/{key}': { path: made('projects') },
  'GET /roles': {},
  'PUT /roles/{key}': { path: () => '/roles/tester', body: () => ({ name: randomUUID() }) },
  'GET /users': {},
  'GET /users/{id}': { path: ({ user }) => `/users/${user}` },
  'PATCH /users/{id}': {
    path: ({ user }) => `/users/${user}`,
    body: () => ({ accountRole: 'member', organization: null }),
  },
  'PUT /users/{id}/projects/{project}': {
    path: async (one) => `/users/${one.user}${await made('projects')(one)}`,
    body: () => ({ role: 'tester' }),
  },
  'DELETE /users/{id}/projects/{project}': {
    path: async (one) => `/users/${one.user}${await made('projects')(one)}`,
  },
  'PUT /users/{id}/products/{product}': {
    path: ({ user }) => `/users/${user}/products/testsigma`,
    body: () => ({ license: 'pro' }),
  },
  'DELETE /users/{id}/products/{product}': { path: ({ user }) => `/users/${user}/products/testsigma` },
  'POST /users/{id}/deactivate': { path: async (one) => `/users/${await pushed(one)}/deactivate` },
  'POST /users/{id}/reinvite': { path: async (one) => `/users/${await pushed(one, false)}/reinvite` },
  'POST /users/{id}/erase': { path: async (one) => `/users/${await pushed(one, false)}/erase` },
  'POST /users/remove': { body: async (one) => ({ ids: [await pushed(one)] }) },
  'POST /users/account-role': { body: ({ user }) => ({ ids: [user], accountRole: 'member' }) },
  'GET /groups': {},
  'GET /groups/{id}/grants': { path: ({ group }) => `/groups/${group}/grants` },
  'PUT /groups/{id}/grants': {
    path: ({ group }) => `/groups/${group}/grants`,
    body: () => ({ grants: [{ accountRole: 'member' }] }),
  },
  'GET /invitations': {},
  'POST /invitations': { body: () => ({ emails: [`${randomUUID()}@example.com`] }) },
  'POST /invitations/revoke': { body: async (made) => ({ ids: [await invitation(made)] }) },
  'POST /invitations/{id}/resend': { path: async (made) => `/invitations/${await invitation(made)}/resend` },
  'GET /invitations/{id}/link': { path: async (made) => `/invitations/${await invitation(made)}/link` },
  'GET /mapping-rules': {},
  'PUT /mapping-rules': { body: () => ({ rules: [] }) },
  'POST /mapping/preview': { body: ({ group }) => ({ group, grants: [{ accountRole: 'member' }] }) },
  'GET /access': { path: ({ user }) => `/access?user=${user}` },
  'POST /last-access': { body: ({ user }) => ({ users: [{ user, at: new Date().toISOString() }] }) },
  'GET /machines': {},
  'POST /machines': { body: ({ user }) => machineOf(user) },
  'DELETE /machines/{id}': {
    path: async ({ admin, user }) =>
      `/machines/${String((await admin('POST', '/machines', machineOf(user))).body.id)}`,
  },
  'GET /conflicts': {},
  'GET /exports/users.csv': {},
  'GET /exports/users.jsonl': {},
  'GET /exports/access.csv': {},
  'GET /exports/access.jsonl': {},
  'GET /exports/access-changes.csv': {},
  'GET /exports/access-changes.jsonl': {},
  'GET /exports/leavers.csv': {},
  'GET /exports/leavers.jsonl': {},
  'GET /exports/joiners.csv': {},
  'GET /exports/joiners.jsonl': {},
  'GET /exports/dormant.csv': {},
  'GET /exports/dormant.jsonl': {},
  'GET /exports/audit.csv': {},
  'GET /exports/audit.jsonl': {},
  'GET /exports/receipts': {},
  'GET /exports/receipts/{id}': {
    path: async ({ app }) => {
      const { headers } = await app.request('GET', '/api/v1/exports/access.csv', { token: app.tokens.admin });
      return `/exports/receipts/${headers.get('export-receipt') ?? ''}`;
    },
  },
  'GET /reviews': {},
  'POST /reviews': { body: asked },
  'GET /reviews/{id}': { path: review() },
  'POST /reviews/{id}/close': {
    path: review('/close'),
    body: () => ({ undecided: 'keep', reviewer: 'Ann' }),
  },
  'POST /reviews/{id}/cancel': { path: review('/cancel') },
  'GET /reviews/{id}/rows': { path: review('/rows') },
  'GET /reviews/{id}/rows/{row}': { path: review('/rows/1') },
  'PUT /reviews/{id}/rows/{row}': {
    path: review('/rows/1'),
    body: () => ({ decision: 'keep', note: 'Needed', reviewer: 'Ann' }),
  },
  'POST /reviews/{id}/decisions': {
    path: review('/decisions'),
    body: () => ({ filter: { kind: 'entitlement' }, decision: 'keep' }),
  },
  'GET /reviews/{id}/tasks': { path: review('/tasks') },
  'GET /reviews/{id}/report.csv': { path: review('/report.csv') },
  'GET /reviews/{id}/report.html': { path: review('/report.html') },
  'GET /audit/verify': {},
  'GET /audit/checkpoint': {},
  'GET /scim-requests': {},
  'GET /tokens': {},
  'POST /tokens': { body: token },
  'DELETE /tokens/{id}': {
    path: async ({ admin }) => `/tokens/${String((await admin('POST', '/tokens', token())).body.id)}`,
  },
  'GET /audit': {},
};
