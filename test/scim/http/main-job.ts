import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { TestApp } from '../../support/app.ts';
import { newToken, type Resource, type TestWorkspace } from './client.ts';
import { patchOf } from './resources.ts';

/** One thing that an identity provider does again and again, for a user or a group of the crowd by its number. */
export interface MainJob {
  readonly name: string;
  readonly run: (n: number) => Promise<unknown>;
}

/** The main job: how an identity provider looks up, creates and changes, and how products and admins ask. */
export async function mainJob(app: TestApp, workspace: TestWorkspace<Resource>): Promise<MainJob[]> {
  const { scim } = workspace;
  const admin = await newToken(app, workspace.id, 'admin');
  const filter = (path: string, total: number, text: (n: number) => string, query = {}): MainJob => ({
    name: `GET ${path} filter=${text(7)} ${JSON.stringify(query)}`,
    run: async (n) => {
      const { status, body } = await scim('GET', path, { query: { filter: text(n), ...query } });
      expect([status, body.totalResults], text(n)).to.deep.equal([200, total]);
      return body;
    },
  });
  const idOf = async (path: string, attribute: string, value: string): Promise<string> => {
    const { body } = await scim('GET', path, { query: { filter: `${attribute} eq "${value}"` } });
    return body.Resources[0]!.id;
  };
  const user = (n: number) => idOf('/Users', 'userName', `user.${n}@example.org`);
  const group = (n: number) => idOf('/Groups', 'displayName', `group ${n % 40}`);
  const api = async (path: string) => {
    const reply = await app.request('GET', `/api/v1${path}`, { token: admin });
    expect(reply.status, `${path} ${JSON.stringify(reply.body)}`).to.equal(200);
    return reply.body;
  };
  const ok = async (reply: Promise<{ status: number; body: unknown }>) => {
    const { status, body } = await reply;
    expect(status, JSON.stringify(body)).to.be.within(200, 299);
  };
  return [
    filter('/Users', 1, (n) => `userName eq "USER.${n}@example.org"`),
    filter('/Users', 1, (n) => `userName eq "USER.${n}@example.org"`, { count: 0 }),
    filter('/Users', 1, (n) => `userName eq "user.${n}@example.org"`, { count: 1, startIndex: 1 }),
    filter('/Users', 1, (n) => `userName eq "user.${n}@example.org"`, { cursor: '' }),
    filter('/Users', 1, (n) => `userName eq "user.${n}@example.org"`, { sortBy: 'displayName' }),
    filter('/Users', 0, (n) => `userName eq "nobody.${n}@example.org"`),
    filter('/Users', 1, (n) => `externalId eq "ext-${n}"`),
    filter('/Users', 0, (n) => `externalId eq "nobody-${n}"`),
    filter('/Users', 1, (n) => `emails.value eq "WORK${n}@example.org"`),
    filter('/Users', 1, (n) => `emails eq "home${n}@example.org"`),
    filter('/Users', 1, (n) => `emails[type eq "work"].value eq "work${n}@example.org"`),
    filter('/Users', 1, (n) => `emails[type eq "work" and value eq "work${n}@example.org"]`),
    filter('/Users', 1, (n) => `displayName eq "user number ${n}"`),
    filter('/Users', 1, (n) => `userName eq "user.${n}@example.org" and active eq true`),
    filter('/Users', 1, (n) => `active eq true and (externalId eq "ext-${n}")`),
    filter('/Users', 1, (n) => `userName eq "user.${n}@example.org" or externalId eq "ext-${n}"`),
    filter('/Users', 3, (n) => [0, 1, 2].map((more) => `externalId eq "ext-${n + more}"`).join(' or ')),
    filter(
      '/Users',
      2,
      (n) =>
        `active eq true and (userName eq "user.${n}@example.org" or emails.value eq "home${n + 1}@example.org")`,
    ),
    filter('/Users', 1, (n) => `not (active eq false) and userName eq "user.${n}@example.org"`),
    filter('/Groups', 1, (n) => `displayName eq "GROUP ${n % 40}"`),
    filter('/Groups', 1, (n) => `displayName eq "GROUP ${n % 40}"`, { excludedAttributes: 'members' }),
    filter('/Groups', 0, (n) => `displayName eq "Nothing ${n}"`, { excludedAttributes: 'members' }),
    filter('/Groups', 1, (n) => `externalId eq "group-ext-${n % 40}"`, {
      excludedAttributes: 'members',
      count: 1,
    }),
    filter('', 2, (n) => `externalId eq "ext-${n}" or externalId eq "group-ext-${n % 40}"`, {
      excludedAttributes: 'members',
    }),
    { name: 'GET /Users/{id}', run: async (n) => ok(scim('GET', `/Users/${await user(n)}`)) },
    {
      name: 'POST /Users',
      run: async (n) => {
        const one = randomUUID();
        const emails = [{ value: `new-${one}@example.org`, type: 'work', primary: true }];
        const roles = [{ value: 'member' }];
        await ok(
          scim('POST', '/Users', { body: { userName: `new.${n}.${one}`, externalId: one, emails, roles } }),
        );
      },
    },
    {
      name: 'POST /Users of a name that is taken',
      run: async (n) => {
        const { status } = await scim('POST', '/Users', { body: { userName: `user.${n}@example.org` } });
        expect(status).to.equal(409);
      },
    },
    {
      name: 'PATCH /Users/{id}',
      run: async (n) => {
        const op = { op: 'replace', path: 'title', value: `Title ${randomUUID()}` };
        await ok(scim('PATCH', `/Users/${await user(n)}`, { body: patchOf(op) }));
      },
    },
    {
      name: 'PATCH /Users/{id} of a role',
      run: async (n) => {
        const op = { op: 'replace', path: 'roles', value: [{ value: n % 2 ? 'member' : 'billing_manager' }] };
        await ok(scim('PATCH', `/Users/${await user(n)}`, { body: patchOf(op) }));
      },
    },
    {
      name: 'PATCH /Groups/{id} of a member',
      run: async (n) => {
        const [id, value] = await Promise.all([group(n), user(n + 30)]);
        const one = (op: string) =>
          scim('PATCH', `/Groups/${id}`, { body: patchOf({ op, path: 'members', value: [{ value }] }) });
        await ok(one('add'));
        await ok(one('remove'));
      },
    },
    { name: 'GET /api/v1/access?user={userName}', run: (n) => api(`/access?user=user.${n}@example.org`) },
    { name: 'GET /api/v1/access?user={email}', run: (n) => api(`/access?user=HOME${n}@example.org`) },
    { name: 'GET /api/v1/users/{id}', run: async (n) => api(`/users/${await user(n)}`) },
    { name: 'GET /api/v1/scim-requests?user=', run: (n) => api(`/scim-requests?user=user.${n}@example.org`) },
    { name: 'GET /api/v1/scim-requests?group=', run: (n) => api(`/scim-requests?group=group%20${n % 40}`) },
  ];
}
