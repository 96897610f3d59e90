import { expect } from 'chai';
import type { TestApp } from '../support/app.ts';

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';

/** A page of a list. */
export interface List<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** What an identity provider and an admin do to an app, by its two edges. */
export function peopleOf(app: TestApp) {
  const done = async <Body>(
    method: string,
    path: string,
    token: string,
    body: object,
    status: number,
  ): Promise<Body> => {
    const reply = await app.request<Body>(method, path, { token, body });
    expect(reply.status, JSON.stringify(reply.body)).to.equal(status);
    return reply.body;
  };
  const elements = (values: readonly string[]) => values.map((value) => ({ value }));
  return {
    /** Pushes a user and answers its id. */
    async user(userName: string, more: Record<string, unknown> = {}): Promise<string> {
      const body = { schemas: [USER], userName, ...more };
      return (await done<{ id: string }>('POST', '/scim/v2/Users', app.tokens.scim, body, 201)).id;
    },
    /** Pushes a group and answers its id. */
    async group(displayName: string, ...members: string[]): Promise<string> {
      const body = { schemas: [GROUP], displayName, members: elements(members) };
      return (await done<{ id: string }>('POST', '/scim/v2/Groups', app.tokens.scim, body, 201)).id;
    },
    /** Calls the companion API as an admin, expecting success. */
    async admin<Body = Record<string, unknown>>(method: string, path: string, body?: object): Promise<Body> {
      const reply = await app.request<Body>(method, `/api/v1${path}`, { token: app.tokens.admin, body });
      expect(reply.status, JSON.stringify(reply.body)).to.be.oneOf([200, 201, 204]);
      return reply.body;
    },
    /** Calls the companion API with some token, whatever comes of it. */
    call<Body = Problem>(method: string, path: string, body?: unknown, token = app.tokens.admin) {
      return app.request<Body>(method, `/api/v1${path}`, { token, body });
    },
    /** A new token of some scope. */
    async token(scope: string): Promise<string> {
      const body = { name: scope, scope };
      const made = await done<{ token: string }>('POST', '/api/v1/tokens', app.tokens.admin, body, 201);
      return made.token;
    },
    elements,
  };
}

/** The body of a refusal. */
export interface Problem {
  readonly type: string;
  readonly detail: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}
