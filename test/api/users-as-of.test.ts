import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { startApp, type TestApp } from '../support/app.ts';
import { managedBy, ROLLCALL } from './managed.ts';
import type { List } from './people.ts';

interface Item {
  readonly id: string;
  readonly userName: string;
}

describe('users as of a time', () => {
  let app: TestApp;
  let admin: ReturnType<typeof managedBy>;
  let product: string;
  /** Between two changes. */
  let beforeAll: string;
  let then: string;
  let ann: string;
  let bob: string;
  let guest: string;
  let whole: unknown;
  let listed: List<Item>;

  const pause = async () => {
    await sleep(5);
    const at = new Date().toISOString();
    await sleep(5);
    return at;
  };
  const at = (time: string) => `asOf=${encodeURIComponent(time)}`;
  const names = async (query: string) =>
    (await admin.admin<List<Item>>('GET', `/users?${query}`)).items.map((item) => item.userName);

  before(async () => {
    app = await startApp();
    admin = managedBy(app);
    product = await admin.token('product');
    beforeAll = await pause();
    await admin.admin('POST', '/organizations', { key: 'emea', name: 'EMEA' });
    await admin.admin('POST', '/projects', { key: 'mobile', name: 'Mobile' });
    ann = await admin.user('ann@example.com', {
      ...pushed('Ann Ant', 'emea', ['mobile:viewer', 'nonsense']),
      entitlements: admin.elements(['test-management']),
    });
    bob = await admin.user('bob@example.com', pushed('Bob', 'nowhere', []));
    const crew = await admin.group('Crew', ann, bob);
    await admin.admin('PUT', `/groups/${crew}/grants`, {
      grants: [{ product: 'testsigma', license: 'pro' }],
    });
    await admin.admin('PUT', '/mapping-rules', {
      rules: [{ match: 'crew', grants: [{ project: 'mobile', role: 'tester' }] }],
    });
    await report(ann, '2020-01-01T10:00:00Z');
    const machine = { user: ann, name: 'Laptop', fingerprint: 'one', product: 'testsigma' };
    await admin.call('POST', '/machines', machine, product);
    const invitation = { emails: 'guest@example.com', projects: [{ project: 'mobile', role: 'viewer' }] };
    const { invited } = await admin.admin<{ invited: { id: string; userId: string }[] }>(
      'POST',
      '/invitations',
      invitation,
    );
    guest = invited[0]!.userId;
    await sent(guest);

    then = await pause();
    whole = await Promise.all([ann, bob, guest].map((id) => admin.detail(id)));
    listed = await admin.admin<List<Item>>('GET', '/users?sort=-email');
    await pause();

    await admin.accept(invited[0]!.id);
    await admin.put(ann, 'anna@example.com', pushed('Zoe', 'sales', ['mobile:manager', 'admin']));
    await admin.admin('PATCH', '/organizations/emea', { key: 'europe', name: 'Europe' });
    await admin.admin('PATCH', '/projects/mobile', { key: 'phone', name: 'Phone' });
    await admin.admin('PUT', '/mapping-rules', { rules: [] });
    await admin.admin('PUT', `/groups/${crew}/grants`, { grants: [] });
    await app.request('DELETE', `/scim/v2/Users/${bob}`, { token: app.tokens.scim });
    await admin.admin('PUT', '/products/testsigma', { key: 'sigma', name: 'Sigma', enabled: false });
    await report(ann, new Date().toISOString());
    await admin.call('POST', '/machines', { ...machine, product: undefined, name: 'Desk' }, product);
    await admin.user('cid@example.com');
  });
  after(() => app.stop());

  function pushed(displayName: string, organization: string, roles: readonly string[]) {
    return {
      displayName,
      title: `Title of ${displayName}`,
      emails: [{ value: `${displayName.toLowerCase().replace(' ', '.')}@example.com`, primary: true }],
      photos: [{ value: `https://pictures.example.com/${displayName.length}` }],
      roles: admin.elements(roles),
      [ROLLCALL]: { organization },
    };
  }

  async function report(user: string, time: string) {
    await admin.call('POST', '/last-access', { users: [{ user, at: time }] }, product);
  }

  /** Waits until the mail of a pending user is out, so that it doesn't change while it is looked at. */
  async function sent(id: string) {
    for (let tries = 0; tries < 200; tries++) {
      const { pendingInvitation } = await admin.admin<{
        pendingInvitation: { delivery: { status: string } };
      }>('GET', `/users/${id}`);
      if (pendingInvitation.delivery.status === 'sent') return;
      await sleep(25);
    }
    throw new Error('The mail was not sent.');
  }

  it('are shown whole as they were', async () => {
    const past = (id: string) => admin.admin('GET', `/users/${id}?${at(then)}`);
    expect(await Promise.all([ann, bob, guest].map(past))).to.deep.equal(whole);
    const now = await admin.detail(ann);
    expect(now).to.include({ fullName: 'Zoe', accountRole: 'admin', organization: null });
    expect(now.machines.map((one) => one.fingerprint)).to.deep.equal(['one']);
  });

  it('are listed as they were, with what they had', async () => {
    const page = await admin.admin<List<Item>>('GET', `/users?sort=-email&${at(then)}`);
    expect(page).to.deep.equal(listed);
    expect(page.items.map((item) => item.userName)).to.have.members([
      'ann@example.com',
      'bob@example.com',
      'guest@example.com',
    ]);
  });

  it('are filtered, searched and sorted by what was true then', async () => {
    const asOf = at(then);
    expect(await names(`status=active&${asOf}`)).to.deep.equal(['ann@example.com', 'bob@example.com']);
    expect(await names(`status=pending&${asOf}`)).to.deep.equal(['guest@example.com']);
    expect(await names(`organization=EMEA&${asOf}`)).to.deep.equal(['ann@example.com']);
    expect(await names(`organization=europe&${asOf}`)).to.deep.equal([]);
    expect(await names(`product=testsigma&${asOf}`)).to.deep.equal(['ann@example.com', 'bob@example.com']);
    expect(await names(`product=sigma&${asOf}`)).to.deep.equal([]);
    expect(await names(`product=test-management&${asOf}`)).to.deep.equal(['ann@example.com']);
    expect(await names('product=test-management')).to.deep.equal([]);
    expect(await names(`project=mobile&sort=status&${asOf}`)).to.deep.equal([
      'ann@example.com',
      'bob@example.com',
      'guest@example.com',
    ]);
    expect(await names('project=phone')).to.deep.equal(['guest@example.com']);
    expect(await names(`search=ANN+ANT&${asOf}`)).to.deep.equal(['ann@example.com']);
    expect(await names(`search=zoe&${asOf}`)).to.deep.equal([]);
    expect(await names(`sort=name&${asOf}`)).to.deep.equal([
      'ann@example.com',
      'bob@example.com',
      'guest@example.com',
    ]);
    expect(await names('sort=-name'))
      .to.include('cid@example.com')
      .and.to.include('bob@example.com');
  });

  it('are walked by cursors that keep the time', async () => {
    for (const repeat of [true, false]) {
      const seen: string[] = [];
      let query = `limit=1&sort=email&${at(then)}`;
      for (;;) {
        const page = await admin.admin<List<Item>>('GET', `/users?${query}`);
        seen.push(...page.items.map((item) => item.userName));
        if (page.nextCursor === null) break;
        query = `limit=1&sort=email&cursor=${page.nextCursor}${repeat ? `&${at(then)}` : ''}`;
      }
      expect(seen).to.deep.equal(['ann@example.com', 'bob@example.com', 'guest@example.com']);
    }
  });

  it('have cursors of no use for another time, or another list', async () => {
    const cursorOf = async (query: string) =>
      (await admin.admin<List<Item>>('GET', `/users?limit=1&${query}`)).nextCursor!;
    const refused = async (path: string) => {
      const { status, body } = await admin.call('GET', path);
      expect([status, body.errors?.[0]?.field], path).to.deep.equal([400, 'cursor']);
    };
    const past = await cursorOf(at(then));
    await refused(`/users?${at(new Date(Date.parse(then) + 1).toISOString())}&cursor=${past}`);
    await refused(`/users?${at(then)}&cursor=${await cursorOf('')}`);
    await refused(`/users?sort=-name&cursor=${past}`);
    await refused(`/organizations?sort=name&cursor=${past}`);
    const future = { sort: 'name', value: 'a', id: ann, asOf: '2990-01-01T00:00:00.000Z' };
    const forged = Buffer.from(JSON.stringify(future)).toString('base64url');
    expect((await admin.call('GET', `/users?cursor=${forged}`)).status).to.equal(400);
    const local = then.replace('Z', '+00:00');
    expect(await names(`cursor=${past}&${at(local)}`), 'the same time told otherwise').to.have.length(2);
  });

  it('are not there before they were', async () => {
    expect(await names(at(beforeAll))).to.deep.equal([]);
    expect((await admin.call('GET', `/users/${ann}?${at(beforeAll)}`)).status).to.equal(404);
    const [cid] = (await admin.admin<List<Item>>('GET', '/users?search=cid')).items;
    expect((await admin.call('GET', `/users/${cid!.id}?${at(then)}`)).status).to.equal(404);
  });

  it('refuse a time that is none or to come', async () => {
    const future = new Date(Date.now() + 60_000).toISOString();
    for (const time of [future, 'yesterday', '2030-01-01']) {
      for (const path of ['/users', `/users/${ann}`]) {
        const { status, body } = await admin.call('GET', `${path}?${at(time)}`);
        expect([status, body.errors?.[0]?.field], path).to.deep.equal([400, 'asOf']);
      }
    }
    expect((await admin.call('GET', `/users/${ann}?status=active`)).status).to.equal(400);
  });

  it('tell when they and their machines were seen, to the day', async () => {
    const id = await admin.user('dan@example.com');
    const registered = (
      await admin.call<{ id: string }>(
        'POST',
        '/machines',
        { user: id, name: 'Phone', fingerprint: 'two' },
        product,
      )
    ).body.id;
    const { db } = app.core;
    await db.raw(`update users set updated_at = '2025-01-01', created_at = '2025-01-01' where id = ?`, [id]);
    // Registered and seen on days of the past, as the statements of those days would have left it.
    await db.raw(
      `update machines set registered_at = '2025-02-01T08:00Z', last_seen_at = '2025-02-01T18:00Z',
        updated_at = '2025-02-01T08:00Z' where id = ?`,
      [registered],
    );
    await admin.call('POST', '/machines', { user: id, name: 'Phone', fingerprint: 'two' }, product);
    const seen = async (time: string) =>
      (
        await admin.admin<{ machines: { lastSeenAt: string }[] }>('GET', `/users/${id}?${at(time)}`)
      ).machines.map((one) => one.lastSeenAt);
    expect(await seen('2025-02-01T07:59:59Z')).to.deep.equal([]);
    expect(await seen('2025-02-01T12:00:00Z')).to.deep.equal(['2025-02-01T08:00:00.000Z']);
    expect(await seen('2025-02-01T18:00:00Z')).to.deep.equal(['2025-02-01T18:00:00.000Z']);
    expect(await seen('2025-03-01T00:00:00Z')).to.deep.equal(['2025-02-01T18:00:00.000Z']);
    for (const time of ['2025-02-03T09:00:00Z', '2025-02-03T19:00:00Z', '2025-02-05T10:00:00Z'])
      await report(id, time);
    const lastAccess = async (time: string) =>
      (await admin.admin<{ lastAccessAt: string | null }>('GET', `/users/${id}?${at(time)}`)).lastAccessAt;
    expect(await lastAccess('2025-02-03T08:00:00Z')).to.equal(null);
    expect(await lastAccess('2025-02-03T12:00:00Z')).to.equal('2025-02-03T09:00:00.000Z');
    expect(await lastAccess('2025-02-04T00:00:00Z')).to.equal('2025-02-03T19:00:00.000Z');
    expect(await lastAccess('2025-02-06T00:00:00Z')).to.equal('2025-02-05T10:00:00.000Z');
  });
});
