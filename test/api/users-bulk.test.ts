import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { brokenInvariants } from '../races/invariants.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { managedBy } from './managed.ts';

interface Many {
  readonly changed: string[];
  readonly unchanged: string[];
}

describe('an admin changes many users at once', () => {
  let app: TestApp;
  let admin: ReturnType<typeof managedBy>;

  before(async () => {
    app = await startApp();
    admin = managedBy(app);
    await admin.admin('POST', '/projects', { key: 'mobile', name: 'Mobile' });
  });
  afterEach(async () => {
    expect(await brokenInvariants(app.core)).to.deep.equal([]);
  });
  after(() => app.stop());

  const users = async (name: string, count: number, more: Record<string, unknown> = {}) => {
    const made: string[] = [];
    for (let i = 0; i < count; i++) made.push(await admin.user(`${name}-${i}@x.io`, more));
    return made;
  };
  const remove = (ids: readonly string[]) => admin.admin<Many>('POST', '/users/remove', { ids });

  describe('removes them', () => {
    it('as an identity provider does: no access, groups, grants, invitation, machines; the record stays', async () => {
      const [idp] = await users('leaving', 1, { entitlements: admin.elements(['testsigma']) });
      const invited = await admin.joined('leaving@x.io', {
        projects: [{ project: 'mobile', role: 'viewer' }],
      });
      const { invited: open } = await admin.admin<{ invited: { id: string; userId: string }[] }>(
        'POST',
        '/invitations',
        { emails: 'pending@x.io', products: [{ product: 'testsigma' }] },
      );
      const pending = open[0]!;
      await admin.group('Leaving', idp!, invited, pending.userId);
      for (const user of [idp!, invited]) {
        await admin.admin('POST', '/machines', { user, name: 'Laptop', fingerprint: user });
      }

      const ids = [invited, idp!, pending.userId];
      expect(await remove(ids)).to.deep.equal({ changed: ids, unchanged: [] });
      for (const id of ids) {
        expect(await admin.detail(id)).to.deep.include({
          ...{ status: 'inactive', licenses: [], projects: [], groups: [], machines: [] },
          pendingInvitation: null,
        });
        expect((await admin.events(id)).map((one) => one.action)).to.include.members([
          'user.removed',
          'group.member_removed',
        ]);
        const scim = await app.request('GET', `/scim/v2/Users/${id}`, { token: app.tokens.scim });
        expect(scim.status).to.equal(404);
      }
      expect((await admin.events(idp!)).map((one) => one.action)).to.include('machine.removed');
      await admin.refused('GET', `/invitations/${pending.id}/link`, undefined, 410);
      await admin.writesNothing(async () => {
        expect(await remove(ids)).to.deep.equal({ changed: [], unchanged: ids });
      });
    });

    it('and has everything back, but for groups, when one is reinvited and joins', async () => {
      const id = await admin.joined('again@x.io', {
        accountRole: 'admin',
        projects: [{ project: 'mobile', role: 'viewer' }],
      });
      await admin.admin('PUT', `/users/${id}/products/testsigma`, { license: 'pro' });
      await remove([id]);
      const invitation = await admin.admin<{ id: string }>('POST', `/users/${id}/reinvite`);
      await admin.accept(invitation.id);
      expect(await admin.detail(id)).to.deep.include({
        ...{ status: 'active', accountRole: 'admin', licenses: ['testsigma:pro'] },
        projects: [{ project: 'mobile', role: 'viewer' }],
      });
    });

    it('none of them when one is nobody, naming each', async () => {
      const [one, two] = await users('none', 2);
      const nobody = randomUUID();
      await admin.writesNothing(async () => {
        const problem = await admin.refused('POST', '/users/remove', { ids: [one, nobody, two, 'x'] }, 404);
        expect(problem.detail).to.match(/^Nothing was changed\./);
        expect(problem.errors!.map((error) => error.message.split(':')[0])).to.deep.equal([nobody, 'x']);
      });
      expect((await admin.detail(one!)).status).to.equal('active');
    });

    it('none of them when no owner would be left, naming the owners and whoever is nobody', async () => {
      const owners = await users('owner', 2, { roles: admin.elements(['owner']) });
      const [other] = await users('no-owner', 1);
      const nobody = randomUUID();
      const problem = await admin.refused('POST', '/users/remove', { ids: [...owners, other, nobody] });
      expect(problem.errors!.map((error) => error.message.split(':')[0])).to.have.members([
        ...owners,
        nobody,
      ]);
      expect((await remove([owners[0]!, other!])).changed).to.have.length(2);
      await admin.refused('POST', '/users/remove', { ids: [owners[1]!] });
      await admin.refused('POST', `/users/${owners[1]!}/deactivate`);
      await admin.refused('PATCH', `/users/${owners[1]!}`, { accountRole: 'admin' });
    });

    it('at most 500, at least one, each once', async () => {
      await admin.refused('POST', '/users/remove', { ids: [] }, 400);
      await admin.refused(
        'POST',
        '/users/remove',
        { ids: Array.from({ length: 501 }, () => randomUUID()) },
        400,
      );
      const [one] = await users('once', 1);
      expect(await remove([one!, one!.toUpperCase()])).to.deep.equal({ changed: [one], unchanged: [] });
    });
  });

  describe('gives them an account role', () => {
    const give = (ids: readonly string[], accountRole: string) =>
      admin.admin<Many>('POST', '/users/account-role', { ids, accountRole });

    it('with an event for each whose role it changes', async () => {
      const ids = await users('role', 3);
      await admin.admin('PATCH', `/users/${ids[1]!}`, { accountRole: 'admin' });
      expect(await give(ids, 'admin')).to.deep.equal({ changed: [ids[0], ids[2]], unchanged: [ids[1]] });
      for (const id of ids) expect((await admin.detail(id)).accountRole).to.equal('admin');
      await admin.writesNothing(() => give(ids, 'admin'));
      expect(await give(ids, 'member')).to.deep.equal({ changed: ids, unchanged: [] });
    });

    it('none of them when one can’t have it, with each reason', async () => {
      const [plain, inProject, byGroup, removed] = await users('reason', 4);
      await admin.admin('PUT', `/users/${inProject!}/projects/mobile`, { role: 'viewer' });
      const group = await admin.group('Admins', byGroup!);
      await admin.admin('PUT', `/groups/${group}/grants`, { grants: [{ accountRole: 'admin' }] });
      await remove([removed!]);
      const nobody = randomUUID();
      await admin.writesNothing(async () => {
        const problem = await admin.refused('POST', '/users/account-role', {
          ids: [plain, inProject, byGroup, removed, nobody],
          accountRole: 'billing_manager',
        });
        const said = problem.errors!.map((error) => error.message);
        expect(said).to.have.length(4);
        expect(said[0]).to.contain(inProject!).and.to.contain('holds no project role');
        expect(said[1]).to.contain(byGroup!).and.to.contain('through the group "Admins"');
        expect(said[2]).to.contain(removed!).and.to.contain('was removed');
        expect(said[3]).to.contain(nobody).and.to.contain('no such user');
      });
    });

    it('not when the last owner would go, and to a new owner with the old one', async () => {
      const [owner, next] = await users('last', 2);
      const { items } = await admin.admin<{ items: { id: string; accountRole: string }[] }>('GET', '/users');
      const owners = items.filter((one) => one.accountRole === 'owner').map((one) => one.id);
      await give([owner!], 'owner');
      await remove(owners);
      const problem = await admin.refused('POST', '/users/account-role', {
        ids: [owner, next],
        accountRole: 'billing_manager',
      });
      expect(problem.errors!.map((error) => error.message)).to.deep.equal([
        `${owner!}: This is the last active owner of the workspace. Make somebody else owner first.`,
      ]);
      expect((await admin.detail(next!)).accountRole).to.equal('member');
      await give([next!], 'owner');
      await give([owner!], 'member');
      expect((await admin.detail(owner!)).accountRole).to.equal('member');
    });
  });
});
