import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Resource = Record<string, unknown> & { id: string };

/** A small SCIM server in memory, which can be made wrong in several ways. It says that it supports nothing optional. */
export interface FaultyServer {
  readonly base: string;
  /** The users that it has. */
  readonly users: ReadonlyMap<string, Resource>;
  readonly stop: () => Promise<void>;
}

/** What each fault breaks, by the requirements that have to fail. */
export const FAULTS = {
  chosenId: '7643-3.1-04',
  passwordShown: '7643-4.1.1-05',
  modifiedLater: '7643-3.1-14',
  noChallenge: '7644-2-01',
  noLocation: '7644-3.3-03',
  conflictIs400: '7644-3.3-06',
  putCreates: '7644-3.5.1-06',
  deleteKeeps: '7644-3.6-03',
  plainErrors: '7644-3.12-01',
  plainJson: '7644-3.8-01',
  noTotal: '7644-3.4.2-01',
  allAttributes: '7644-3.9-01',
} as const;

export type Fault = keyof typeof FAULTS;

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const CORE = 'urn:ietf:params:scim:schemas:core:2.0';
const MESSAGES = 'urn:ietf:params:scim:api:messages:2.0';
const ATTRIBUTES = ['userName', 'externalId', 'displayName', 'nickName', 'title', 'password'];
export const TOKEN = 'token-of-the-faulty-server';

export async function startFaultyServer(faults: readonly Fault[]): Promise<FaultyServer> {
  const users = new Map<string, Resource>();
  const has = (fault: Fault) => faults.includes(fault);
  let base = '';

  function answer(res: ServerResponse, status: number, body?: unknown): void {
    res.statusCode = status;
    res.setHeader('Content-Type', has('plainJson') ? 'text/html' : 'application/scim+json');
    res.end(body === undefined ? undefined : JSON.stringify(body));
  }

  function fail(res: ServerResponse, status: number, scimType?: string): void {
    if (has('plainErrors')) answer(res, status, { error: status });
    else answer(res, status, { schemas: [`${MESSAGES}:Error`], status: String(status), scimType });
  }

  function list(res: ServerResponse, resources: readonly unknown[]): void {
    const total = has('noTotal') ? {} : { totalResults: resources.length };
    const paging = { startIndex: 1, itemsPerPage: resources.length };
    answer(res, 200, { schemas: [`${MESSAGES}:ListResponse`], ...total, ...paging, Resources: resources });
  }

  function shown(user: Resource, url: URL): Record<string, unknown> {
    const asked = url.searchParams.get('attributes')?.toLowerCase().split(',');
    const entries = Object.entries(user).filter(([name]) => {
      if (name === 'password') return has('passwordShown');
      if (asked === undefined || has('allAttributes')) return true;
      return ['schemas', 'id', ...asked].includes(name.toLowerCase());
    });
    return Object.fromEntries(entries);
  }

  function write(res: ServerResponse, url: URL, body: unknown, id: string | undefined): void {
    const given = (body ?? {}) as Record<string, unknown>;
    const { userName } = given;
    if (typeof userName !== 'string' || userName === '') {
      fail(res, 400, 'invalidValue');
      return;
    }
    const isTaken = [...users.values()].some(
      (user) => user.id !== id && String(user.userName).toLowerCase() === userName.toLowerCase(),
    );
    if (isTaken) {
      fail(res, has('conflictIs400') ? 400 : 409, 'uniqueness');
      return;
    }
    const now = Date.now();
    const chosen = has('chosenId') && typeof given.id === 'string' ? given.id : randomUUID();
    const key = id ?? chosen;
    const before = users.get(key)?.meta as { created: string } | undefined;
    const location = `${base}/Users/${key}`;
    const user: Resource = {
      schemas: [USER],
      id: key,
      ...Object.fromEntries(
        Object.entries(given).filter(([name, value]) => ATTRIBUTES.includes(name) && value !== null),
      ),
      meta: {
        resourceType: 'User',
        created: before?.created ?? new Date(now).toISOString(),
        lastModified: new Date(now + (has('modifiedLater') ? 5000 : 0)).toISOString(),
        location,
      },
    };
    users.set(key, user);
    if (before === undefined && !has('noLocation')) res.setHeader('Location', location);
    answer(res, before === undefined ? 201 : 200, shown(user, url));
  }

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const text = Buffer.concat((await req.toArray()) as Buffer[]).toString();
    const url = new URL(req.url ?? '/', base);
    const [, endpoint = '', id] = url.pathname.replace('/scim', '').split('/');
    if (req.headers.authorization !== `Bearer ${TOKEN}`) {
      if (!has('noChallenge')) res.setHeader('WWW-Authenticate', 'Bearer');
      fail(res, 401);
    } else if (endpoint !== 'Users') {
      discovery(res, endpoint, id);
    } else if (req.method === 'POST' && id === undefined) {
      write(res, url, JSON.parse(text), undefined);
    } else if (id === undefined) {
      const resources = [...users.values()].map((user) => shown(user, url));
      list(res, resources);
    } else if (!users.has(id) && !(req.method === 'PUT' && has('putCreates'))) {
      fail(res, 404);
    } else if (req.method === 'PUT') {
      write(res, url, JSON.parse(text), id);
    } else if (req.method === 'DELETE') {
      if (!has('deleteKeeps')) users.delete(id);
      answer(res, 204);
    } else {
      answer(res, 200, shown(users.get(id) ?? { id }, url));
    }
  }

  function discovery(res: ServerResponse, endpoint: string, id: string | undefined): void {
    const no = { supported: false };
    const attributes = ATTRIBUTES.map((name) => ({ name, type: 'string', mutability: 'readWrite' }));
    const type = {
      schemas: [`${CORE}:ResourceType`],
      id: 'User',
      name: 'User',
      endpoint: '/Users',
      schema: USER,
    };
    if (id !== undefined) fail(res, 404);
    else if (endpoint === 'Schemas') list(res, [{ id: USER, name: 'User', attributes }]);
    else if (endpoint === 'ResourceTypes') list(res, [type]);
    else if (endpoint === 'ServiceProviderConfig') answer(res, 200, { patch: no, bulk: no, filter: no });
    else fail(res, 404);
  }

  const server = createServer((req, res) => {
    serve(req, res).catch(() => fail(res, 400, 'invalidSyntax'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/scim`;
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { base, users, stop };
}
