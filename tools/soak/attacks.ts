import { type Call, type Client, headOf, readSlowly, sendAndReset, sendSlowly } from './http.ts';
import type { TenantClients } from './workspace.ts';

/** One thing that a hostile workspace does over and over. */
export interface Attack {
  readonly name: string;
  /** How many do it at once. */
  readonly clients: number;
  /** Milliseconds to wait after each. */
  readonly pause: number;
  /** Once. Answers the statuses that came. */
  readonly run: (clients: TenantClients, state: HostileState) => Promise<readonly number[]>;
}

/** What the hostile workspace has made, to be used against the server. */
export interface HostileState {
  readonly largeUsers: readonly string[];
  readonly smallUsers: readonly string[];
  readonly groups: readonly string[];
}

const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
const SLOW_MS = 20_000;

/** Fills the hostile workspace: users as large as they may be, many small ones, and a few groups. */
export async function fillHostile({ scim, admin }: TenantClients): Promise<HostileState> {
  for (let length = 1; length <= 40; length += 1) {
    const body = { key: 'a'.repeat(length), name: `${length} letters` };
    await admin({ method: 'POST', path: '/api/v1/projects', body });
    const role = { name: `Role ${length}`, rank: length + 10 };
    await admin({ method: 'PUT', path: `/api/v1/roles/${'a'.repeat(length)}`, body: role });
  }
  const large = await makeUsers(scim, 60, (at) => ({
    userName: `large-${at}@hostile.example.com`,
    ...LARGE,
  }));
  const small = await makeUsers(scim, 3_000, (at) => ({
    userName: `small-${at}@hostile.example.com`,
    externalId: 'same',
    name: { givenName: 'Small', familyName: String(at) },
    emails: [{ value: `small-${at}@hostile.example.com`, type: 'work', primary: true }],
  }));
  const groups: string[] = [];
  for (let at = 0; at < 20; at += 1) {
    const members = small.slice(0, 500).map((value) => ({ value }));
    const body = { displayName: `${'a'.repeat(200)}${at}`, members };
    groups.push(...idsIn((await scim({ method: 'POST', path: '/scim/v2/Groups', body })).text).slice(0, 1));
  }
  return { largeUsers: large, smallUsers: small, groups };
}

async function makeUsers(scim: Client, count: number, one: (at: number) => object): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < count; at += 1) {
    const call: Call = { method: 'POST', path: '/scim/v2/Users?attributes=id', body: one(at) };
    let outcome = await scim(call);
    // A workspace has a budget: the hostile one fills itself no faster than it is let.
    for (let tries = 0; outcome.status === 429 && tries < 30; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      outcome = await scim(call);
    }
    const [id] = idsIn(outcome.text);
    if (id !== undefined) ids.push(id);
  }
  return ids;
}

function idsIn(text: string): string[] {
  return [...text.matchAll(/"id":"([0-9a-f-]{36})"/g)].map(([, id = '']) => id);
}

const anyOf = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;

const one = (client: Client, call: Call) => client(call).then(({ status }) => [status]);

function patchOf(path: string, value: unknown): unknown {
  return { schemas: [PATCH], Operations: [{ op: 'replace', path, value }] };
}

const LONG_FILTER = Array.from({ length: 270 }, (_, at) => `groups.display co "g${at}"`).join(' or ');
/** Makes a user about as large as one may be. */
const LARGE = {
  addresses: Array.from({ length: 60 }, (_, at) => ({ type: `t${at}`, formatted: 'x'.repeat(4_000) })),
};

/** Placeholders side by side, whose keys are runs of one letter: there are a great many ways to split a name. */
const RULES = Array.from({ length: 5 }, (_, at) => ({
  match: `{project}{role}{product}{license}{project}${at}`,
  grants: [{ project: '{project}', role: '{role}' }],
}));

