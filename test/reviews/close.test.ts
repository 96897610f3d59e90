import { expect } from 'chai';
import { brokenInvariants } from '../races/invariants.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { reviewingIn, type Row } from './reviewing.ts';

const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

describe('closing an access review', () => {
  let app: TestApp;
  let we: ReturnType<typeof reviewingIn>;

  before(async () => {
    app = await startApp({ jobs: null });
    we = reviewingIn(app);
    await we.admin('POST', '/projects', { key: 'mobile', name: 'Mobile app' });
    await we.admin('POST', '/projects', { key: 'web', name: 'Web shop' });
    await we.admin('PUT', '/products/testsigma', { licenses: [{ key: 'pro', seats: 50 }] });
  });
  afterEach(async () => {
    expect(await brokenInvariants(app.core)).to.deep.equal([]);
  });
  after(() => app.stop());

  let people = 0;
  /** A new user with the grants by hand that are named, such as `mobile:tester` or `testsigma`. */
  const person = async (...given: string[]): Promise<string> => {
    const id = await we.user(`user-${++people}@x.io`);
    for (const one of given) {
      const [key, role] = one.split(':');
      if (role === undefined) await we.admin('PUT', `/users/${id}/products/${one}`, { license: 'pro' });
      else await we.admin('PUT', `/users/${id}/projects/${key!}`, { role });
    }
    return id;
  };
  /** What a user has: `mobile:tester`. */
  const had = async (user: string): Promise<string[]> => {
    const { access } = await we.admin<{
      access: {
        accountRole: { role: string };
        projects: { project: string; role: string }[];
        products: { product: string; license: string }[];
      };
    }>('GET', `/users/${user}`);
    const role = access.accountRole.role;
    return [
      ...(role === 'member' ? [] : [role]),
      ...access.projects.map((one) => `${one.project}:${one.role}`),
      ...access.products.map((one) => `${one.product}:${one.license}`),
    ];
  };
  /** A review of the users' rows: those of others are kept. */
  const reviewOf = async (decisions: Record<string, string>): Promise<string> => {
    const { id } = await we.open();
    await we.decideAll(id, {}, 'keep');
    for (const [user, decision] of Object.entries(decisions)) await we.decideAll(id, { user }, decision);
    return id;
  };
  const outcomes = async (id: string, user: string) =>
    (await we.rows(id, `?user=${user}`)).map((one) => [one.target, one.level, one.outcome]);
  const scim = async (method: string, path: string, ...operations: object[]) => {
    const body = operations.length > 0 ? { body: { schemas: [PATCH], Operations: operations } } : {};
    const { status } = await app.request(method, `/scim/v2${path}`, { token: app.tokens.scim, ...body });
    expect(status).to.be.within(200, 204);
  };

  it('takes away what was given here, as an admin would, and tells of it', async () => {
    const [ann, ben] = [await person('mobile:tester', 'testsigma'), await person('mobile:viewer')];
    await we.admin('PATCH', `/users/${ann}`, { accountRole: 'admin' });
    const used = async () =>
      (
        await we.admin<{ items: { key: string; licenses: { key: string; used: number }[] }[] }>(
          'GET',
          '/products',
        )
      ).items
        .find((one) => one.key === 'testsigma')!
        .licenses.find((one) => one.key === 'pro')!.used;
    const before = await used();
    const id = await reviewOf({ [ann]: 'revoke' });
    const closed = await we.close(id, { reviewer: 'Grace Hopper' });
    expect(closed).to.include({ status: 'closed', signedBy: 'Grace Hopper', left: 0 });
    expect(closed.outcomes).to.include({ revoked: 3, task: 0, already_ended: 0, refused: 0 });
    expect(await outcomes(id, ann)).to.deep.equal([
      ['default', 'admin', 'revoked'],
      ['testsigma', 'pro', 'revoked'],
      ['mobile', 'tester', 'revoked'],
    ]);
    expect(await outcomes(id, ben)).to.deep.equal([['mobile', 'viewer', 'kept']]);
    expect([await had(ann), await had(ben)]).to.deep.equal([[], ['mobile:viewer']]);
    expect(await used()).to.equal(before - 1);

    const events = (await we.events(`target=${id}`)).filter((one) => one.related === id);
    expect(events.map((one) => [one.action, one.target.id, one.before]).sort()).to.deep.equal([
      ['user.account_role_set', ann, { accountRole: 'admin' }],
      ['user.license_removed', ann, { product: 'testsigma', license: 'pro' }],
      ['user.project_role_removed', ann, { project: 'mobile', role: 'tester' }],
    ]);
    expect(new Set(events.map((one) => one.actor.name))).to.deep.equal(new Set([closed.closedBy]));
    const [last] = await we.events(`target=${id}&action=review.closed`);
    expect(last!.after).to.include({ status: 'closed', revoked: 3, tasks: 0, alreadyEnded: 0, refused: 0 });
    const changes = await we.csv(`/exports/access-changes.csv?from=${closed.openedAt}`);
    expect(changes.map((one) => [one.change, one.target, one.level, one.actor])).to.have.deep.members([
      ['lost', 'default', 'admin', closed.closedBy],
      ['lost', 'testsigma', 'pro', closed.closedBy],
      ['lost', 'mobile', 'tester', closed.closedBy],
    ]);
  });

  it('is refused while rows are undecided, unless it is said what becomes of them', async () => {
    const [ann, ben] = [await person('mobile:tester'), await person('web:tester')];
    const id = await reviewOf({ [ann]: 'keep' });
    await we.decideAll(id, { user: ben }, null);
    const refused = await we.call('POST', `/reviews/${id}/close`, {});
    expect(refused.status).to.equal(409);
    expect(refused.body.detail).to.match(/^1 row is undecided\. /);
    // Without a body it is the same.
    expect((await we.call('POST', `/reviews/${id}/close`)).status).to.equal(409);
    expect((await we.review(id)).status).to.equal('open');

    const closed = await we.close(id, { undecided: 'revoke', reviewer: 'Grace' });
    expect(closed).to.include({ status: 'closed', undecided: 'revoke', left: 0, revoke: 1 });
    expect(await had(ben)).to.deep.equal([]);
    const [row] = await we.rows(id, `?user=${ben}`);
    expect(row).to.include({ decision: 'revoke', reviewer: 'Grace', outcome: 'revoked' });
    const [event] = await we.events(`target=${id}&action=review.closing`);
    expect(event!.after).to.deep.equal({ status: 'closing', undecided: { revoke: 1 } });
  });

  it('keeps the undecided when that is said', async () => {
    const ann = await person('mobile:tester');
    const { id } = await we.open();
    const closed = await we.close(id, { undecided: 'keep' });
    expect(closed.outcomes).to.include({ kept: closed.rows, revoked: 0 });
    expect(await had(ann)).to.deep.equal(['mobile:tester']);
  });

  it('makes a task of what comes through a group, which is done when the membership has ended', async () => {
    const ann = await we.user('ann', {
      displayName: 'Ann Other',
      emails: we.elements(['ann@x.io']),
    });
    const ben = await person();
    const group = await we.group('Mobile testers', ann, ben);
    await we.admin('PUT', `/groups/${group}/grants`, { grants: [{ project: 'mobile', role: 'tester' }] });
    const id = await reviewOf({ [ann]: 'revoke', [ben]: 'revoke' });
    const closed = await we.close(id);
    expect(closed.outcomes).to.include({ task: 2, revoked: 0 });
    expect(closed.tasks).to.deep.equal({ open: 2, done: 0 });
    expect(await had(ann), 'nothing was changed behind its back').to.deep.equal(['mobile:tester']);
    const [task, ...others] = await we.tasks(id);
    expect(others).to.have.lengthOf(1);
    expect(task).to.include({
      task: 'Remove Ann Other, ann (ann@x.io), from the group "Mobile testers" in your identity provider.',
      done: false,
    });

    const remove = { op: 'remove', path: `members[value eq "${ann}"]` };
    await scim('PATCH', `/Groups/${group}`, remove);
    expect((await we.tasks(id)).map((one) => one.done)).to.deep.equal([true, false]);
    expect((await we.tasks(id, '?done=false')).map((one) => one.row)).to.deep.equal([others[0]!.row]);
    expect((await we.review(id)).tasks).to.deep.equal({ open: 1, done: 1 });
    expect(await outcomes(id, ann)).to.deep.equal([['mobile', 'tester', 'task']]);

    await scim('DELETE', `/Groups/${group}`);
    expect((await we.tasks(id, '?done=false&limit=1')).length).to.equal(0);
    expect((await we.tasks(id, '?done=true&limit=1')).length).to.equal(2);
  });

  it('makes a task of what was pushed', async () => {
    const ann = await we.user('pushed@x.io', {
      roles: we.elements(['web:manager', 'admin']),
      entitlements: we.elements(['testsigma:pro']),
    });
    const id = await reviewOf({ [ann]: 'revoke' });
    await we.close(id);
    expect((await we.tasks(id)).map((one) => one.task)).to.deep.equal([
      'Take the account role admin away from pushed@x.io in your identity provider, which pushes it.',
      'Take the license pro of the product testsigma away from pushed@x.io in your identity provider, which pushes it.',
      'Take the role manager in the project web away from pushed@x.io in your identity provider, which pushes it.',
    ]);
    expect(await had(ann)).to.have.lengthOf(3);
    await scim('PATCH', `/Users/${ann}`, { op: 'remove', path: 'roles' });
    expect((await we.tasks(id)).map((one) => one.done)).to.deep.equal([true, false, true]);
    await scim('PATCH', `/Users/${ann}`, { op: 'replace', path: 'active', value: false });
    expect((await we.tasks(id)).map((one) => one.done)).to.deep.equal([true, true, true]);
  });

  it('finds rows that ended by themselves, of removed users too', async () => {
    const [ann, ben, cid] = [await person('mobile:tester'), await person('web:tester'), await person()];
    const group = await we.group('For a while', cid);
    await we.admin('PUT', `/groups/${group}/grants`, { grants: [{ project: 'web', role: 'viewer' }] });
    const id = await reviewOf({ [ann]: 'revoke', [ben]: 'revoke', [cid]: 'revoke' });
    await we.admin('DELETE', `/users/${ann}/projects/mobile`);
    await we.admin('POST', '/users/remove', { ids: [ben] });
    await scim('PATCH', `/Groups/${group}`, { op: 'remove', path: 'members' });
    expect((await we.close(id)).outcomes).to.include({ already_ended: 3, revoked: 0, task: 0 });
    expect(await outcomes(id, ben)).to.deep.equal([['web', 'tester', 'already_ended']]);
    expect((await we.rows(id, `?user=${ben}`))[0]!.ended).to.equal(true);
  });

  it('takes away from who is inactive as well, so that it does not come back', async () => {
    const ann = await person('mobile:tester');
    const id = await reviewOf({ [ann]: 'revoke' });
    await we.admin('POST', `/users/${ann}/deactivate`);
    expect((await we.close(id)).outcomes).to.include({ revoked: 1 });
    await scim('PATCH', `/Users/${ann}`, { op: 'replace', path: 'active', value: true });
    expect(await had(ann)).to.deep.equal([]);
  });

  it('takes what was hidden under a role with it, but for what was given later', async () => {
    const ann = await person('mobile:manager');
    await app.core.db.raw(
      `insert into direct_grants (workspace_id, id, user_id, source, kind, project_id, role_id, since, since_event)
       select d.workspace_id, gen_random_uuid(), d.user_id, 'invitation', d.kind, d.project_id, r.id, d.since,
         d.since_event
       from direct_grants d join roles r on r.workspace_id = d.workspace_id and r.key = 'viewer'
       where d.user_id = ? and d.until = 'infinity'`,
      [ann],
    );
    const id = await reviewOf({ [ann]: 'revoke' });
    expect(await outcomes(id, ann)).to.deep.equal([['mobile', 'manager', null]]);
    await we.admin('PUT', `/users/${ann}/projects/web`, { role: 'viewer' });
    expect((await we.close(id)).outcomes).to.include({ revoked: 1 });
    expect(await had(ann)).to.deep.equal(['web:viewer']);
  });

  it('does not take away another level that was given in place of the reviewed one', async () => {
    const ann = await person('mobile:viewer');
    const id = await reviewOf({ [ann]: 'revoke' });
    await we.admin('PUT', `/users/${ann}/projects/mobile`, { role: 'tester' });
    expect((await we.close(id)).outcomes).to.include({ already_ended: 1, revoked: 0 });
    expect(await had(ann)).to.deep.equal(['mobile:tester']);
  });

  it('refuses what a rule forbids, with the reason, and does the rest', async () => {
    const users: string[] = [];
    for (let i = 0; i < 5; i++) users.push(await person('mobile:tester'));
    const owners = users.slice(0, 2);
    await we.admin('POST', '/users/account-role', { ids: owners, accountRole: 'owner' });
    const id = await reviewOf(Object.fromEntries(users.map((user) => [user, 'revoke'])));
    const closed = await we.close(id);
    expect(closed).to.include({ status: 'closed' });
    expect(closed.outcomes).to.include({ revoked: 6, refused: 1 });
    const refused = await we.rows(id, '?outcome=refused');
    expect(refused.map((one) => [one.kind, one.level, one.reason])).to.deep.equal([
      [
        'account_role',
        'owner',
        'This is the last active owner of the workspace. Make somebody else owner first.',
      ],
    ]);
    const left = refused.map((one: Row) => one.user.id);
    for (const user of users) expect(await had(user)).to.deep.equal(left.includes(user) ? ['owner'] : []);
    expect((await we.events(`target=${id}&action=review.closed`)).length).to.equal(1);
  });

  it('refuses to leave a billing manager in projects', async () => {
    const ann = await person();
    const group = await we.group('Billing', ann);
    await we.admin('PUT', `/groups/${group}/grants`, { grants: [{ accountRole: 'billing_manager' }] });
    await we.admin('PATCH', `/users/${ann}`, { accountRole: 'admin' });
    await we.admin('PUT', `/users/${ann}/projects/mobile`, { role: 'tester' });
    const { id } = await we.open();
    await we.decideAll(id, {}, 'keep');
    await we.decideAll(id, { user: ann, kind: 'account_role' }, 'revoke');
    expect((await we.close(id)).outcomes).to.include({ refused: 1, revoked: 0 });
    const [row] = await we.rows(id, '?outcome=refused');
    expect(row!.reason).to.match(/billing manager with project roles/);
    expect(await had(ann)).to.deep.equal(['admin', 'mobile:tester']);
  });

  it('is done once, and a closed review is neither closed nor cancelled again', async () => {
    const { id } = await we.open();
    await we.close(id, { undecided: 'keep' });
    const again = await we.call('POST', `/reviews/${id}/close`, { undecided: 'revoke' });
    expect([again.status, again.body.detail]).to.deep.equal([
      409,
      'The review is closed; its decisions stand. Open another one to decide anew.',
    ]);
    expect((await we.call('POST', `/reviews/${id}/cancel`)).status).to.equal(409);
    expect((await we.events(`target=${id}&action=review.closed`)).length).to.equal(1);
  });

  it('can be cancelled instead: nothing is applied, and it stays to be read', async () => {
    const ann = await person('mobile:tester');
    const id = await reviewOf({ [ann]: 'revoke' });
    const cancelled = await we.admin<{ status: string; closedAt: null; cancelledBy: string }>(
      'POST',
      `/reviews/${id}/cancel`,
    );
    expect(cancelled).to.include({ status: 'cancelled', closedAt: null });
    expect(await had(ann)).to.deep.equal(['mobile:tester']);
    expect(await outcomes(id, ann)).to.deep.equal([['mobile', 'tester', null]]);
    expect((await we.tasks(id)).length).to.equal(0);
    for (const path of ['close', 'cancel']) {
      const { status, body } = await we.call(
        'POST',
        `/reviews/${id}/${path}`,
        path === 'close' ? {} : undefined,
      );
      expect([status, body.detail]).to.deep.equal([
        409,
        'The review was cancelled. Open another one to decide anew.',
      ]);
    }
  });

  it('closes two reviews of the same access: the second finds that it has ended', async () => {
    const ann = await person('mobile:tester');
    const [first, second] = [await reviewOf({ [ann]: 'revoke' }), await reviewOf({ [ann]: 'revoke' })];
    expect((await we.close(first)).outcomes).to.include({ revoked: 1 });
    expect((await we.close(second)).outcomes).to.include({ already_ended: 1, revoked: 0 });
  });
});
