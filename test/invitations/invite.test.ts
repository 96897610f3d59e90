import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import { linkIn, type MailServer, startMailServer } from './mail-server.ts';
import { adminOf, type Invited, invitee, type Problem } from './people.ts';

describe('inviting people', () => {
  let app: TestApp;
  let mail: MailServer;
  let admin: ReturnType<typeof adminOf>;

  before(async () => {
    mail = await startMailServer();
    app = await startApp({ smtpUrl: mail.url });
    admin = adminOf(app);
    await admin.project('mobile');
    await admin.ok('PATCH', '/workspace', { name: 'Acme QA', signInUrl: 'https://acme.example.com/sign-in' });
  });
  after(async () => {
    await app.stop();
    await mail.stop();
  });

  it('five people get a mail each, join by its link, and have both products and the role', async () => {
    const { invited, skipped } = await admin.invite({
      emails:
        'ada@x.io, grace@x.io; "Turing, Alan" <alan@x.io>\nbarbara@x.io\tedsger@x.io not-an-address ADA@X.IO',
      products: [{ product: 'testsigma', license: 'pro' }, { product: 'test-management' }],
      projects: [{ project: 'mobile', role: 'tester' }],
    });
    expect(invited.map((one) => one.email)).to.deep.equal(
      ['ada', 'grace', 'alan', 'barbara', 'edsger'].map((name) => `${name}@x.io`),
    );
    expect(skipped).to.deep.equal([{ email: 'not-an-address', reason: 'This is not an e-mail address.' }]);

    for (const { email, userId, id } of invited) {
      const pending = await admin.user(userId);
      expect(pending.status).to.equal('pending');
      expect(pending.access.products).to.deep.equal([]);

      const message = await mail.messageTo(email);
      expect(message.to).to.deep.equal([email]);
      const link = linkIn(message);
      expect(link).to.equal(await admin.link(id));

      const page = await invitee.open(link);
      expect(page.status).to.equal(200);
      for (const said of [
        'Acme QA',
        email,
        'Testsigma',
        'Pro',
        'Test Management',
        'Project mobile',
        'Tester',
      ]) {
        expect(page.body).to.contain(said);
      }
      expect((await admin.user(userId)).status, 'looking accepts nothing').to.equal('pending');

      const joined = await invitee.accept(link, `Name of ${email}`);
      expect(joined.status).to.equal(200);
      expect(joined.body).to.contain('href="https://acme.example.com/sign-in"');

      const user = await admin.user(userId);
      expect(user.status).to.equal('active');
      expect(user.fullName).to.equal(`Name of ${email}`);
      expect(user.access.products.map((one) => `${one.product}:${one.license}`)).to.deep.equal([
        'test-management:standard',
        'testsigma:pro',
      ]);
      expect(user.access.projects.map(({ project, role }) => ({ project, role }))).to.deep.equal([
        { project: 'mobile', role: 'tester' },
      ]);
      expect((await admin.invitation(id)).status).to.equal('accepted');
    }
    expect(mail.received).to.have.lengthOf(5);
    expect(new Set(mail.received.map((one) => one.headers.get('message-id'))).size).to.equal(5);
  });

  it('refuses more than 500 at once, all of them', async () => {
    const many = Array.from({ length: 10_000 }, (_, i) => `many-${i}@x.io`);
    for (const emails of [many, many.join(','), many.slice(0, 501)]) {
      const { status, body } = await admin.send<Problem>('POST', '/invitations', { emails });
      expect(status).to.equal(400);
      expect(body.errors).to.deep.equal([
        { field: 'emails', message: 'At most 500 addresses are invited at once.' },
      ]);
    }
    const { items } = await admin.ok<{ items: unknown[] }>('GET', '/users?search=many-');
    expect(items).to.deep.equal([]);
  });

  it('takes 500 at once', async function () {
    this.timeout(60_000);
    const emails = Array.from({ length: 500 }, (_, i) => `bulk-${String(i).padStart(3, '0')}@x.io`);
    const { invited } = await admin.invite({ emails, products: [{ product: 'testsigma' }] });
    expect(invited.map((one) => one.email)).to.deep.equal(emails);
    const { revoked } = await admin.ok<{ revoked: unknown[] }>('POST', '/invitations/revoke', {
      ids: invited.map((one) => one.id),
    });
    expect(revoked).to.have.lengthOf(500);
  });

  it('says of each key that names nothing where it stands', async () => {
    const { status, body } = await admin.send<Problem>('POST', '/invitations', {
      emails: 'keys@x.io',
      organization: 'nowhere',
      products: [{ product: 'testsigma', license: 'gold' }, { product: 'nothing' }],
      projects: [
        { project: 'mobile', role: 'king' },
        { project: 'mobile', role: 'tester' },
        { project: 'moon', role: 'tester' },
        { project: 'Mobile', role: 'viewer' },
      ],
    });
    expect(status).to.equal(400);
    expect(body.errors).to.deep.equal([
      { field: 'organization', message: 'There is no organization "nowhere" in this workspace.' },
      { field: 'products[0].license', message: 'The product "testsigma" has no license "gold".' },
      { field: 'products[1].product', message: 'There is no product "nothing".' },
      { field: 'projects[0].role', message: 'There is no project role "king".' },
      { field: 'projects[2].project', message: 'There is no project "moon".' },
      { field: 'projects[3]', message: 'The project mobile is listed twice. Remove one of the entries.' },
    ]);
    const { status: unknownRole } = await admin.send('POST', '/invitations', {
      emails: 'keys@x.io',
      accountRole: 'king',
    });
    expect(unknownRole).to.equal(400);
  });

  it('gives organization and account role, an owner too', async () => {
    await admin.ok('POST', '/organizations', { key: 'emea', name: 'EMEA' });
    const { userId, id } = await admin.inviteOne('owner@x.io', {
      organization: 'EMEA',
      accountRole: 'owner',
    });
    const page = await invitee.open(await admin.link(id));
    expect(page.body).to.contain('<strong>Owner</strong>');
    await invitee.accept(await admin.link(id));
    expect(await admin.user(userId)).to.include({ organization: 'emea', accountRole: 'owner' });
  });

  it('refuses project roles for a billing manager', async () => {
    const { status, body } = await admin.send<Problem>('POST', '/invitations', {
      emails: 'billing@x.io',
      accountRole: 'billing_manager',
      projects: [{ project: 'mobile', role: 'viewer' }],
    });
    expect(status).to.equal(409);
    expect(body.detail).to.match(/^A billing manager holds no project role/);
    await admin.inviteOne('billing@x.io', { accountRole: 'billing_manager' });
  });

  it('gives one product only where the integration is switched off', async () => {
    await admin.ok('PATCH', '/workspace', { integrationEnabled: false });
    const both = [{ product: 'testsigma' }, { product: 'test-management' }];
    const { status, body } = await admin.send<Problem>('POST', '/invitations', {
      emails: 'one-product@x.io',
      products: both,
    });
    expect(status).to.equal(409);
    expect(body.detail).to.contain('only one of them');
    await admin.inviteOne('one-product@x.io', { products: both.slice(0, 1) });
    await admin.ok('PATCH', '/workspace', { integrationEnabled: true });
  });

  it('skips who is active or invited already, and says what to do', async () => {
    const pending = await admin.inviteOne('twice@x.io');
    const active = await admin.inviteOne('active@x.io');
    await invitee.accept(await admin.link(active.id));
    await app.request('POST', '/scim/v2/Users', {
      token: app.tokens.scim,
      body: { userName: 'other-name', emails: [{ value: 'alias@x.io', primary: true }] },
    });
    const { invited, skipped } = await admin.invite({
      emails: ['Twice@x.io', 'ACTIVE@x.io', 'Alias@x.io', 'fresh@x.io'],
    });
    expect(invited.map((one) => one.email)).to.deep.equal(['fresh@x.io']);
    expect(skipped).to.deep.equal([
      { email: 'ACTIVE@x.io', reason: 'Is an active user already.' },
      { email: 'Alias@x.io', reason: 'Is an active user already, "other-name".' },
      { email: 'Twice@x.io', reason: 'Is invited already. Resend that invitation to send a new link.' },
    ]);
    expect((await admin.invitation(pending.id)).status).to.equal('pending');
  });

  it('writes who did what into the audit, and no link', async () => {
    const { id, userId } = await admin.inviteOne('audited@x.io', { products: [{ product: 'testsigma' }] });
    const link = await admin.link(id);
    await invitee.accept(link, 'Audited Person');
    const { items } = await admin.ok<{ items: { action: string; actor: { kind: string; name: string } }[] }>(
      'GET',
      `/audit?target=${userId}`,
    );
    const told = items.map((one) => `${one.action} by ${one.actor.kind} ${one.actor.name}`);
    expect(told).to.have.members([
      'user.joined by invitee audited@x.io',
      'invitation.accepted by invitee audited@x.io',
      'invitation.created by token first admin token',
      'user.created by token first admin token',
    ]);
    const { rows } = await app.core.db.raw<{ rows: unknown[] }>(
      `select * from audit_events where to_jsonb(audit_events)::text like ?`,
      [`%${link.split('/').at(-1)!}%`],
    );
    expect(rows).to.deep.equal([]);
  });

  it('belongs to one workspace', async () => {
    const { id } = await admin.inviteOne('tenant@x.io');
    const operator = { token: app.tokens.operator };
    await app.request('POST', '/api/v1/workspaces', { ...operator, body: { key: 'other', name: 'Other' } });
    const inOther = { ...operator, headers: { 'X-Workspace': 'other' } };
    expect((await app.request('GET', `/api/v1/invitations/${id}/link`, inOther)).status).to.equal(404);
    expect((await app.request('POST', `/api/v1/invitations/${id}/resend`, inOther)).status).to.equal(404);
    const revoke = await app.request('POST', '/api/v1/invitations/revoke', {
      ...inOther,
      body: { ids: [id] },
    });
    expect(revoke.status).to.equal(404);
    const { body } = await app.request('GET', '/api/v1/invitations', inOther);
    expect(body.items).to.deep.equal([]);
    const again = await app.request<Invited>('POST', '/api/v1/invitations', {
      ...inOther,
      body: { emails: 'tenant@x.io' },
    });
    expect(again.body.invited).to.have.lengthOf(1);
    expect((await admin.invitation(id)).status).to.equal('pending');
  });
});
