import { expect } from 'chai';
import type { TestApp } from '../support/app.ts';
import { type List, peopleOf, type Problem } from './people.ts';

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const ROLLCALL = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User';

/** A user as GET /users/{id} shows it, as far as these tests look. */
export interface Detail {
  readonly id: string;
  readonly status: string;
  readonly fullName: string;
  readonly accountRole: string;
  readonly organization: string | null;
  readonly managedBy: string;
  readonly lastAccessAt: string | null;
  readonly licenses: readonly string[];
  readonly projects: readonly { readonly project: string; readonly role: string }[];
  readonly groups: readonly { readonly displayName: string }[];
  readonly machines: readonly { readonly fingerprint: string }[];
  readonly pendingInvitation: { readonly id: string } | null;
  readonly access: {
    readonly accountRole: { readonly role: string; readonly via: readonly Via[] };
    readonly projects: readonly { readonly role: string; readonly via: readonly Via[] }[];
    readonly products: readonly { readonly license: string; readonly via: readonly Via[] }[];
  };
}

interface Via {
  readonly type: string;
  readonly source?: string;
}

interface Event {
  readonly action: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What an admin does to users and an identity provider beside, in one line each. */
export function managedBy(app: TestApp) {
  const people = peopleOf(app);
  return {
    ...people,
    detail: (id: string) => people.admin<Detail>('GET', `/users/${id}`),
    /** Calls as an admin and expects a refusal; answers its words. */
    async refused(method: string, path: string, body?: object, status = 409): Promise<Problem> {
      const reply = await people.call(method, path, body);
      expect(reply.status, JSON.stringify(reply.body)).to.equal(status);
      return reply.body;
    },
    /** The events about something, the oldest first. */
    async events(target: string): Promise<Event[]> {
      const { items } = await people.admin<List<Event>>('GET', `/audit?limit=500&target=${target}`);
      return [...items].reverse();
    },
    /** Expects that what is done writes no event at all. */
    async writesNothing(done: () => Promise<unknown>): Promise<void> {
      const count = async () => (await people.admin<List<Event>>('GET', '/audit?limit=500')).items.length;
      const before = await count();
      expect(before).to.be.lessThan(500);
      await done();
      expect(await count()).to.equal(before);
    },
    /** Replaces a user as an identity provider does. */
    async put(id: string, userName: string, more: object = {}): Promise<number> {
      const body = { schemas: [USER], userName, ...more };
      const path = `/scim/v2/Users/${id}`;
      return (await app.request('PUT', path, { token: app.tokens.scim, body })).status;
    },
    /** Invites somebody who joins; answers the user's id. */
    async joined(email: string, more: object = {}): Promise<string> {
      const { invited } = await people.admin<{ invited: { id: string; userId: string }[] }>(
        'POST',
        '/invitations',
        { emails: email, ...more },
      );
      await this.accept(invited[0]!.id);
      return invited[0]!.userId;
    },
    /** Accepts an invitation by its link. */
    async accept(invitation: string): Promise<void> {
      const { link } = await people.admin<{ link: string }>('GET', `/invitations/${invitation}/link`);
      const reply = await fetch(link, {
        method: 'POST',
        body: new URLSearchParams({ name: 'Ada Lovelace' }),
      });
      expect(reply.status).to.equal(200);
    },
  };
}
