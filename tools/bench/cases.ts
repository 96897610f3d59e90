import { randomUUID } from 'node:crypto';
import type { Call, Send } from './client.ts';
import type { Directory, SampleUser } from './directory.ts';
import type { Case, Subject } from './measure.ts';

/** A workspace of the Rollcall under test. */
export interface Tenant {
  readonly directory: Directory;
  readonly scimToken: string;
  readonly adminToken: string;
}

export interface Setting {
  readonly rollcall: Send;
  readonly bareExpress: Send;
  readonly bareHttp: Send;
  readonly naive: Send;
  readonly large: Tenant;
  readonly small: Tenant;
  /** Of the last page of 200 users of the large one. */
  readonly lastCursor: string;
}

const CONCURRENCY = 8;
const WARM_UP = 10_000;
const MOST_NAIVE = 200_000;
const CORE_USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

const pick = ({ directory }: Tenant, n: number): SampleUser =>
  directory.sample[n % directory.sample.length] as SampleUser;

function newUser(): object {
  const id = randomUUID();
  return {
    schemas: [CORE_USER],
    userName: `${id}@example.com`,
    externalId: id,
    active: true,
    displayName: `Given ${id}`,
    name: { givenName: 'Given', familyName: id },
    emails: [{ value: `${id}@example.com`, type: 'work', primary: true }],
  };
}

const patch = (...Operations: object[]) => ({ schemas: [PATCH_OP], Operations });
const eq = (attribute: string, value: string) =>
  `/scim/v2/Users?filter=${encodeURIComponent(`${attribute} eq "${value}"`)}`;
const member = (op: 'add' | 'remove', id: string) =>
  patch(
    op === 'add'
      ? { op, path: 'members', value: [{ value: id }] }
      : { op, path: `members[value eq "${id}"]` },
  );

const groupPath = ({ directory }: Tenant, size: number) =>
  `/scim/v2/Groups/${directory.groups.get(size) ?? ''}`;

