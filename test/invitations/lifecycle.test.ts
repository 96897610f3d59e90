import { expect } from 'chai';
import { expireAllInvitations } from '../../src/core/invitations/expire-all.ts';
import { brokenInvariants } from '../races/invariants.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { adminOf, invitee, letExpire, type Problem, type Shown } from './people.ts';

describe('an invitation until its end', () => {
  let app: TestApp;
  let admin: ReturnType<typeof adminOf>;

  before(async () => {
    // Expired ones are settled when the tests say so.
    app = await startApp({ jobs: { settleEveryMs: 3_600_000 } });
    admin = adminOf(app);
    await admin.project('web');
  });
  afterEach(async () => {
    expect(await brokenInvariants(app.core)).to.deep.equal([]);
  });
  after(() => app.stop());

  const PRO = { products: [{ product: 'testsigma', license: 'pro' }] };
  const status = async (id: string) => (await admin.invitation(id)).status;
  const used = () => admin.used('testsigma', 'pro');

  it('is open for 24 hours, and its link is copied without changing it', async () => {
    const { id, expiresAt } = await admin.inviteOne('copied@x.io');
    expect((Date.parse(expiresAt) - Date.now()) / 3_600_000).to.be.within(23.9, 24);
    const link = await admin.link(id);
    expect(link).to.match(new RegExp(`^${app.url}/invite/[\\w-]{64}$`));
    expect(await admin.link(id)).to.equal(link);
    expect((await invitee.open(link)).status).to.equal(200);
  });

  it('is resent with a new link, and the old one says so', async () => {
    const { id, expiresAt } = await admin.inviteOne('resent@x.io');
    const old = await admin.link(id);
    const resent = await admin.ok<Shown>('POST', `/invitations/${id}/resend`);
    expect(resent.status).to.equal('pending');
    expect(Date.parse(resent.expiresAt)).to.be.at.least(Date.parse(expiresAt));
    const link = await admin.link(id);
    expect(link).not.to.equal(old);

    const page = await invitee.open(old);
    expect([page.status, page.body.includes('There is a newer link')]).to.deep.equal([410, true]);
    expect((await invitee.accept(old)).status).to.equal(410);
    expect((await invitee.accept(link)).status).to.equal(200);
    expect((await admin.send('POST', `/invitations/${id}/resend`)).status).to.equal(409);
  });

  it('expires, whether or not that was settled, and is open again when resent', async () => {
    await admin.limit('testsigma', 'pro', 1);
    for (const settled of [false, true]) {
      const email = `expired-${settled}@x.io`;
      const { id, userId } = await admin.inviteOne(email, {
        ...PRO,
        projects: [{ project: 'web', role: 'viewer' }],
      });
      const old = await admin.link(id);
      expect(await used()).to.equal(1);
      await letExpire(app, id);
      if (settled) await settle(app);

      expect(await status(id)).to.equal('expired');
      const page = await invitee.open(old);
      expect([page.status, page.body.includes('This invitation has expired')]).to.deep.equal([410, true]);
      expect((await invitee.accept(old)).status).to.equal(410);
      expect((await admin.send('GET', `/invitations/${id}/link`)).status).to.equal(410);
      expect((await admin.user(userId)).status).to.equal(settled ? 'inactive' : 'pending');
      expect(await used()).to.equal(settled ? 0 : 1);

      const resent = await admin.ok<Shown>('POST', `/invitations/${id}/resend`);
      expect(resent).to.include({ id, userId, status: 'pending' });
      expect(await used()).to.equal(1);
      expect((await invitee.accept(old)).status).to.equal(410);
      expect((await invitee.accept(await admin.link(id))).status).to.equal(200);
      const user = await admin.user(userId);
      expect(user.access.products.map((one) => one.license)).to.deep.equal(['pro']);
      expect(user.access.projects.map((one) => one.role)).to.deep.equal(['viewer']);
      await app.request('DELETE', `/scim/v2/Users/${userId}`, { token: app.tokens.scim });
      expect(await used()).to.equal(0);
    }
    await admin.limit('testsigma', 'pro', null);
  });

  it('takes its seats again when it is resent, or is refused', async () => {
    await admin.limit('testsigma', 'pro', 1);
    const first = await admin.inviteOne('seat-1@x.io', PRO);
    await letExpire(app, first.id);
    await settle(app);
    const second = await admin.inviteOne('seat-2@x.io', PRO);
    const refused = await admin.send<Problem>('POST', `/invitations/${first.id}/resend`);
    expect(refused.status).to.equal(409);
    expect(refused.body.detail).to.contain('testsigma:pro has 1 seats');
    expect(await status(first.id)).to.equal('expired');
    expect((await admin.user(first.userId)).status).to.equal('inactive');
    await admin.ok('POST', '/invitations/revoke', { ids: [second.id] });
    await admin.ok('POST', `/invitations/${first.id}/resend`);
    await admin.ok('POST', '/invitations/revoke', { ids: [first.id] });
    await admin.limit('testsigma', 'pro', null);
  });

  it('refuses all of a list when the seats do not suffice, and says how many there are', async () => {
    await admin.limit('testsigma', 'pro', 2);
    const { status, body } = await admin.send<Problem>('POST', '/invitations', {
      emails: 'few-1@x.io few-2@x.io few-3@x.io',
      ...PRO,
    });
    expect(status).to.equal(409);
    expect(body.detail).to.contain('has 2 seats, 0 of them used, and 3 more were asked for');
    const { items } = await admin.ok<{ items: unknown[] }>('GET', '/users?search=few-');
    expect(items).to.deep.equal([]);
    await admin.limit('testsigma', 'pro', null);
  });

  it('past its time refuses nobody a seat, also before that was settled', async () => {
    await admin.limit('testsigma', 'pro', 2);
    const held = [await admin.inviteOne('late-1@x.io', PRO), await admin.inviteOne('late-2@x.io', PRO)];
    for (const { id } of held) await letExpire(app, id);
    expect(await used()).to.equal(2);

    const next = await admin.inviteOne('next@x.io', PRO);
    expect(await used()).to.equal(1);
    for (const { id, userId } of held) {
      expect(await status(id)).to.equal('expired');
      expect((await admin.user(userId)).status).to.equal('inactive');
    }
    await letExpire(app, next.id);
    // Through a group, in a change that counts all seats anew.
    const scim = (method: string, path: string, body: object) =>
      app.request<{ id: string }>(method, `/scim/v2${path}`, { token: app.tokens.scim, body });
    const members = [];
    for (const userName of ['group-1@x.io', 'group-2@x.io']) {
      members.push({ value: (await scim('POST', '/Users', { userName })).body.id });
    }
    const group = await scim('POST', '/Groups', { displayName: 'Pro', members });
    await admin.ok('PUT', `/groups/${group.body.id}/grants`, { grants: PRO.products });
    expect(await used()).to.equal(2);
    expect((await admin.user(next.userId)).status).to.equal('inactive');

    const { items } = await admin.ok<{ items: { actor: { kind: string; name: string } }[] }>(
      'GET',
      '/audit?action=invitation.expired&limit=3',
    );
    expect(items.map((one) => `${one.actor.kind} ${one.actor.name}`)).to.deep.equal(
      Array(3).fill('system invitation expiry'),
    );
    await admin.ok('PUT', `/groups/${group.body.id}/grants`, { grants: [] });
    await admin.limit('testsigma', 'pro', null);
  });

  it('can be revoked with others; what has ended is skipped', async () => {
    await admin.limit('testsigma', 'pro', 5);
    const pending = [
      await admin.inviteOne('revoked-1@x.io', PRO),
      await admin.inviteOne('revoked-2@x.io', PRO),
    ];
    const accepted = await admin.inviteOne('revoked-3@x.io', PRO);
    await invitee.accept(await admin.link(accepted.id));
    const expired = await admin.inviteOne('revoked-4@x.io', PRO);
    await letExpire(app, expired.id);
    const links = await Promise.all(pending.map(({ id }) => admin.link(id)));
    const ids = [...pending, accepted, expired].map((one) => one.id);
    expect(await used()).to.equal(4);

    const answer = await admin.ok<{ revoked: Shown[]; skipped: { id: string; reason: string }[] }>(
      'POST',
      '/invitations/revoke',
      { ids: [...ids, ids[0]] },
    );
    expect(answer.revoked.map((one) => [one.id, one.status])).to.deep.equal(
      pending.map((one) => [one.id, 'revoked']),
    );
    expect(answer.skipped).to.deep.equal([
      { id: accepted.id, reason: 'It was accepted. Deactivate the user instead.' },
      { id: expired.id, reason: 'It has expired, so its link has stopped working already.' },
    ]);
    for (const link of links) {
      const page = await invitee.open(link);
      expect([page.status, page.body.includes('This invitation was withdrawn')]).to.deep.equal([410, true]);
      expect((await invitee.accept(link)).status).to.equal(410);
    }
    for (const { userId } of pending) {
      const user = await admin.user(userId);
      expect([user.status, user.licenses]).to.deep.equal(['inactive', []]);
    }
    expect((await admin.send('POST', `/invitations/${pending[0]!.id}/resend`)).status).to.equal(409);
    expect((await admin.send('GET', `/invitations/${pending[0]!.id}/link`)).status).to.equal(410);
    const unknown = await admin.send('POST', '/invitations/revoke', { ids: [crypto.randomUUID()] });
    expect(unknown.status).to.equal(404);
    await settle(app);
    expect(await used()).to.equal(1);
    await admin.limit('testsigma', 'pro', null);
  });

  it('can be made anew after it was revoked, and offers only what it says itself', async () => {
    const first = await admin.inviteOne('anew@x.io', { accountRole: 'admin', ...PRO });
    await admin.ok('POST', '/invitations/revoke', { ids: [first.id] });
    const second = await admin.inviteOne('anew@x.io', { products: [{ product: 'test-management' }] });
    expect(second.userId).to.equal(first.userId);
    await invitee.accept(await admin.link(second.id));
    const user = await admin.user(first.userId);
    expect(user.accountRole).to.equal('member');
    expect(user.licenses).to.deep.equal(['test-management:standard']);
    expect(await status(first.id)).to.equal('revoked');
  });

  it('can be made anew while it has expired but was not settled', async () => {
    const first = await admin.inviteOne('unsettled@x.io', { accountRole: 'admin', ...PRO });
    await letExpire(app, first.id);
    const second = await admin.inviteOne('unsettled@x.io');
    expect(second.userId).to.equal(first.userId);
    expect(await status(first.id)).to.equal('expired');
    expect((await admin.send('POST', `/invitations/${first.id}/resend`)).status).to.equal(409);
    await invitee.accept(await admin.link(second.id));
    expect((await admin.user(first.userId)).licenses).to.deep.equal([]);
  });

  it('is settled by the job when its time is over', async () => {
    const { id, userId } = await admin.inviteOne('job@x.io', PRO);
    await letExpire(app, id);
    await settle(app);
    expect((await admin.user(userId)).status).to.equal('inactive');
    const { rows } = await app.core.db.raw<{ rows: { status: string }[] }>(
      'select status from invitations where id = ?',
      [id],
    );
    expect(rows).to.deep.equal([{ status: 'expired' }]);
  });

  it('is listed by status, address and time, page by page', async () => {
    const emails = Array.from({ length: 7 }, (_, i) => `listed-${i}@x.io`);
    const { invited } = await admin.invite({ emails });
    await admin.ok('POST', '/invitations/revoke', { ids: [invited[1]!.id] });
    await letExpire(app, invited[2]!.id);
    await invitee.accept(await admin.link(invited[3]!.id));
    const list = async (query: string) => {
      const found: Shown[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const page: { items: Shown[]; nextCursor: string | null } = await admin.ok(
          'GET',
          `/invitations?search=LISTED-&limit=2${query}${cursor && `&cursor=${cursor}`}`,
        );
        found.push(...page.items);
        cursor = page.nextCursor;
      }
      return found.map((one) => Number(one.email.slice(7, 8)));
    };
    expect(await list('&sort=email')).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
    expect(await list('&sort=-email')).to.deep.equal([6, 5, 4, 3, 2, 1, 0]);
    expect(await list('')).to.deep.equal([6, 5, 4, 3, 2, 1, 0]);
    expect(await list('&sort=email&status=pending')).to.deep.equal([0, 4, 5, 6]);
    expect(await list('&sort=email&status=expired')).to.deep.equal([2]);
    expect(await list('&sort=email&status=revoked,accepted')).to.deep.equal([1, 3]);
    expect(await list('&status=superseded')).to.deep.equal([]);
    expect((await admin.send('GET', '/invitations?status=lost')).status).to.equal(400);
    await settle(app);
    expect(await list('&sort=email&status=expired')).to.deep.equal([2]);
  });
});

/** What the periodic job does. */
function settle(app: TestApp): Promise<number> {
  return expireAllInvitations(app.core, () => false);
}
