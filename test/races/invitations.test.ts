import { expect } from 'chai';
import { expireAllInvitations } from '../../src/core/invitations/expire-all.ts';
import { adminOf, type Invited, invitee, letExpire, type Shown } from '../invitations/people.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { brokenInvariants } from './invariants.ts';
import { atOnce, identityProvider, limitLicense, tally } from './provisioning.ts';

/** So many times two things are done to one invitation at once. */
const ROUNDS = 12;

const OFFER = {
  products: [{ product: 'testsigma', license: 'pro' }, { product: 'test-management' }],
  projects: [{ project: 'mobile', role: 'tester' }],
};

describe('invitations that meet', () => {
  let app: TestApp;
  let admin: ReturnType<typeof adminOf>;
  let idp: ReturnType<typeof identityProvider>;

  before(async () => {
    app = await startApp({ jobs: null });
    admin = adminOf(app);
    idp = identityProvider(app);
    await admin.project('mobile');
    // With a limit, so that seats are counted as they change.
    await limitLicense(app, 'testsigma', 'pro', 1_000);
  });
  afterEach(async () => {
    expect(await brokenInvariants(app.core)).to.deep.equal([]);
    expect(await invitationsThatLie(app)).to.deep.equal([]);
  });
  after(() => app.stop());

  const open = async (email: string) => {
    const { id, userId } = await admin.inviteOne(email, OFFER);
    return { id, userId, email, link: await admin.link(id) };
  };
  /** Where an invitation and its user came out, in a word each. */
  const outcome = async (one: { id: string; userId: string }) =>
    `${(await admin.invitation(one.id)).status}, ${(await admin.user(one.userId)).status}`;
  const events = async (userId: string, action: string): Promise<number> => {
    const { rows } = await app.core.db.raw<{ rows: { count: number }[] }>(
      `select count(*)::integer as count from audit_events
       where action = ? and (target_id = ? or related_id = ?)`,
      [action, userId, userId],
    );
    return rows[0]!.count;
  };
  const revoke = (id: string) =>
    admin.send<{ revoked: Shown[]; skipped: { reason: string }[] }>('POST', '/invitations/revoke', {
      ids: [id],
    });

  it('ten accepts at once have one winner, whose name stays', async () => {
    const one = await open('ten@x.io');
    const replies = await atOnce(10, (i) => invitee.accept(one.link, `Winner ${i}`));
    expect(tally(replies.map((reply) => reply.status))).to.deep.equal({ 200: 1, 410: 9 });
    const winner = replies.findIndex((reply) => reply.status === 200);
    for (const reply of replies.filter((each) => each.status === 410)) {
      expect(reply.body).to.contain('This invitation has been used');
    }
    const user = await admin.user(one.userId);
    expect([user.status, user.fullName]).to.deep.equal(['active', `Winner ${winner}`]);
    expect(await events(one.userId, 'user.joined')).to.equal(1);
    expect(await events(one.userId, 'invitation.accepted')).to.equal(1);
  });

  it('an accept against a revocation: joined with everything, or revoked with nothing', async function () {
    this.timeout(60_000);
    await rounds('revoke', async (one, both) => {
      const [accepted, revoked] = await both(
        () => invitee.accept(one.link),
        () => revoke(one.id),
      );
      expect(revoked.status).to.equal(200);
      const user = await admin.user(one.userId);
      if (accepted.status === 200) {
        expect(await outcome(one)).to.equal('accepted, active');
        expect(revoked.body.revoked).to.deep.equal([]);
        expect(revoked.body.skipped[0]!.reason).to.contain('Deactivate the user instead');
        expect(user.access.products).to.have.lengthOf(2);
      } else {
        expect(accepted.status).to.equal(410);
        expect(accepted.body).to.contain('This invitation was withdrawn');
        expect(await outcome(one)).to.equal('revoked, inactive');
        expect(revoked.body.revoked).to.have.lengthOf(1);
        expect([user.licenses, user.projects]).to.deep.equal([[], []]);
      }
    });
  });

  it('an accept against a resend: joined, or the old link ends and the new one works', async function () {
    this.timeout(60_000);
    await rounds('resend', async (one, both) => {
      const [accepted, resent] = await both(
        () => invitee.accept(one.link),
        () => admin.send<{ detail?: string }>('POST', `/invitations/${one.id}/resend`),
      );
      if (accepted.status === 200) {
        expect([resent.status, resent.body.detail]).to.deep.equal([
          409,
          "It was accepted, so this invitation can't be sent again.",
        ]);
      } else {
        expect([accepted.status, resent.status]).to.deep.equal([410, 200]);
        expect(accepted.body).to.contain('There is a newer link');
        expect((await admin.user(one.userId)).status).to.equal('pending');
        expect((await invitee.accept(await admin.link(one.id))).status).to.equal(200);
      }
      expect(await outcome(one)).to.equal('accepted, active');
    });
  });

  it('a revocation against a resend: a link that works, or none', async function () {
    this.timeout(60_000);
    await rounds('revoke-resend', async (one, both) => {
      const [revoked, resent] = await both(
        () => revoke(one.id),
        () => admin.send('POST', `/invitations/${one.id}/resend`),
      );
      // The resend before the revocation, or refused after it: either way it is revoked.
      expect(revoked.body.revoked).to.have.lengthOf(1);
      expect(resent.status).to.be.oneOf([200, 409]);
      expect(await outcome(one)).to.equal('revoked, inactive');
      expect((await invitee.accept(one.link)).status).to.equal(410);
    });
  });

  it('ten resends at once leave one link that works', async () => {
    const one = await open('resends@x.io');
    const replies = await atOnce(10, () => admin.send('POST', `/invitations/${one.id}/resend`));
    expect(tally(replies.map((reply) => reply.status))).to.deep.equal({ 200: 10 });
    const { rows } = await app.core.db.raw<{ rows: { send: number }[] }>(
      'select send from invitations where id = ?',
      [one.id],
    );
    expect(rows[0]!.send).to.equal(11);
    expect((await invitee.accept(one.link)).status).to.equal(410);
    expect((await invitee.accept(await admin.link(one.id))).status).to.equal(200);
  });

  it('an accept against an identity provider who makes the user active: one record, active', async function () {
    this.timeout(60_000);
    await rounds('adopt', async (one, both) => {
      const [accepted, created] = await both(
        () => invitee.accept(one.link),
        () => idp.send('POST', '/Users', { userName: one.email, externalId: `x-${one.email}` }),
      );
      expect([created.status, created.body.id]).to.deep.equal([201, one.userId]);
      expect(accepted.status).to.be.oneOf([200, 410]);
      const ended = accepted.status === 200 ? 'accepted' : 'superseded';
      expect(await outcome(one)).to.equal(`${ended}, active`);
      expect((await admin.user(one.userId)).managedBy).to.equal('idp');
    });
  });

  it('an accept against a deletion by an identity provider: gone in the end, and nothing is held', async function () {
    this.timeout(60_000);
    await rounds('delete', async (one, both) => {
      const [accepted, deleted] = await both(
        () => invitee.accept(one.link),
        () => idp.send('DELETE', `/Users/${one.userId}`),
      );
      expect(deleted.status).to.equal(204);
      const ended = accepted.status === 200 ? 'accepted' : 'revoked';
      expect(await outcome(one)).to.equal(`${ended}, inactive`);
      expect((await admin.user(one.userId)).licenses).to.deep.equal([]);
    });
  });

  it('an accept as its time ends: joined, or expired with nothing', async function () {
    this.timeout(60_000);
    await rounds('expire', async (one, both) => {
      const [accepted] = await both(
        () => invitee.accept(one.link),
        () => letExpire(app, one.id).then(() => expireAllInvitations(app.core, () => false)),
      );
      const joined = accepted.status === 200;
      if (!joined) expect(accepted.body).to.contain('This invitation has expired');
      // Written by hand, the time may end between the check of a link and its acceptance: joined all the same.
      expect(await outcome(one)).to.equal(joined ? 'accepted, active' : 'expired, inactive');
    });
  });

  it('one address invited ten times at once is one user with one invitation', async () => {
    const replies = await atOnce(10, (i) =>
      admin.send<Invited>('POST', '/invitations', {
        emails: i % 2 === 0 ? 'Once@x.io' : 'once@X.io',
        ...OFFER,
      }),
    );
    expect(tally(replies.map((reply) => reply.status))).to.deep.equal({ 201: 10 });
    expect(replies.flatMap((reply) => reply.body.invited)).to.have.lengthOf(1);
    const reasons = replies.flatMap((reply) => reply.body.skipped.map((one) => one.reason));
    expect(reasons).to.have.lengthOf(9);
    expect([...new Set(reasons)]).to.deep.equal([
      'Is invited already. Resend that invitation to send a new link.',
    ]);
  });

  it('lists that overlap, each in an order of its own, invite everybody once', async function () {
    this.timeout(60_000);
    const emails = Array.from({ length: 40 }, (_, i) => `overlap-${i}@x.io`);
    const replies = await atOnce(6, (i) => {
      const turned = [...emails.slice(i * 6), ...emails.slice(0, i * 6)];
      return admin.send<Invited>('POST', '/invitations', {
        emails: i % 2 === 0 ? turned : turned.reverse(),
        ...OFFER,
      });
    });
    expect(tally(replies.map((reply) => reply.status))).to.deep.equal({ 201: 6 });
    const invited = replies.flatMap((reply) => reply.body.invited.map((one) => one.email));
    expect(invited).to.have.members(emails);
  });

  it('20 invitations race for 5 seats: 5 are invited, and a revoked one makes room', async () => {
    await limitLicense(app, 'test-management', 'guest', 5);
    const products = [{ product: 'test-management', license: 'guest' }];
    const replies = await atOnce(20, (i) =>
      admin.send<Invited>('POST', '/invitations', { emails: `seat-${i}@x.io`, products }),
    );
    expect(tally(replies.map((reply) => reply.status))).to.deep.equal({ 201: 5, 409: 15 });
    expect(await admin.used('test-management', 'guest')).to.equal(5);
    await revoke(replies.find((reply) => reply.status === 201)!.body.invited[0]!.id);
    const again = await atOnce(5, (i) =>
      admin.send('POST', '/invitations', { emails: `again-${i}@x.io`, products }),
    );
    expect(tally(again.map((reply) => reply.status))).to.deep.equal({ 201: 1, 409: 4 });
  });

  /** Does two things at once, whichever is begun first. */
  type Both = <A, B>(a: () => Promise<A>, b: () => Promise<B>) => Promise<[A, B]>;
  type Opened = Awaited<ReturnType<typeof open>>;

  /** Has two things meet at one invitation after the other; each is begun first in half of the rounds. */
  async function rounds(name: string, meet: (one: Opened, both: Both) => Promise<void>): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      await meet(await open(`${name}-${round}@x.io`), async (a, b) => {
        if (round % 2 === 0) return Promise.all([a(), b()]);
        const second = b();
        return Promise.all([a(), second]);
      });
    }
  }
});

/** Invitations of which the row and the user say different things. */
async function invitationsThatLie(app: TestApp): Promise<unknown[]> {
  const { rows } = await app.core.db.raw<{ rows: unknown[] }>(`
    select i.email, i.status, u.status as user_status from invitations i
    join users u on u.workspace_id = i.workspace_id and u.id = i.user_id
    where (i.status = 'pending') <> (u.status = 'pending')
      and not exists (select from invitations other where other.workspace_id = i.workspace_id
        and other.user_id = i.user_id and other.id <> i.id)
    union all
    select u.user_name, 'pending without', u.status from users u
    where u.status = 'pending' and (select count(*) from invitations i
      where i.workspace_id = u.workspace_id and i.user_id = u.id and i.status = 'pending') <> 1`);
  return rows;
}
