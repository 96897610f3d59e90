import { expect } from 'chai';
import type { TestApp } from '../support/app.ts';

/** A SCIM resource or error, as far as these tests look. */
export interface Body {
  readonly id: string;
  readonly detail?: string;
  readonly members?: readonly { readonly value: string }[];
  readonly meta: { readonly version: string };
}

/** What an identity provider does, in one line each. */
export function identityProvider(app: TestApp) {
  const send = (method: string, path: string, body?: unknown) =>
    app.request<Body>(method, `/scim/v2${path}`, {
      token: app.tokens.scim,
      ...(body === undefined ? {} : { body }),
    });
  return {
    send,
    user: async (userName: string, more: object = {}): Promise<string> => {
      const reply = await send('POST', '/Users', { userName, ...more });
      expect(reply.status, reply.body.detail).to.equal(201);
      return reply.body.id;
    },
    group: async (displayName: string, members: readonly string[] = []): Promise<string> => {
      const reply = await send('POST', '/Groups', {
        displayName,
        members: members.map((value) => ({ value })),
      });
      expect(reply.status, reply.body.detail).to.equal(201);
      return reply.body.id;
    },
    addMember: (group: string, user: string) =>
      send('PATCH', `/Groups/${group}`, {
        Operations: [{ op: 'add', path: 'members', value: [{ value: user }] }],
      }),
    removeMember: (group: string, user: string) =>
      send('PATCH', `/Groups/${group}`, {
        Operations: [{ op: 'remove', path: `members[value eq "${user}"]` }],
      }),
    replaceMembers: (group: string, displayName: string, users: readonly string[]) =>
      send('PUT', `/Groups/${group}`, { displayName, members: users.map((value) => ({ value })) }),
    setActive: (user: string, active: boolean) =>
      send('PATCH', `/Users/${user}`, { Operations: [{ op: 'replace', path: 'active', value: active }] }),
    members: async (group: string): Promise<string[]> => {
      const reply = await send('GET', `/Groups/${group}`);
      return (reply.body.members ?? []).map((member) => member.value).sort();
    },
  };
}

/** What an admin does: limits a license. */
export async function limitLicense(app: TestApp, product: string, license: string, seats: number | null) {
  const reply = await app.request('PUT', `/api/v1/products/${product}`, {
    token: app.tokens.admin,
    body: { licenses: [{ key: license, seats }] },
  });
  expect(reply.status).to.equal(200);
}

/** How many of each outcome there were. */
export function tally(values: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** `count` calls begun at once. */
export function atOnce<T>(count: number, call: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => call(index)));
}
