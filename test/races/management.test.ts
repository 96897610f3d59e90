import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import { brokenInvariants } from './invariants.ts';
import { atOnce, identityProvider, limitLicense, tally } from './provisioning.ts';

interface Answer {
  readonly id: string;
  readonly detail?: string;
  readonly invited: readonly { readonly id: string; readonly userId: string }[];
  readonly items: readonly { readonly id: string; readonly accountRole: string; readonly status: string }[];
}

describe('admins and an identity provider who meet', () => {
  let app: TestApp;
  let idp: ReturnType<typeof identityProvider>;

  before(async () => {
    app = await startApp();
    idp = identityProvider(app);
    await admin('POST', '/projects', { key: 'mobile', name: 'Mobile' });
  });
  afterEach(async () => {
    expect(await brokenInvariants(app.core)).to.deep.equal([]);
  });
  after(() => app.stop());

  const admin = (method: string, path: string, body?: object) =>
    app.request<Answer>(method, `/api/v1${path}`, {
      token: app.tokens.admin,
      ...(body === undefined ? {} : { body }),
    });
  const statuses = (replies: readonly { readonly status: number }[]) =>
    tally(replies.map((reply) => reply.status));
  const events = async (target: string) =>
    (await admin('GET', `/audit?limit=500&target=${target}`)).body.items.length;
  const activeOwners = async () => {
    const { items } = (await admin('GET', '/users?limit=500&status=active')).body;
    return items.filter((one) => one.accountRole === 'owner').map((one) => one.id);
  };
  /** Two active owners and no other, given by hand so that each way out is open. */
  const twoOwners = async (name: string): Promise<string[]> => {
    const before = await activeOwners();
    const owners = await atOnce(2, (i) => idp.user(`${name}-${i}@x.io`));
    const given = await admin('POST', '/users/account-role', { ids: owners, accountRole: 'owner' });
    expect(given.status).to.equal(200);
    if (before.length > 0)
      expect((await admin('POST', '/users/remove', { ids: before })).status).to.equal(200);
    return owners;
  };

  const waysOut: Record<string, (id: string) => Promise<{ status: number }>> = {
    'removed by an admin': (id) => admin('POST', '/users/remove', { ids: [id] }),
    'deactivated by an admin': (id) => admin('POST', `/users/${id}/deactivate`),
    'made member by an admin': (id) => admin('PATCH', `/users/${id}`, { accountRole: 'member' }),
    'made member among many': (id) =>
      admin('POST', '/users/account-role', { ids: [id], accountRole: 'member' }),
    'deactivated by the provider': (id) => idp.setActive(id, false),
    'deleted by the provider': (id) => idp.send('DELETE', `/Users/${id}`),
  };
  const names = Object.keys(waysOut);
  for (const [index, one] of names.entries()) {
    for (const other of names.slice(index)) {
      it(`of two owners, one ${one} and one ${other} at once, exactly one stays`, async () => {
        const owners = await twoOwners(`owner-${one}-${other}`.replaceAll(' ', '-'));
        const replies = await Promise.all([waysOut[one]!(owners[0]!), waysOut[other]!(owners[1]!)]);
        const refused = replies.filter((reply) => reply.status === 409);
        expect(refused, JSON.stringify(statuses(replies))).to.have.length(1);
        expect(await activeOwners()).to.have.length(1);
      });
    }
  }

  it('the last seat is given by hand to one of twenty', async () => {
    await limitLicense(app, 'testsigma', 'pro', 1);
    const users = await atOnce(20, (i) => idp.user(`seat-${i}@x.io`));
    const replies = await atOnce(20, (i) =>
      admin('PUT', `/users/${users[i]!}/products/testsigma`, { license: 'pro' }),
    );
    expect(statuses(replies)).to.deep.equal({ 200: 1, 409: 19 });
    await limitLicense(app, 'testsigma', 'pro', null);
  });

  it('the same grant given twenty times at once is one, and one event; so is taking it away', async () => {
    const user = await idp.user('same@x.io');
    const path = `/users/${user}/projects/mobile`;
    const before = await events(user);
    expect(statuses(await atOnce(20, () => admin('PUT', path, { role: 'tester' })))).to.deep.equal({
      200: 20,
    });
    expect((await events(user)) - before).to.equal(1);
    expect(statuses(await atOnce(20, () => admin('DELETE', path)))).to.deep.equal({ 204: 20 });
    expect((await events(user)) - before).to.equal(2);
  });

  it('of two roles given at once one is left', async () => {
    const user = await idp.user('two-roles@x.io');
    const roles = ['tester', 'viewer', 'manager'];
    const replies = await atOnce(12, (i) =>
      admin('PUT', `/users/${user}/projects/mobile`, { role: roles[i % 3]! }),
    );
    expect(statuses(replies)).to.deep.equal({ 200: 12 });
  });

  it('of two products given at once one is refused while the integration is off', async () => {
    await admin('PATCH', '/workspace', { integrationEnabled: false });
    for (let round = 0; round < 5; round++) {
      const user = await idp.user(`one-product-${round}@x.io`);
      const replies = await Promise.all([
        admin('PUT', `/users/${user}/products/testsigma`, {}),
        idp.send('PATCH', `/Users/${user}`, {
          Operations: [{ op: 'add', path: 'entitlements', value: [{ value: 'test-management' }] }],
        }),
      ]);
      expect(statuses(replies)).to.deep.equal({ 200: 1, 409: 1 });
    }
    await admin('PATCH', '/workspace', { integrationEnabled: true });
  });

  it('a project role and billing manager given at once are not both had', async () => {
    for (let round = 0; round < 5; round++) {
      const user = await idp.user(`billing-${round}@x.io`);
      const replies = await Promise.all([
        admin('PUT', `/users/${user}/projects/mobile`, { role: 'viewer' }),
        admin('PATCH', `/users/${user}`, { accountRole: 'billing_manager' }),
      ]);
      expect(statuses(replies)).to.deep.equal({ 200: 1, 409: 1 });
    }
  });

  it('ten reinvitations at once are one', async () => {
    const user = await idp.user('reinvited@x.io', { active: false });
    const replies = await atOnce(10, () => admin('POST', `/users/${user}/reinvite`));
    expect(statuses(replies)).to.deep.equal({ 201: 1, 409: 9 });
  });

  it('an invited user whom the provider provisions while an admin changes and an invitee joins is one record', async () => {
    for (let round = 0; round < 5; round++) {
      const email = `met-${round}@x.io`;
      const { invited } = (await admin('POST', '/invitations', { emails: email })).body;
      const { id, userId } = invited[0]!;
      const { body } = await admin('GET', `/invitations/${id}/link`);
      const { link } = body as unknown as { link: string };
      const [pushed, changed, , deactivated] = await Promise.all([
        idp.send('POST', '/Users', { userName: email, displayName: 'From the provider' }),
        admin('PATCH', `/users/${userId}`, { accountRole: 'admin' }),
        fetch(link, { method: 'POST', body: new URLSearchParams({ name: 'Ada' }) }),
        round % 2 === 0 ? undefined : admin('POST', `/users/${userId}/deactivate`),
      ]);
      expect([pushed.status, pushed.body.id, changed.status]).to.deep.equal([201, userId, 200]);
      if (deactivated) expect(deactivated.status).to.equal(200);
      const { items } = (await admin('GET', `/users?search=${email}`)).body;
      expect(items.map((one) => one.id)).to.deep.equal([userId]);
      expect(items[0]).to.include({ accountRole: 'admin', managedBy: 'idp' });
    }
  });

  it('lists of users removed and changed at once, in opposite orders, never wait for each other', async () => {
    const users = await atOnce(30, (i) => idp.user(`list-${i}@x.io`));
    const groups = await atOnce(3, (i) => idp.group(`list group ${i}`, users));
    const replies = await atOnce(12, (i): Promise<{ status: number }> => {
      const ids = users.slice(i, i + 15);
      if (i % 2 === 1) ids.reverse();
      if (i % 3 === 0) return admin('POST', '/users/remove', { ids });
      if (i % 3 === 1) return admin('POST', '/users/account-role', { ids, accountRole: 'admin' });
      return idp.replaceMembers(groups[i % groups.length]!, `list group ${i % groups.length}`, ids);
    });
    const seen = new Set(replies.map((reply) => reply.status));
    // 400: a member who has been removed; 409: a role for one who has been.
    expect([...seen].filter((status) => ![200, 400, 409].includes(status))).to.deep.equal([]);
  });

  it('anything at once is never a 5xx', async function () {
    this.timeout(60_000);
    await limitLicense(app, 'testsigma', 'pro', 6);
    const users = await atOnce(12, (i) => idp.user(`any-${i}@x.io`));
    const groups = await atOnce(3, (i) => idp.group(`any ${i}`));
    let state = 20261122;
    const random = () => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    const act = (): Promise<{ status: number }> => {
      const user = pick(users);
      switch (Math.floor(random() * 14)) {
        case 0:
          return admin('POST', '/users/remove', { ids: [user, pick(users)] });
        case 1:
          return admin('POST', `/users/${user}/deactivate`);
        case 2:
          return admin('POST', `/users/${user}/reinvite`);
        case 3:
          return admin('PUT', `/users/${user}/products/testsigma`, { license: pick(['pro', 'standard']) });
        case 4:
          return admin('DELETE', `/users/${user}/products/testsigma`);
        case 5:
          return admin('PUT', `/users/${user}/projects/mobile`, { role: pick(['viewer', 'tester']) });
        case 6:
          return admin('DELETE', `/users/${user}/projects/mobile`);
        case 7:
          return admin('PATCH', `/users/${user}`, {
            accountRole: pick(['admin', 'billing_manager', 'member']),
          });
        case 8:
          return admin('POST', '/users/account-role', {
            ids: [user, pick(users)],
            accountRole: pick(['owner', 'member']),
          });
        case 9:
          return admin('POST', '/machines', { user, name: 'Machine', fingerprint: `any-${pick([1, 2, 3])}` });
        case 10:
          return admin('POST', '/last-access', { users: [{ user, at: new Date().toISOString() }] });
        case 11:
          return idp.addMember(pick(groups), user);
        case 12:
          return idp.send('POST', '/Users', { userName: `any-${users.indexOf(user)}@x.io` });
        default:
          return admin('PUT', `/groups/${pick(groups)}/grants`, {
            grants: [{ product: 'testsigma', license: pick(['pro', 'standard']) }],
          });
      }
    };
    const replies = (
      await atOnce(8, async () => {
        const seen = [];
        for (let i = 0; i < 40; i++) seen.push(await act());
        return seen;
      })
    ).flat();
    expect(replies.filter((reply) => reply.status >= 500)).to.deep.equal([]);
    expect(replies.filter((reply) => reply.status < 300)).to.have.length.above(80);
  });
});