/** Everything that is measured as many requests. Within a case, one thing stands beside what it is compared with. */
export function casesOf(setting: Setting): Case[] {
  const { rollcall, bareExpress, bareHttp, naive, large, small } = setting;
  const scim = (tenant: Tenant, call: (n: number) => Omit<Call, 'token'>, most?: number): Subject => ({
    send: rollcall,
    call: (n) => ({ ...call(n), token: tenant.scimToken }),
    ...(most === undefined ? {} : { most }),
  });
  const admin = (tenant: Tenant, call: (n: number) => Omit<Call, 'token'>): Subject => ({
    send: rollcall,
    call: (n) => ({ ...call(n), token: tenant.adminToken }),
  });
  const find = (send: Send): Subject => ({
    send,
    call: (n) => ({ method: 'GET', path: `/users/${pick(large, n).id}`, status: 200 }),
  });
  const insert = (send: Send): Subject => ({
    send,
    call: () => ({ method: 'POST', path: '/users', body: newUser(), status: 201 }),
  });
  const limits = { 'node:http + SELECT': find(bareHttp), 'Express + SELECT': find(bareExpress) };
  const writeLimits = { 'node:http + INSERT': insert(bareHttp), 'Express + INSERT': insert(bareExpress) };
  const ofReads = { of: 'Rollcall', to: 'Express + SELECT', atLeast: 0.5 };
  const ofWrites = { of: 'Rollcall', to: 'Express + INSERT', atLeast: 0.35 };

  const get = (tenant: Tenant) =>
    scim(tenant, (n) => ({ method: 'GET', path: `/scim/v2/Users/${pick(tenant, n).id}`, status: 200 }));
  const byName = (tenant: Tenant) =>
    scim(tenant, (n) => ({ method: 'GET', path: eq('userName', pick(tenant, n).userName), status: 200 }));
  const byExternalId = (tenant: Tenant) =>
    scim(tenant, (n) => ({ method: 'GET', path: eq('externalId', pick(tenant, n).externalId), status: 200 }));
  const create = (tenant: Tenant) =>
    scim(tenant, () => ({ method: 'POST', path: '/scim/v2/Users', body: newUser(), status: 201 }));
  const patchActive = (tenant: Tenant) =>
    scim(tenant, (n) => ({
      method: 'PATCH',
      path: `/scim/v2/Users/${pick(tenant, n).id}`,
      // Each round over the sample turns them all off or on, so that each is a change.
      body: patch({ op: 'replace', path: 'active', value: turn(tenant, n) }),
      status: 200,
    }));
  const turn = (tenant: Tenant, n: number) => Math.floor(n / tenant.directory.sample.length) % 2 === 1;
  const replace = (tenant: Tenant) =>
    scim(tenant, (n) => {
      const { id, userName, externalId } = pick(tenant, n);
      const body = { schemas: [CORE_USER], userName, externalId, active: true, displayName: `Replaced ${n}` };
      return { method: 'PUT', path: `/scim/v2/Users/${id}`, body, status: 200 };
    });
  const list = (tenant: Tenant, query = 'startIndex=1') =>
    scim(tenant, () => ({ method: 'GET', path: `/scim/v2/Users?count=200&${query}`, status: 200 }));
  const access = (tenant: Tenant) =>
    admin(tenant, (n) => ({ method: 'GET', path: `/api/v1/access?user=${pick(tenant, n).id}`, status: 200 }));

  /** Adds one who is not in the group, and takes them out again. */
  const toggle = (tenant: Tenant, size: number) =>
    scim(tenant, (n) => {
      const { outside } = tenant.directory;
      const user = outside[Math.floor(n / 2) % outside.length] as SampleUser;
      return {
        method: 'PATCH',
        path: groupPath(tenant, size),
        body: member(n % 2 === 0 ? 'add' : 'remove', user.id),
        status: 204,
      };
    });
  /** Gives a group a thousand other members than it had. */
  const replaceMembers = (tenant: Tenant, size: number, count: number) =>
    scim(tenant, (n) => {
      const { sample } = tenant.directory;
      const from = n % 2 === 0 ? 0 : sample.length - count;
      const value = sample.slice(from, from + count).map(({ id }) => ({ value: id }));
      const body = patch({ op: 'replace', path: 'members', value });
      return { method: 'PATCH', path: groupPath(tenant, size), body, status: 204 };
    });
  const getGroup = (tenant: Tenant, size: number) =>
    scim(tenant, () => ({ method: 'GET', path: groupPath(tenant, size), status: 200 }));

  const flat = (name: string, of: (tenant: Tenant) => Subject, concurrency = 4): Case => ({
    name: `${name}: ${large.directory.users} users against ${small.directory.users}`,
    concurrency,
    subjects: { large: of(large), small: of(small) },
    target: { of: 'large', to: 'small', atMost: 1.3 },
  });

  const sizes = [...large.directory.groups.keys()].toSorted((a, b) => a - b);
  const [smallest = 10, largest = 10] = [sizes[0], sizes.at(-1)];
  const middle = sizes.at(-2) ?? smallest;
  return [
    {
      name: 'get by id',
      concurrency: CONCURRENCY,
      warmUp: WARM_UP,
      subjects: { Rollcall: get(large), ...limits },
      target: ofReads,
    },
    {
      name: 'filter by userName',
      concurrency: CONCURRENCY,
      warmUp: WARM_UP,
      subjects: { Rollcall: byName(large), ...limits },
      target: ofReads,
    },
    {
      name: 'filter by externalId',
      concurrency: CONCURRENCY,
      warmUp: WARM_UP,
      subjects: { Rollcall: byExternalId(large), ...limits },
      target: ofReads,
    },
    {
      name: 'create user',
      concurrency: CONCURRENCY,
      warmUp: WARM_UP,
      subjects: { Rollcall: create(large), ...writeLimits },
      target: ofWrites,
    },
    {
      name: 'patch active',
      concurrency: CONCURRENCY,
      warmUp: WARM_UP,
      subjects: { Rollcall: patchActive(large), ...writeLimits },
      target: ofWrites,
    },
    {
      name: 'replace user',
      concurrency: CONCURRENCY,
      warmUp: WARM_UP,
      subjects: { Rollcall: replace(large), ...writeLimits },
    },
    {
      name: 'list of 200 users',
      concurrency: 1,
      subjects: {
        Rollcall: list(large),
        // It reads everybody into memory, and ends for want of it.
        ...(large.directory.users > MOST_NAIVE
          ? {}
          : {
              'naive scimmy': {
                send: naive,
                call: () => ({ method: 'GET', path: '/scim/v2/Users?startIndex=1&count=200', status: 200 }),
                most: 5,
              },
            }),
      },
      target: { of: 'Rollcall', to: 'naive scimmy', atLeast: 10 },
    },
    {
      name: 'get by id, beside naive scimmy',
      concurrency: CONCURRENCY,
      subjects: {
        Rollcall: get(large),
        'naive scimmy': {
          send: naive,
          call: (n) => ({ method: 'GET', path: `/scim/v2/Users/${pick(large, n).id}`, status: 200 }),
        },
      },
    },
    {
      name: 'add or remove one member, by size of the group',
      concurrency: 1,
      subjects: Object.fromEntries(sizes.map((size) => [String(size), toggle(large, size)])),
      target: { of: String(largest), to: String(smallest), atMost: 1.3 },
    },
    {
      name: `get a group of ${middle} members`,
      concurrency: 1,
      subjects: {
        Rollcall: getGroup(large, middle),
        'node:http + the query': {
          send: bareHttp,
          call: () => ({
            method: 'GET',
            path: `/groups/${large.directory.groups.get(middle) ?? ''}`,
            status: 200,
          }),
        },
      },
      target: { of: 'Rollcall', to: 'node:http + the query', atMost: 5 },
    },
    {
      name: 'replace 1,000 members of a group',
      concurrency: 1,
      subjects: { Rollcall: replaceMembers(large, sizes[1] ?? smallest, 1_000) },
    },
    {
      name: 'a page of 200 by index, the last against the first',
      concurrency: 1,
      subjects: {
        last: list(large, `startIndex=${large.directory.users - 200}`),
        first: list(large, 'startIndex=1'),
      },
      target: { of: 'last', to: 'first', atMost: 5 },
    },
    {
      name: 'a page of 200 by cursor, the last against the first',
      concurrency: 1,
      subjects: {
        last: list(large, `cursor=${encodeURIComponent(setting.lastCursor)}`),
        first: list(large, 'cursor='),
      },
      target: { of: 'last', to: 'first', atMost: 1.2 },
    },
    { name: 'effective access of one user', concurrency: CONCURRENCY, subjects: { Rollcall: access(large) } },
    flat('get by id', get),
    flat('filter by userName', byName),
    flat('filter by externalId', byExternalId),
    flat('create user', create),
    flat('patch active', patchActive),
    flat('replace user', replace),
    flat('effective access of one user', access),
  ];
}
