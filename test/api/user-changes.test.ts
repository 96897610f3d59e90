import { expect } from 'chai';
import { brokenInvariants } from '../races/invariants.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { managedBy, ROLLCALL } from './managed.ts';

describe('an admin changes a user', () => {
  let app: TestApp;
  let admin: ReturnType<typeof managedBy>;

  before(async () => {
    app = await startApp();
    admin = managedBy(app);
    for (const key of ['emea', 'apac']) await admin.admin('POST', '/organizations', { key, name: key });
    await admin.admin('POST', '/projects', { key: 'mobile', name: 'Mobile' });
    // So that no test here makes the last owner.
    await admin.user('owner@x.io', { roles: admin.elements(['owner']) });
  });
  afterEach(async () => {
    expect(await brokenInvariants(app.core)).to.deep.equal([]);
  });
  after(() => app.stop());

  describe('the profile of one whom admins manage', () => {
    const PROFILE = {
      fullName: 'Grace Hopper',
      givenName: 'Grace',
      familyName: 'Hopper',
      title: 'Rear admiral',
      picture: 'https://pictures.example.com/grace.png',
      startDate: '2030-02-01',
      emails: [{ value: 'grace@x.io', type: 'work', primary: true }],
      phoneNumbers: [{ value: '+1 555 0100', type: 'mobile' }],
      addresses: [{ locality: 'Arlington', country: 'US', formatted: 'Line one\nLine two' }],
    };

    it('is written, shown, told by one event, and by none when it is sent again', async () => {
      const id = await admin.joined('grace@x.io');
      const shown = await admin.admin('PATCH', `/users/${id}`, PROFILE);
      expect(shown).to.deep.include(PROFILE);
      expect(await admin.admin('GET', `/users/${id}`)).to.deep.include(PROFILE);
      const last = (await admin.events(id)).at(-1)!;
      expect(last.action).to.equal('user.updated');
      expect(last.after).to.deep.include({ title: 'Rear admiral', startDate: '2030-02-01' });
      await admin.writesNothing(() => admin.admin('PATCH', `/users/${id}`, PROFILE));
      await admin.writesNothing(() => admin.admin('PATCH', `/users/${id}`, {}));
    });

    it('is read by an identity provider as it was written', async () => {
      const id = await admin.joined('readable@x.io');
      await admin.admin('PATCH', `/users/${id}`, PROFILE);
      const { body } = await app.request('GET', `/scim/v2/Users/${id}`, { token: app.tokens.scim });
      expect(body).to.deep.include({
        displayName: 'Grace Hopper',
        name: { givenName: 'Grace', familyName: 'Hopper', formatted: 'Grace Hopper' },
        photos: [{ value: PROFILE.picture, type: 'photo', primary: true }],
        phoneNumbers: PROFILE.phoneNumbers,
      });
    });

    it('has a full name that follows its parts, unless it is sent', async () => {
      const id = await admin.joined('parts@x.io');
      const name = async (body: object) => (await admin.admin('PATCH', `/users/${id}`, body)).fullName;
      expect(await name({ givenName: 'Ada', familyName: 'King' })).to.equal('Ada King');
      expect(await name({ familyName: 'Lovelace' })).to.equal('Ada Lovelace');
      expect(await name({ fullName: 'Countess of Lovelace' })).to.equal('Countess of Lovelace');
      expect(await name({ fullName: null })).to.equal('Ada Lovelace');
      expect(await name({ givenName: null, familyName: null })).to.equal('parts@x.io');
    });

    it('loses what is null or none', async () => {
      const id = await admin.joined('emptied@x.io');
      await admin.admin('PATCH', `/users/${id}`, PROFILE);
      const nothing = { title: null, picture: null, startDate: null, phoneNumbers: [], addresses: [] };
      expect(await admin.admin('PATCH', `/users/${id}`, nothing)).to.deep.include(nothing);
    });

    it('is refused field by field', async () => {
      const id = await admin.joined('wrong@x.io');
      const wrong: [object, string][] = [
        [{ fullName: ' ' }, 'fullName'],
        [{ givenName: 'A\nB' }, 'givenName'],
        [{ title: 'x'.repeat(201) }, 'title'],
        [{ title: 'a\u0000b' }, 'title'],
        [{ picture: 'javascript:alert(1)' }, 'picture'],
        [{ startDate: '2030-02-30' }, 'startDate'],
        [{ emails: [{ value: 'nobody' }] }, 'emails[0].value'],
        [{ phoneNumbers: [{ value: '' }] }, 'phoneNumbers[0].value'],
        [
          {
            phoneNumbers: [
              { value: '1', primary: true },
              { value: '2', primary: true },
            ],
          },
          'phoneNumbers',
        ],
        [{ addresses: [{}] }, 'addresses[0]'],
        [{ organization: 'nowhere' }, 'organization'],
        [{ accountRole: 'king' }, 'accountRole'],
        [{ userName: 'other' }, 'userName'],
      ];
      await admin.writesNothing(async () => {
        for (const [body, field] of wrong) {
          const { errors } = await admin.refused('PATCH', `/users/${id}`, body, 400);
          expect(errors![0]!.field, JSON.stringify(body)).to.equal(field);
        }
      });
    });
  });

  describe('one whom an identity provider manages', () => {
    it('keeps the profile, which is said in plain words, and may be sent back as it was read', async () => {
      const id = await admin.user('idp@x.io', {
        name: { givenName: 'Ida', familyName: 'Provider' },
        photos: [{ value: 'https://pictures.example.com/ida', type: 'photo' }],
        emails: [{ value: 'idp@x.io', type: 'work', primary: true }],
      });
      await admin.writesNothing(async () => {
        const problem = await admin.refused('PATCH', `/users/${id}`, { title: 'CEO', fullName: 'Other' });
        expect(problem.type).to.equal('urn:rollcall:problem:immutable');
        expect(problem.detail).to.contain('kept by the identity provider').and.to.contain('fullName, title');
        expect(problem.errors!.map((one) => one.field)).to.deep.equal(['fullName', 'title']);
        const read = await admin.admin('GET', `/users/${id}`);
        const { fullName, givenName, familyName, title, picture, startDate, emails } = read;
        const { phoneNumbers, addresses, accountRole, organization } = read;
        await admin.admin('PATCH', `/users/${id}`, {
          ...{ fullName, givenName, familyName, title, picture, startDate, emails },
          ...{ phoneNumbers, addresses, accountRole, organization },
        });
      });
    });

    it('is given an account role and an organization, and nothing of it when the profile is refused', async () => {
      const id = await admin.user('given@x.io');
      await admin.refused('PATCH', `/users/${id}`, {
        accountRole: 'admin',
        organization: 'emea',
        title: 'x',
      });
      expect(await admin.detail(id)).to.include({ accountRole: 'member', organization: null });
      const shown = await admin.admin('PATCH', `/users/${id}`, {
        accountRole: 'admin',
        organization: 'EMEA',
      });
      expect(shown).to.include({ accountRole: 'admin', organization: 'emea' });
      expect((await admin.events(id)).slice(-2).map((one) => one.action)).to.deep.equal([
        'user.updated',
        'user.account_role_set',
      ]);
    });
  });

  describe('the organization, beside an identity provider', () => {
    const pushing = (organization: string) => ({ [ROLLCALL]: { organization } });
    const organizationOf = async (id: string) => (await admin.detail(id)).organization;

    it('stands when the provider does not speak of it, also after adoption', async () => {
      const id = await admin.joined('stands@x.io', { organization: 'emea' });
      expect(await admin.user('stands@x.io')).to.equal(id);
      expect(await organizationOf(id)).to.equal('emea');
      expect(await admin.put(id, 'stands@x.io', { title: 'New' })).to.equal(200);
      expect(await organizationOf(id)).to.equal('emea');
      await admin.admin('PATCH', `/users/${id}`, { organization: 'apac' });
      await admin.put(id, 'stands@x.io', { title: 'Newer' });
      expect(await organizationOf(id)).to.equal('apac');
    });

    it('stands when the provider pushes the same as before, and gives way when it pushes another', async () => {
      const id = await admin.user('pushed@x.io', pushing('emea'));
      await admin.admin('PATCH', `/users/${id}`, { organization: 'apac' });
      await admin.put(id, 'pushed@x.io', { ...pushing('EMEA'), title: 'New' });
      expect(await organizationOf(id)).to.equal('apac');
      await admin.admin('PATCH', `/users/${id}`, { organization: null });
      await admin.put(id, 'pushed@x.io', pushing('emea'));
      expect(await organizationOf(id)).to.equal(null);
      await admin.put(id, 'pushed@x.io', pushing('apac'));
      expect(await organizationOf(id)).to.equal('apac');
      await admin.put(id, 'pushed@x.io');
      expect(await organizationOf(id)).to.equal(null);
    });

    it('takes the place of one that was pushed and is not there', async () => {
      const id = await admin.user('waiting@x.io', pushing('atlantis'));
      await admin.admin('PATCH', `/users/${id}`, { organization: 'emea' });
      expect(await organizationOf(id)).to.equal('emea');
      await admin.put(id, 'waiting@x.io', pushing('atlantis'));
      expect(await organizationOf(id)).to.equal('emea');
    });

    it('is not changed by a push of something else, nor by one of what was read', async () => {
      const id = await admin.user('echo@x.io', pushing('emea'));
      await admin.admin('PATCH', `/users/${id}`, { organization: 'apac' });
      const { body } = await app.request('GET', `/scim/v2/Users/${id}`, { token: app.tokens.scim });
      await app.request('PUT', `/scim/v2/Users/${id}`, { token: app.tokens.scim, body });
      await app.request('PATCH', `/scim/v2/Users/${id}`, {
        token: app.tokens.scim,
        body: { Operations: [{ op: 'replace', path: 'title', value: 'New' }] },
      });
      expect(await organizationOf(id)).to.equal('apac');
    });
  });

  describe('the account role', () => {
    it('takes the place of what was given here, and member is no grant', async () => {
      const id = await admin.joined('role@x.io', { accountRole: 'admin' });
      const via = async () => (await admin.detail(id)).access.accountRole;
      expect(await via()).to.deep.include({ role: 'admin' });
      await admin.writesNothing(() => admin.admin('PATCH', `/users/${id}`, { accountRole: 'admin' }));
      await admin.admin('PATCH', `/users/${id}`, { accountRole: 'owner' });
      expect((await via()).via.map((one) => one.source)).to.deep.equal(['admin']);
      await admin.admin('PATCH', `/users/${id}`, { accountRole: 'member' });
      expect(await via()).to.deep.equal({ role: 'member', via: [] });
      expect((await admin.events(id)).at(-1)).to.deep.include({
        action: 'user.account_role_set',
        before: { accountRole: 'owner' },
        after: { accountRole: 'member' },
      });
    });

    it('stands beside what was pushed: the highest counts', async () => {
      const id = await admin.user('beside@x.io', { roles: admin.elements(['admin']) });
      await admin.admin('PATCH', `/users/${id}`, { accountRole: 'owner' });
      expect((await admin.detail(id)).accountRole).to.equal('owner');
      await admin.put(id, 'beside@x.io');
      expect((await admin.detail(id)).accountRole, 'nothing is pushed any more').to.equal('owner');
    });

    it('cannot be lowered below what a group or a push gives, which is said', async () => {
      const id = await admin.user('high@x.io', { roles: admin.elements(['admin']) });
      const group = await admin.group('Admins of all', id);
      await admin.admin('PUT', `/groups/${group}/grants`, { grants: [{ accountRole: 'admin' }] });
      const { detail } = await admin.refused('PATCH', `/users/${id}`, { accountRole: 'member' });
      expect(detail).to.equal(
        '"high@x.io" is made an admin by the identity provider and through the group "Admins of all", and the highest ' +
          'account role counts. Change it at the identity provider, and take the user out of the group, or change ' +
          'what it gives.',
      );
      await admin.put(id, 'high@x.io');
      const again = await admin.refused('PATCH', `/users/${id}`, { accountRole: 'billing_manager' });
      expect(again.detail).to.contain('through the group "Admins of all"').and.not.to.contain('provider');
      expect((await admin.detail(id)).access.accountRole.via).to.have.length(1);
    });

    it('is not billing manager with a project role', async () => {
      const id = await admin.joined('billing@x.io', { projects: [{ project: 'mobile', role: 'viewer' }] });
      const { detail } = await admin.refused('PATCH', `/users/${id}`, { accountRole: 'billing_manager' });
      expect(detail).to.contain('holds no project role');
      await admin.admin('DELETE', `/users/${id}/projects/mobile`);
      await admin.admin('PATCH', `/users/${id}`, { accountRole: 'billing_manager' });
    });

    it('of a pending user is what counts once joined', async () => {
      const { invited } = await admin.admin<{ invited: { id: string; userId: string }[] }>(
        'POST',
        '/invitations',
        { emails: 'pending@x.io', accountRole: 'admin' },
      );
      const { id, userId } = invited[0]!;
      await admin.admin('PATCH', `/users/${userId}`, { accountRole: 'billing_manager' });
      expect((await admin.detail(userId)).pendingInvitation).to.include({ id, email: 'pending@x.io' });
      await admin.accept(id);
      expect(await admin.detail(userId)).to.deep.include({
        status: 'active',
        accountRole: 'billing_manager',
        pendingInvitation: null,
      });
    });
  });

  describe('deactivated', () => {
    it('has no access but keeps everything, also when an identity provider manages the user', async () => {
      const id = await admin.user('away@x.io', { entitlements: admin.elements(['testsigma:pro']) });
      await admin.group('Away', id);
      const shown = await admin.admin('POST', `/users/${id}/deactivate`);
      expect(shown).to.include({ status: 'inactive' });
      const detail = await admin.detail(id);
      expect(detail.access.products).to.deep.equal([]);
      expect(detail.licenses).to.deep.equal(['testsigma:pro']);
      expect(detail.groups).to.have.length(1);
      expect((await admin.events(id)).at(-1)!.action).to.equal('user.deactivated');
      await admin.writesNothing(() => admin.admin('POST', `/users/${id}/deactivate`));
      expect(await admin.put(id, 'away@x.io', { active: true })).to.equal(200);
      expect((await admin.detail(id)).status).to.equal('active');
    });

    it('loses a pending invitation and what it offered', async () => {
      const { invited } = await admin.admin<{ invited: { id: string; userId: string }[] }>(
        'POST',
        '/invitations',
        { emails: 'never@x.io', products: [{ product: 'testsigma' }] },
      );
      const { id, userId } = invited[0]!;
      expect(await admin.admin('POST', `/users/${userId}/deactivate`)).to.deep.include({
        status: 'inactive',
        licenses: [],
        pendingInvitation: null,
      });
      await admin.refused('GET', `/invitations/${id}/link`, undefined, 410);
    });

    it('is reinvited, and has everything back on acceptance', async () => {
      const id = await admin.joined('back@x.io', {
        accountRole: 'admin',
        products: [{ product: 'testsigma', license: 'pro' }],
        projects: [{ project: 'mobile', role: 'tester' }],
      });
      const group = await admin.group('Back', id);
      await admin.admin('PUT', `/groups/${group}/grants`, { grants: [{ product: 'test-management' }] });
      await admin.admin('POST', `/users/${id}/deactivate`);
      const invitation = await admin.admin<{ id: string; status: string }>('POST', `/users/${id}/reinvite`);
      expect(invitation).to.include({ status: 'pending', userId: id });
      expect(await admin.detail(id)).to.deep.include({ status: 'pending' });
      await admin.accept(invitation.id);
      expect(await admin.detail(id)).to.deep.include({
        status: 'active',
        accountRole: 'admin',
        licenses: ['test-management:standard', 'testsigma:pro'],
        projects: [{ project: 'mobile', role: 'tester' }],
      });
      expect((await admin.refused('POST', `/users/${id}/reinvite`)).detail).to.contain('active already');
    });
  });

  it('is told when the user was removed, is nobody, or is another workspace’s', async () => {
    const id = await admin.joined('removed@x.io');
    await admin.admin('POST', '/users/remove', { ids: [id] });
    for (const [method, path, body] of [
      ['PATCH', '', { title: 'x' }],
      ['PUT', '/projects/mobile', { role: 'viewer' }],
      ['PUT', '/products/testsigma', {}],
      ['POST', '/deactivate', undefined],
    ] as const) {
      const { detail } = await admin.refused(method, `/users/${id}${path}`, body);
      expect(detail, path).to.contain('was removed. Reinvite');
      await admin.refused(method, `/users/${crypto.randomUUID()}${path}`, body, 404);
      await admin.refused(method, `/users/nobody${path}`, body, 404);
    }
    await app.request('POST', '/api/v1/workspaces', {
      token: app.tokens.operator,
      body: { key: 'other', name: 'Other' },
    });
    const mine = await admin.joined('mine@x.io');
    const elsewhere = await app.request('PATCH', `/api/v1/users/${mine}`, {
      token: app.tokens.operator,
      headers: { 'X-Workspace': 'other' },
      body: { title: 'x' },
    });
    expect(elsewhere.status).to.equal(404);
  });
});
