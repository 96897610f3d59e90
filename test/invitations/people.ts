import { expect } from 'chai';
import { type Reply, requestsTo, type TestApp } from '../support/app.ts';

/** An invitation as the API shows it. */
export interface Shown {
  readonly id: string;
  readonly email: string;
  readonly userId: string;
  readonly status: string;
  readonly expiresAt: string;
  readonly delivery: {
    readonly status: string;
    readonly attempts: number;
    readonly reason: string | null;
    readonly nextAttemptAt: string | null;
    readonly sentAt: string | null;
  };
}

export interface Invited {
  readonly invited: Shown[];
  readonly skipped: { readonly email: string; readonly reason: string }[];
}

/** A problem of the API. */
export interface Problem {
  readonly detail: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

/** A user as far as these tests look. */
export interface User {
  readonly id: string;
  readonly status: string;
  readonly fullName: string;
  readonly accountRole: string;
  readonly managedBy: string;
  readonly licenses: readonly string[];
  readonly projects: readonly { readonly project: string; readonly role: string }[];
  readonly access: {
    readonly products: readonly { readonly product: string; readonly license: string }[];
    readonly projects: readonly { readonly project: string; readonly role: string }[];
  };
}

/** What an admin does, in one line each. */
export function adminOf(app: TestApp) {
  const send = <Body>(method: string, path: string, body?: unknown): Promise<Reply<Body>> =>
    app.request<Body>(method, `/api/v1${path}`, {
      token: app.tokens.admin,
      ...(body === undefined ? {} : { body }),
    });
  const ok = async <Body>(method: string, path: string, body?: unknown): Promise<Body> => {
    const reply = await send<Body>(method, path, body);
    expect(reply.status, JSON.stringify(reply.body)).to.be.within(200, 204);
    return reply.body;
  };
  return {
    send,
    ok,
    invite: (body: object) => ok<Invited>('POST', '/invitations', body),
    /** Invites one, who must be invited. */
    inviteOne: async (email: string, more: object = {}): Promise<Shown> => {
      const { invited, skipped } = await ok<Invited>('POST', '/invitations', { emails: email, ...more });
      expect(skipped).to.deep.equal([]);
      expect(invited).to.have.lengthOf(1);
      return invited[0]!;
    },
    invitation: async (id: string): Promise<Shown> => {
      const { items } = await ok<{ items: Shown[] }>('GET', '/invitations?limit=500');
      return items.find((one) => one.id === id)!;
    },
    link: async (id: string) => (await ok<{ link: string }>('GET', `/invitations/${id}/link`)).link,
    user: (id: string) => ok<User>('GET', `/users/${id}`),
    project: (key: string) => ok('POST', '/projects', { key, name: `Project ${key}` }),
    /** Limits a license; null for no limit. */
    limit: (product: string, license: string, seats: number | null) =>
      ok('PUT', `/products/${product}`, { licenses: [{ key: license, seats }] }),
    used: async (product: string, license: string): Promise<number> => {
      const { items } = await ok<{ items: { key: string; licenses: { key: string; used: number }[] }[] }>(
        'GET',
        '/products',
      );
      return items.find((one) => one.key === product)!.licenses.find((one) => one.key === license)!.used;
    },
  };
}

/** What an invitee does with a link. */
export const invitee = {
  open: (link: string) => requestsTo(link)<string>('GET', link),
  accept: (link: string, name = 'Ada Lovelace') =>
    requestsTo(link)<string>('POST', link, {
      body: new URLSearchParams({ name }).toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    }),
};

/** Lets the time of an invitation be over. */
export async function letExpire(app: TestApp, id: string): Promise<void> {
  await app.core.db.raw(`update invitations set expires_at = now() - interval '1 second' where id = ?`, [id]);
}
