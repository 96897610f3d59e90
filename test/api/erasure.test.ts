import { expect } from 'chai';
import { jobQueue } from '../../src/core/context/core.ts';
import { beginDelivery, deliveryFailed, handOver } from '../../src/core/invitations/delivery.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { placesOf } from '../support/everything.ts';
import { fetchMailJobs } from '../support/jobs.ts';
import { erasingIn, pseudonym, type Shown } from './erasing.ts';
import type { List } from './people.ts';

interface AuditEvent {
  readonly id: string;
  readonly action: string;
  readonly actor: { readonly name: string };
  readonly target: { readonly kind: string; readonly id: string; readonly name: string | null };
  readonly before: unknown;
  readonly after: unknown;
}

describe('erasing a person', function () {
  this.timeout(30_000);
  let app: TestApp;
  let admin: ReturnType<typeof erasingIn>;

  before(async () => {
    app = await startApp({ jobs: { sealEveryMs: 20 } });
    admin = erasingIn(app);
    await admin.admin('POST', '/projects', { key: 'mobile', name: 'Mobile' });
  });
  after(() => app.stop());

  it('leaves a removed record under a pseudonym, which SCIM does not show', async () => {
    const id = await admin.user('leaver@x.io', { externalId: 'e-1', displayName: 'Lee Ver' });
    await admin.scim('DELETE', `/Users/${id}`);
    const erased = await admin.erase(id);
    expect(erased).to.include({ id, userName: pseudonym(id), fullName: pseudonym(id), status: 'inactive' });
    expect(erased).to.include({ email: null, externalId: null });
    expect(erased.erasedAt).to.be.a('string');
    expect(await admin.admin('GET', `/users/${id}`)).to.deep.equal(erased);
    for (const [method, body] of [['GET'], ['PUT', { userName: 'leaver@x.io' }], ['DELETE']] as const)
      expect((await admin.scim(method, `/Users/${id}`, body)).status, method).to.equal(404);
    const { body } = await admin.scim('GET', '/Users?filter=userName%20co%20%22erased%22');
    expect(body.totalResults).to.equal(0);
  });

  it('is one event that tells of nobody, and none the second time', async () => {
    const id = await admin.user('twice@x.io');
    await admin.scim('DELETE', `/Users/${id}`);
    const erased = await admin.erase(id);
    const { items } = await admin.admin<List<AuditEvent>>('GET', `/audit?target=${id}`);
    expect(items[0]).to.deep.include({ action: 'user.erased', before: null, after: null });
    expect(items.map(({ target }) => target.name)).to.deep.equal(items.map(() => pseudonym(id)));
    const byName = await admin.admin<List<AuditEvent>>('GET', `/audit?target=${pseudonym(id)}`);
    expect(byName.items).to.have.length(items.length);
    await admin.writesNothing(async () => expect(await admin.erase(id)).to.deep.equal(erased));
  });

  it('frees the name: pushed again it is somebody else, and the pseudonym is taken', async () => {
    const id = await admin.user('again@x.io', { externalId: 'again' });
    await admin.scim('DELETE', `/Users/${id}`);
    await admin.erase(id);
    const anew = await admin.user('again@x.io', { externalId: 'again' });
    expect(anew).not.to.equal(id);
    expect((await admin.scim('POST', '/Users', { userName: pseudonym(id) })).status).to.equal(409);
    expect((await admin.admin<Shown>('GET', `/users/${id}`)).userName).to.equal(pseudonym(id));
    // What is written of the new one is not touched when the old one is erased again.
    await admin.erase(id);
    expect(await admin.admin('GET', `/users/${anew}`)).to.include({ userName: 'again@x.io' });
  });

  it('is for good: nothing can be given to, changed of, or sent to who was erased', async () => {
    const { invited } = await admin.admin<{ invited: { id: string; userId: string }[] }>(
      'POST',
      '/invitations',
      { emails: 'expired@x.io' },
    );
    const [{ id: invitation, userId: id }] = invited as [{ id: string; userId: string }];
    await app.core.db.raw("update invitations set expires_at = now() - interval '1 s' where id = ?", [
      invitation,
    ]);
    await admin.erase(id);
    const calls = [
      ['POST', `/users/${id}/reinvite`],
      ['POST', `/invitations/${invitation}/resend`],
      ['POST', `/users/${id}/deactivate`],
      ['PATCH', `/users/${id}`, { title: 'x' }],
      ['PUT', `/users/${id}/projects/mobile`, { role: 'tester' }],
      ['POST', '/users/account-role', { ids: [id], accountRole: 'admin' }],
    ] as const;
    for (const [method, path, body] of calls)
      expect((await admin.refused(method, path, body)).detail, path).to.contain('was erased');
    const listed = await admin.admin<List<{ id: string; email: string; status: string }>>(
      'GET',
      '/invitations',
    );
    expect(listed.items.find((one) => one.id === invitation)).to.include({
      email: pseudonym(id),
      status: 'expired',
    });
  });

  describe('is refused, saying what to do first,', () => {
    it('of an active user whom an identity provider manages', async () => {
      const id = await admin.user('active@x.io');
      const { detail } = await admin.refused('POST', `/users/${id}/erase`);
      expect(detail).to.contain('Remove the assignment at the identity provider first');
      await admin.scim('PATCH', `/Users/${id}`, {
        Operations: [{ op: 'replace', path: 'active', value: false }],
      });
      await admin.erase(id);
      expect((await admin.scim('GET', `/Users/${id}`)).status).to.equal(404);
    });

    it('of an active user who is managed here', async () => {
      const id = await admin.joined('joined@x.io');
      expect((await admin.refused('POST', `/users/${id}/erase`)).detail).to.contain('Deactivate or remove');
      await admin.admin('POST', `/users/${id}/deactivate`);
      expect((await admin.erase(id)).userName).to.equal(pseudonym(id));
    });

    it('of an invited one', async () => {
      const { invited } = await admin.admin<{ invited: { id: string; userId: string }[] }>(
        'POST',
        '/invitations',
        { emails: 'pending@x.io' },
      );
      const [{ id: invitation, userId: id }] = invited as [{ id: string; userId: string }];
      expect((await admin.refused('POST', `/users/${id}/erase`)).detail).to.contain('Revoke the invitation');
      await admin.admin('POST', '/invitations/revoke', { ids: [invitation] });
      expect((await admin.erase(id)).userName).to.equal(pseudonym(id));
    });

    it('of nobody here', async () => {
      await admin.refused('POST', '/users/00000000-0000-4000-8000-000000000000/erase', undefined, 404);
      await admin.refused('POST', '/users/nobody/erase', undefined, 404);
      const operator = { token: app.tokens.operator, headers: { 'X-Workspace': 'default' } };
      await app.request('POST', '/api/v1/workspaces', { ...operator, body: { key: 'other', name: 'Other' } });
      const id = await admin.user('ours@x.io', { active: false });
      const { status } = await app.request('POST', `/api/v1/users/${id}/erase`, {
        ...operator,
        headers: { 'X-Workspace': 'other' },
      });
      expect(status).to.equal(404);
      expect((await admin.admin<Shown>('GET', `/users/${id}`)).userName).to.equal('ours@x.io');
    });
  });

  it('removes who was only deactivated, and tells it under the pseudonym', async () => {
    const id = await admin.user('idle@x.io');
    const group = await admin.group('Idle', id);
    await admin.admin('POST', '/machines', { user: id, name: 'Idle box', fingerprint: 'idle-box' });
    await admin.admin('POST', '/machines', { user: id, name: 'Idle box 2', fingerprint: 'idle-box-2' });
    await admin.admin('POST', `/users/${id}/deactivate`);
    await admin.erase(id);
    const { items } = await admin.admin<List<AuditEvent>>('GET', `/audit?target=${id}`);
    const told = items.map(({ action }) => action);
    expect(told.slice(0, 6)).to.have.members(
      ['user.erased', 'group.member_removed', 'machine.removed', 'machine.removed'].concat([
        'user.removed',
        'user.deactivated',
      ]),
    );
    const left = items.find(({ action }) => action === 'group.member_removed')!;
    expect(left).to.deep.include({ before: { userName: pseudonym(id) } });
    expect(left.target).to.deep.equal({ kind: 'group', id: group, name: 'Idle' });
    const { body } = await admin.scim('GET', `/Groups/${group}`);
    expect(body.members ?? []).to.deep.equal([]);
    expect(await placesOf(app.core.db, ['idle@x.io', 'idle-box'])).to.deep.equal([]);
  });

  it('sends no mail that waits still, and keeps no word of one that fails late', async () => {
    const quiet = await startApp({ jobs: null });
    try {
      const people = erasingIn(quiet);
      const { invited } = await people.admin<{ invited: { id: string; userId: string }[] }>(
        'POST',
        '/invitations',
        { emails: 'mailed@x.io, late@x.io' },
      );
      const jobs = await fetchMailJobs(jobQueue(quiet.core));
      const jobOf = (at: number) => jobs.find(({ data }) => data.invitationId === invited[at]!.id)!;
      expect(await beginDelivery(quiet.core, jobOf(1))).to.include({ to: 'late@x.io' });
      expect(await handOver(quiet.core, jobOf(1))).to.equal(true);
      await people.admin('POST', '/invitations/revoke', { ids: invited.map(({ id }) => id) });
      for (const { userId } of invited) await people.erase(userId);
      expect(await beginDelivery(quiet.core, jobOf(0))).to.equal(undefined);
      const reason = 'The mail server says: 550 late@x.io is not known here.';
      await deliveryFailed(quiet.core, jobOf(1), { reason, isFinal: true }, 1);
      expect(await placesOf(quiet.core.db, ['mailed@x.io', 'late@x.io'])).to.deep.equal([]);
    } finally {
      await quiet.stop();
    }
  });
});
