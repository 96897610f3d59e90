import { expect } from 'chai';
import type { Caller } from '../../src/core/context/caller.ts';
import { contextOf } from '../../src/core/context/context.ts';
import { expireAllInvitations } from '../../src/core/invitations/expire-all.ts';
import { pendingInvitationOf } from '../../src/core/invitations/list.ts';
import { reinvite } from '../../src/core/invitations/resend.ts';
import type { UserId, WorkspaceId } from '../../src/lib/ids.ts';
import { brokenInvariants } from '../races/invariants.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { adminOf, invitee, letExpire } from './people.ts';

interface ScimUser {
  readonly id: string;
  readonly active: boolean;
  readonly userName: string;
}

describe('people who come back, and those whom an identity provider takes over', () => {
  let app: TestApp;
  let admin: ReturnType<typeof adminOf>;
  let caller: Caller;

  before(async () => {
    app = await startApp({ jobs: { settleEveryMs: 3_600_000 } });
    admin = adminOf(app);
    const { rows } = await app.core.db.raw<{ rows: { id: WorkspaceId }[] }>('select id from workspaces');
    caller = {
      workspaceId: rows[0]!.id,
      actor: { kind: 'system', name: 'test' },
      requestId: 'test',
    };
    for (const key of ['one', 'two']) await admin.project(key);
  });
  afterEach(async () => {
    expect(await brokenInvariants(app.core)).to.deep.equal([]);
  });
  after(() => app.stop());

  const scim = (method: string, path: string, body?: object) =>
    app.request<ScimUser>(method, `/scim/v2${path}`, {
      token: app.tokens.scim,
      ...(body === undefined ? {} : { body }),
    });
  const setActive = (id: string, active: boolean) =>
    scim('PATCH', `/Users/${id}`, { Operations: [{ op: 'replace', path: 'active', value: active }] });
  const OFFER = {
    accountRole: 'admin',
    products: [{ product: 'testsigma', license: 'pro' }],
    projects: [{ project: 'one', role: 'tester' }],
  };
  const joined = async (email: string, more: object = OFFER) => {
    const { id, userId } = await admin.inviteOne(email, more);
    expect((await invitee.accept(await admin.link(id))).status).to.equal(200);
    return userId;
  };
  const accept = async (id: string) => {
    expect((await invitee.accept(await admin.link(id))).status).to.equal(200);
  };

  describe('somebody who had joined', () => {
    for (const [how, leave] of Object.entries({
      'was deactivated': (id: string) => setActive(id, false),
      'was deleted': (id: string) => scim('DELETE', `/Users/${id}`),
    })) {
      it(`and ${how} has everything back once the reinvitation is accepted`, async () => {
        const userId = await joined(`back-${how.replaceAll(' ', '-')}@x.io`);
        await leave(userId);
        expect((await admin.user(userId)).status).to.equal('inactive');

        const invitation = await reinvite(contextOf(app.core, caller), userId);
        const pending = await admin.user(userId);
        expect([pending.status, pending.access.products]).to.deep.equal(['pending', []]);
        expect((await pendingInvitationOf(contextOf(app.core, caller), userId as UserId))?.id).to.equal(
          invitation.id,
        );

        await accept(invitation.id);
        const user = await admin.user(userId);
        expect(user).to.include({ status: 'active', accountRole: 'admin', fullName: 'Ada Lovelace' });
        expect(user.licenses).to.deep.equal(['testsigma:pro']);
        expect(user.projects).to.deep.equal([{ project: 'one', role: 'tester' }]);
        expect(await pendingInvitationOf(contextOf(app.core, caller), userId as UserId)).to.equal(undefined);
      });
    }

    it('keeps it for another time when the reinvitation is revoked or expires', async () => {
      const userId = await joined('later@x.io');
      await scim('DELETE', `/Users/${userId}`);
      const first = await reinvite(contextOf(app.core, caller), userId);
      await admin.ok('POST', '/invitations/revoke', { ids: [first.id] });
      expect((await admin.user(userId)).status).to.equal('inactive');
      const second = await reinvite(contextOf(app.core, caller), userId);
      await letExpire(app, second.id);
      await admin.ok('POST', `/invitations/${second.id}/resend`);
      await accept(second.id);
      expect(await admin.user(userId)).to.deep.include({
        accountRole: 'admin',
        licenses: ['testsigma:pro'],
        projects: [{ project: 'one', role: 'tester' }],
      });
    });

    it('is given what a new invitation says in place of the same, and the rest back', async () => {
      const userId = await joined('changed@x.io');
      await scim('DELETE', `/Users/${userId}`);
      const { id, userId: same } = await admin.inviteOne('changed@x.io', {
        accountRole: 'member',
        products: [{ product: 'testsigma' }],
        projects: [{ project: 'two', role: 'viewer' }],
      });
      expect(same).to.equal(userId);
      await accept(id);
      expect(await admin.user(userId)).to.deep.include({
        accountRole: 'member',
        licenses: ['testsigma:standard'],
        projects: [
          { project: 'one', role: 'tester' },
          { project: 'two', role: 'viewer' },
        ],
      });
    });

    it('is not made a billing manager with the project roles of before', async () => {
      const userId = await joined('billing@x.io', { projects: [{ project: 'one', role: 'viewer' }] });
      await scim('DELETE', `/Users/${userId}`);
      const { status, body } = await admin.send<{ detail: string }>('POST', '/invitations', {
        emails: 'billing@x.io',
        accountRole: 'billing_manager',
      });
      expect([status, body.detail.startsWith('"billing@x.io" would be a billing manager')]).to.deep.equal([
        409,
        true,
      ]);
      expect((await admin.user(userId)).status).to.equal('inactive');
    });

    it('has seats held while pending, or is refused', async () => {
      const userId = await joined('seat@x.io', {
        products: [{ product: 'test-management', license: 'guest' }],
      });
      await setActive(userId, false);
      await admin.limit('test-management', 'guest', 1);
      const invitation = await reinvite(contextOf(app.core, caller), userId);
      expect(await admin.used('test-management', 'guest')).to.equal(1);
      await admin.ok('POST', '/invitations/revoke', { ids: [invitation.id] });
      expect(await admin.used('test-management', 'guest')).to.equal(0);
      const other = await admin.inviteOne('seat-2@x.io', {
        products: [{ product: 'test-management', license: 'guest' }],
      });
      const refused = await reinvite(contextOf(app.core, caller), userId).catch((error: unknown) => error);
      expect(refused).to.include({ kind: 'refused' });
      await admin.ok('POST', '/invitations/revoke', { ids: [other.id] });
      await admin.limit('test-management', 'guest', null);
    });

    it('is reinvited only while inactive, and with an address', async () => {
      const kinds = async (id: string) => {
        const error: unknown = await reinvite(contextOf(app.core, caller), id).catch(
          (reason: unknown) => reason,
        );
        return (error as { kind?: string }).kind;
      };
      const userId = await joined('only@x.io');
      expect(await kinds(userId)).to.equal('refused');
      await setActive(userId, false);
      await reinvite(contextOf(app.core, caller), userId);
      expect(await kinds(userId)).to.equal('refused');
      const { body } = await scim('POST', '/Users', { userName: 'no-address', active: false });
      expect(await kinds(body.id)).to.equal('refused');
      expect(await kinds(crypto.randomUUID())).to.equal('not_found');
      expect(await kinds('nobody')).to.equal('not_found');
    });
  });

  it('somebody who never joined is offered the same again by a reinvitation', async () => {
    const { id, userId } = await admin.inviteOne('never@x.io', OFFER);
    await admin.ok('POST', '/invitations/revoke', { ids: [id] });
    const again = await reinvite(contextOf(app.core, caller), userId);
    await admin.ok('POST', '/invitations/revoke', { ids: [again.id] });
    expect((await admin.user(userId)).licenses, 'ends with the invitation again').to.deep.equal([]);
    await accept((await reinvite(contextOf(app.core, caller), userId)).id);
    expect(await admin.user(userId)).to.deep.include({
      accountRole: 'admin',
      licenses: ['testsigma:pro'],
      projects: [{ project: 'one', role: 'tester' }],
    });
  });

  it('a project that ended meanwhile does not come back, and holds nobody up', async () => {
    await admin.project('short-lived');
    const { id, userId } = await admin.inviteOne('short@x.io', {
      projects: [{ project: 'short-lived', role: 'viewer' }],
    });
    await letExpire(app, id);
    await expireAllInvitations(app.core, () => false);
    await admin.ok('DELETE', '/projects/short-lived');
    await admin.ok('POST', `/invitations/${id}/resend`);
    await accept(id);
    expect((await admin.user(userId)).projects).to.deep.equal([]);
  });

  describe('an identity provider', () => {
    it('adopts an invited user by a POST: the same id, the invitation superseded, what was offered kept', async () => {
      const { id, userId } = await admin.inviteOne('adopted@x.io', OFFER);
      const link = await admin.link(id);
      const created = await scim('POST', '/Users', { userName: 'Adopted@x.io', displayName: 'From the IdP' });
      expect([created.status, created.body.id, created.body.active]).to.deep.equal([201, userId, true]);
      expect((await admin.invitation(id)).status).to.equal('superseded');
      const page = await invitee.open(link);
      expect([page.status, page.body.includes('You are in already')]).to.deep.equal([410, true]);
      expect((await invitee.accept(link, 'Somebody Else')).status).to.equal(410);
      const user = await admin.user(userId);
      expect(user).to.include({ status: 'active', managedBy: 'idp', fullName: 'From the IdP' });
      expect(user.licenses).to.deep.equal(['testsigma:pro']);
      const { items } = await admin.ok<{ items: unknown[] }>('GET', '/users?search=adopted@x.io');
      expect(items).to.have.lengthOf(1);
    });

    it('adopts one without making the user active, who goes on waiting and keeps the name from there', async () => {
      const { id, userId } = await admin.inviteOne('waiting@x.io', OFFER);
      const created = await scim('POST', '/Users', {
        userName: 'waiting@x.io',
        displayName: 'Kept by the IdP',
        active: false,
      });
      expect([created.status, created.body.id, created.body.active]).to.deep.equal([201, userId, false]);
      expect((await admin.invitation(id)).status).to.equal('pending');
      const page = await invitee.open(await admin.link(id));
      expect(page.body).to.contain('Kept by the IdP').and.not.to.contain('<input');
      await invitee.accept(await admin.link(id), 'Chosen By Me');
      expect(await admin.user(userId)).to.include({ status: 'active', fullName: 'Kept by the IdP' });
    });

    it('makes an invited user active by a PATCH: superseded', async () => {
      const { id, userId } = await admin.inviteOne('patched@x.io');
      expect((await setActive(userId, false)).body.active).to.equal(false);
      expect((await admin.invitation(id)).status).to.equal('pending');
      expect((await setActive(userId, true)).body.active).to.equal(true);
      expect((await admin.invitation(id)).status).to.equal('superseded');
    });

    it('deletes an invited user: revoked', async () => {
      const { id, userId } = await admin.inviteOne('deleted@x.io', OFFER);
      const link = await admin.link(id);
      expect((await scim('DELETE', `/Users/${userId}`)).status).to.equal(204);
      expect((await admin.invitation(id)).status).to.equal('revoked');
      expect((await invitee.accept(link)).status).to.equal(410);
    });

    it('finds no second record of somebody who has joined by an invitation', async () => {
      const userId = await joined('later-idp@x.io');
      const created = await scim('POST', '/Users', { userName: 'later-idp@x.io', externalId: 'x-1' });
      expect([created.status, created.body.id]).to.deep.equal([201, userId]);
      expect((await admin.user(userId)).licenses).to.deep.equal(['testsigma:pro']);
    });
  });
});
