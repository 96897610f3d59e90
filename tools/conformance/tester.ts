import { resourceBody } from './bodies.ts';
import { Failure } from './check.ts';
import type { Send } from './exchange.ts';
import type { Made, Operation, Tester } from './requirement.ts';
import { GROUP, type Server, USER } from './server.ts';
import { textAt } from './values.ts';

export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

export interface TesterOptions {
  readonly server: Server;
  readonly send: Send;
  readonly unique: () => string;
  readonly note: (text: string) => void;
  /** What `shared` has made, over all testers of a run. */
  readonly kept: Map<string, Promise<unknown>>;
}

/** What one test works with. */
export function createTester(options: TesterOptions): Tester {
  const { server, send, unique, note, kept } = options;

  async function made(endpoint: string, body: unknown): Promise<Made> {
    const reply = await send('POST', endpoint, { body });
    const id = textAt(reply.body, 'id');
    if (reply.status !== 201 || id === undefined) {
      throw new Failure(
        `what the test needs could not be made: POST ${endpoint} answered ${reply.status}`,
        reply.exchange,
      );
    }
    return { id, path: `${endpoint}/${id}`, body: reply.body, reply };
  }

  const tester: Tester = {
    server,
    send,
    unique,
    note,
    get: (path, query) => send('GET', path, query ? { query } : {}),
    post: (path, body, query) => send('POST', path, { body, ...(query ? { query } : {}) }),
    put: (path, body, query) => send('PUT', path, { body, ...(query ? { query } : {}) }),
    patch: (path, operations, extra = {}) => send('PATCH', path, { body: patchBody(operations), ...extra }),
    remove: (path) => send('DELETE', path),
    userBody: (attributes = {}) =>
      resourceBody(server, USER, { userName: `${unique()}@example.com` }, attributes),
    groupBody: (attributes = {}) => resourceBody(server, GROUP, { displayName: unique() }, attributes),
    user: (attributes) => made(server.users, tester.userBody(attributes)),
    group: (attributes) => made(server.groups, tester.groupBody(attributes)),
    read: async ({ path }) => {
      const reply = await send('GET', path);
      if (reply.status !== 200) throw new Failure(`GET ${path} answered ${reply.status}`, reply.exchange);
      return reply.body;
    },
    shared: <T>(name: string, make: (t: Tester) => Promise<T>): Promise<T> => {
      const before = kept.get(name) as Promise<T> | undefined;
      const now = before ?? make(tester);
      kept.set(name, now);
      return now;
    },
  };
  return tester;
}

export function patchBody(operations: readonly Operation[]): unknown {
  return { schemas: [PATCH_OP], Operations: operations };
}
