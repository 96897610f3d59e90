import type { TestApp } from '../support/app.ts';
import { managedBy } from './managed.ts';

/** A user as GET /users/{id} shows it, as far as it tells who somebody is. */
export interface Shown {
  readonly id: string;
  readonly userName: string;
  readonly fullName: string;
  readonly email: string | null;
  readonly externalId: string | null;
  readonly status: string;
  readonly erasedAt: string | null;
  readonly removedAt: string | null;
}

/** An admin who erases people, and an identity provider beside. */
export function erasingIn(app: TestApp) {
  const managed = managedBy(app);
  return {
    ...managed,
    erase: (id: string) => managed.admin<Shown>('POST', `/users/${id}/erase`),
    /** Calls as the identity provider, whatever comes of it. */
    scim: (method: string, path: string, body?: object) =>
      app.request(method, `/scim/v2${path}`, {
        token: app.tokens.scim,
        ...(body === undefined ? {} : { body }),
      }),
  };
}

/** What an erased person is called. */
export function pseudonym(id: string): string {
  return `erased-${id.slice(-12)}`;
}
