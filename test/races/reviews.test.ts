import { expect } from 'chai';
import { applyClosingReviews } from '../../src/core/reviews/apply.ts';
import { reviewingIn } from '../reviews/reviewing.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { brokenInvariants } from './invariants.ts';
import { atOnce, tally } from './provisioning.ts';

describe('access reviews that meet others', () => {
  let app: TestApp;
  let we: ReturnType<typeof reviewingIn>;
  let users: string[];

  before(async () => {
    app = await startApp({ jobs: null });
    we = reviewingIn(app);
    await we.admin('POST', '/projects', { key: 'mobile', name: 'Mobile' });
    users = await atOnce(12, (i) => we.user(`user-${i}@x.io`));
  });
  beforeEach(async () => {
    for (const user of users) await we.admin('PUT', `/users/${user}/projects/mobile`, { role: 'tester' });
  });
  afterEach(async () => {
    expect(await brokenInvariants(app.core)).to.deep.equal([]);
  });
  after(() => app.stop());

  const statuses = (replies: readonly { readonly status: number }[]) =>
    tally(replies.map((reply) => reply.status));
  const openRevoked = async () => {
    const { id } = await we.open({ scope: { kind: 'project', key: 'mobile' } });
    await we.decideAll(id, {}, 'revoke');
    return id;
  };
  const closeSoon = (id: string, body: object = {}) => we.call('POST', `/reviews/${id}/close`, body);
  const count = async (id: string, action: string) =>
    (await we.events(`target=${id}&action=${action}`)).length;

  it('is closed by one of ten, once', async () => {
    const id = await openRevoked();
    const replies = await atOnce(10, () => closeSoon(id));
    expect(statuses(replies)).to.deep.equal({ 200: 1, 409: 9 });
    expect([await count(id, 'review.closing'), await count(id, 'review.closed')]).to.deep.equal([1, 1]);
    expect((await we.review(id)).outcomes).to.include({ revoked: 12, already_ended: 0 });
  });

  it('is either closed or cancelled', async () => {
    for (let round = 0; round < 5; round++) {
      const id = await openRevoked();
      const replies = await Promise.all([
        closeSoon(id),
        we.call('POST', `/reviews/${id}/cancel`),
        closeSoon(id),
      ]);
      expect(statuses(replies)).to.deep.equal({ 200: 1, 409: 2 });
      const { status, outcomes } = await we.review(id);
      expect(outcomes.revoked === 0).to.equal(status === 'cancelled');
      for (const user of users) await we.admin('PUT', `/users/${user}/projects/mobile`, { role: 'tester' });
    }
  });

  it('takes no decision once it is being closed: what stands then is what is applied', async () => {
    const id = await openRevoked();
    const [closed, ...decided] = await Promise.all([
      closeSoon(id),
      ...Array.from({ length: 12 }, (_, i) =>
        we.call('PUT', `/reviews/${id}/rows/${i + 1}`, { decision: 'keep' }),
      ),
    ]);
    expect(closed.status).to.equal(200);
    const rows = await we.rows(id);
    for (const [index, reply] of decided.entries()) {
      expect(reply.status).to.be.oneOf([200, 409]);
      const expected = reply.status === 200 ? ['keep', 'kept'] : ['revoke', 'revoked'];
      expect([rows[index]!.decision, rows[index]!.outcome]).to.deep.equal(expected);
    }
  });

  it('has one decision for each row, whoever decides at once', async () => {
    const { id } = await we.open({ scope: { kind: 'project', key: 'mobile' } });
    const replies = await atOnce(20, (i) =>
      i % 4 === 0
        ? we.call('POST', `/reviews/${id}/decisions`, {
            filter: {},
            decision: i % 8 === 0 ? 'keep' : 'revoke',
          })
        : we.call('PUT', `/reviews/${id}/rows/${(i % 3) + 1}`, { decision: 'keep', note: `by ${i}` }),
    );
    expect(statuses(replies)).to.deep.equal({ 200: 20 });
    const review = await we.review(id);
    expect([review.decided, review.left]).to.deep.equal([12, 0]);
    const { history } = await we.row(id, 1);
    expect(history.filter((one) => one.until === null)).to.have.lengthOf(1);
  });

  it('and an admin who takes the same away: each grant ends once, and the review says who was first', async () => {
    const id = await openRevoked();
    const before = await count(users[0]!, 'user.project_role_removed');
    const [closed, ...removed] = await Promise.all([
      closeSoon(id),
      ...users.map((user) => we.call('DELETE', `/users/${user}/projects/mobile`)),
    ]);
    expect(closed.status).to.equal(200);
    expect(statuses(removed)).to.deep.equal({ 204: 12 });
    const { outcomes } = await we.review(id);
    expect(outcomes.revoked! + outcomes.already_ended!).to.equal(12);
    expect((await count(users[0]!, 'user.project_role_removed')) - before).to.equal(1);
    const ofReview = (await we.events(`target=${id}&action=user.project_role_removed`)).length;
    expect(ofReview).to.equal(outcomes.revoked);
  });

  it('and a provider who deletes the users meanwhile', async () => {
    const leaving = await atOnce(6, (i) => we.user(`leaving-${i}-${Date.now()}@x.io`));
    for (const user of leaving) await we.admin('PUT', `/users/${user}/projects/mobile`, { role: 'viewer' });
    const id = await openRevoked();
    const [closed, ...deleted] = await Promise.all([
      closeSoon(id),
      ...leaving.map((user) => app.request('DELETE', `/scim/v2/Users/${user}`, { token: app.tokens.scim })),
    ]);
    expect(closed.status).to.equal(200);
    expect(statuses(deleted)).to.deep.equal({ 204: 6 });
    const { outcomes } = await we.review(id);
    expect(outcomes.revoked! + outcomes.already_ended!).to.equal(18);
  });

  it('is applied once by several instances', async () => {
    const id = await openRevoked();
    await app.core.db.raw(
      `update reviews set status = 'closing', closing_at = opened_at, closing_event = opened_event where id = ?`,
      [id],
    );
    await atOnce(4, () => applyClosingReviews(app.core, () => false));
    const review = await we.review(id);
    expect([review.status, review.outcomes.revoked]).to.deep.equal(['closed', 12]);
    expect(await count(id, 'review.closed')).to.equal(1);
    expect(await count(id, 'user.project_role_removed')).to.equal(12);
  });

  it('lists one moment: rows written while it is opened are all in it or not', async () => {
    const group = await we.group('Together', ...users);
    await we.admin('PUT', `/groups/${group}/grants`, { grants: [{ product: 'testsigma' }] });
    const [first, ...others] = await Promise.all([
      we.open(),
      we.admin('PUT', `/groups/${group}/grants`, { grants: [] }),
      ...users.map((user) => we.admin('PUT', `/users/${user}/projects/mobile`, { role: 'viewer' })),
      we.open(),
    ]);
    for (const { id } of [first, others.at(-1) as { id: string }]) {
      const { openedAt } = await we.review(id);
      const access = await we.csv(`/exports/access.csv?asOf=${openedAt}`);
      const rows = await we.csv(`/reviews/${id}/report.csv`);
      const picked = (of: Record<string, string>[]) =>
        of.map((one) => [one.user_name, one.target, one.level, one.via, one.granted_at]);
      expect(picked(rows)).to.deep.equal(picked(access));
    }
  });
});