/** All of them. Each is bounded by its clients and pauses, and stops when the soak does. */
export const ATTACKS: readonly Attack[] = [
  {
    name: 'bulk of 300 patches of a large user',
    clients: 2,
    pause: 500,
    run: ({ scim }, { largeUsers }) => {
      const id = anyOf(largeUsers);
      const operations = Array.from({ length: 300 }, () => ({
        method: 'PATCH',
        path: `/Users/${id}`,
        data: patchOf('name.givenName', String(Math.random())),
      }));
      return one(scim, {
        method: 'POST',
        path: '/scim/v2/Bulk',
        body: { schemas: [BULK], Operations: operations },
      });
    },
  },
  {
    name: 'pages of large users',
    clients: 6,
    pause: 50,
    run: ({ scim }) => one(scim, { method: 'GET', path: '/scim/v2/Users?count=500' }),
  },
  {
    name: 'large users in the companion lists, the audit and past dates',
    clients: 2,
    pause: 100,
    run: ({ admin }, { largeUsers }) =>
      one(admin, {
        method: 'GET',
        path: anyOf([
          '/api/v1/users?limit=200',
          '/api/v1/audit?limit=200',
          '/api/v1/scim-requests?limit=200',
          `/api/v1/users/${anyOf(largeUsers)}?asOf=${new Date(Date.now() - 60_000).toISOString()}`,
        ]),
      }),
  },
  {
    name: 'a filter of hundreds of conditions',
    clients: 4,
    pause: 100,
    run: ({ scim }) =>
      one(scim, {
        method: 'POST',
        path: '/scim/v2/Users/.search',
        body: {
          schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'],
          filter: LONG_FILTER,
        },
      }),
  },
  {
    name: 'lookups by an externalId that everybody has',
    clients: 20,
    pause: 20,
    run: ({ scim }) =>
      one(scim, {
        method: 'GET',
        path: `/scim/v2/Users?count=4&${anyOf(['', 'sortBy=emails.value&'])}filter=${encodeURIComponent('externalId eq "same"')}`,
      }),
  },
  {
    name: 'costly questions whose client hangs up',
    clients: 4,
    pause: 50,
    run: ({ scim, auditor }) =>
      Math.random() < 0.5
        ? one(scim, {
            method: 'GET',
            path: `/scim/v2/Users?sortBy=title&filter=${encodeURIComponent('title co "xy" or addresses pr')}`,
            hangUpAfter: 40,
          })
        : one(auditor, { method: 'GET', path: '/api/v1/audit/verify', hangUpAfter: 40 }),
  },
  {
    name: 'previews of rules made to backtrack',
    clients: 2,
    pause: 200,
    run: ({ auditor }) =>
      one(auditor, { method: 'POST', path: '/api/v1/mapping/preview', body: { rules: RULES } }),
  },
  {
    name: 'verification and exports of the audit',
    clients: 3,
    pause: 500,
    run: ({ auditor }) =>
      one(auditor, {
        method: 'GET',
        path: anyOf([
          '/api/v1/audit/verify',
          '/api/v1/exports/audit.csv',
          '/api/v1/exports/audit.jsonl',
          '/api/v1/exports/joiners.csv',
        ]),
      }),
  },
  {
    name: 'changes that meet at one place',
    clients: 24,
    pause: 10,
    run: ({ scim, admin }, { groups, smallUsers }) => {
      const group = groups[0] ?? '';
      const rules = [{ match: 'ts-{project}', grants: [{ project: '{project}', role: 'viewer' }] }];
      if (Math.random() < 0.05)
        return one(admin, { method: 'PUT', path: '/api/v1/mapping-rules', body: { rules } });
      const op = { op: anyOf(['add', 'remove']), path: 'members', value: [{ value: anyOf(smallUsers) }] };
      return one(scim, {
        method: 'PATCH',
        path: `/scim/v2/Groups/${group}`,
        body: { schemas: [PATCH], Operations: [op] },
      });
    },
  },
  {
    name: 'reviews that are opened and cancelled',
    clients: 1,
    pause: 2_000,
    run: async ({ admin }) => {
      const dueAt = new Date(Date.now() + 86_400_000).toISOString();
      const opened = await admin({
        method: 'POST',
        path: '/api/v1/reviews',
        body: { name: 'Soak', scope: { kind: 'workspace' }, dueAt },
      });
      const [id] = idsIn(opened.text);
      if (id === undefined) return [opened.status];
      const ended = await admin({ method: 'POST', path: `/api/v1/reviews/${id}/cancel`, body: {} });
      return [opened.status, ended.status];
    },
  },
  {
    name: 'groups of 10,000 members that are none, in 1 MB bodies',
    clients: 2,
    pause: 500,
    run: ({ scim }, { groups }) =>
      one(scim, {
        method: 'PUT',
        path: `/scim/v2/Groups/${anyOf(groups)}`,
        body: {
          displayName: 'Nobody',
          members: Array.from({ length: 10_000 }, () => ({ value: crypto.randomUUID() })),
        },
      }),
  },
  {
    name: 'odd cursors and times',
    clients: 1,
    pause: 50,
    run: ({ admin }) =>
      one(admin, {
        method: 'GET',
        path: anyOf([
          `/api/v1/audit?cursor=${Buffer.from('["+275760-09-13T00:00:00Z","x"]').toString('base64url')}`,
          '/api/v1/users?asOf=9999-12-31T23:59:59Z',
          '/api/v1/exports/access-changes.csv?from=-271821-04-20T00:00:00Z&to=2030-01-01T00:00:00Z',
        ]),
      }),
  },
  {
    name: 'people who are deactivated, erased and made anew',
    clients: 1,
    pause: 1_000,
    run: async ({ scim, admin }) => {
      const userName = `erased-${crypto.randomUUID()}@hostile.example.com`;
      const made = await scim({
        method: 'POST',
        path: '/scim/v2/Users',
        body: { userName, ...LARGE },
      });
      const [id] = idsIn(made.text);
      if (id === undefined) return [made.status];
      await scim({ method: 'DELETE', path: `/scim/v2/Users/${id}` });
      const erased = await admin({ method: 'POST', path: `/api/v1/users/${id}/erase`, body: {} });
      return [made.status, erased.status];
    },
  },
];

/** The slow ones need a token rather than a client: they speak on sockets of their own. */
export async function attackSlowly(
  port: number,
  tokens: { readonly scim: string; readonly auditor: string },
): Promise<void> {
  const readers = ['audit.csv', 'audit.jsonl', 'users.csv', 'access.csv'].flatMap((file) => [
    readSlowly(port, tokens.auditor, `/api/v1/exports/${file}`, SLOW_MS),
    readSlowly(port, tokens.auditor, `/api/v1/exports/${file}`, SLOW_MS),
    readSlowly(port, tokens.auditor, `/api/v1/exports/${file}`, SLOW_MS),
  ]);
  const pages = [1, 2, 3, 4].map(() => readSlowly(port, tokens.scim, '/scim/v2/Users?count=500', SLOW_MS));
  const senders = Array.from({ length: 30 }, () => sendSlowly(port, tokens.scim, '/scim/v2/Users', SLOW_MS));
  await Promise.all([...readers, ...pages, ...senders]);
}

/** Sends requests ahead of their answers, bodies and exports on connections that are reset before anything is answered. */
export async function attackByReset(
  port: number,
  tokens: { readonly scim: string; readonly auditor: string },
): Promise<void> {
  const get = headOf(tokens.scim, 'GET', '/scim/v2/Users?count=1');
  const length = 'Content-Length: 9000000';
  const post = headOf(tokens.scim, 'POST', '/scim/v2/Groups', 'Content-Type: application/json', length);
  const verify = headOf(tokens.auditor, 'GET', '/api/v1/audit/verify');
  const csv = headOf(tokens.auditor, 'GET', '/api/v1/exports/audit.csv');
  const kinds = [get.repeat(120), get.repeat(8), `${post}{`, `${get}${post}{`, verify + csv.repeat(3)];
  await Promise.all(kinds.map((requests) => sendAndReset(port, requests, Math.floor(Math.random() * 30))));
  await sendAndReset(port, `${post}{`, 0);
}
