import { expect } from 'chai';
import { parse } from 'csv-parse/sync';
import { placesOf } from '../support/everything.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { beginDelivery, deliveryFailed, handOver } from '../../src/core/invitations/delivery.ts';
import { takeJobs } from '../../src/store/jobs.ts';
import { managedBy } from './managed.ts';
import type { List } from './people.ts';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const ROLLCALL = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User';

interface Shown {
  readonly id: string;
  readonly userName: string;
  readonly fullName: string;
  readonly email: string | null;
  readonly externalId: string | null;
  readonly status: string;
  readonly erasedAt: string | null;
  readonly removedAt: string | null;
}

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
  let admin: ReturnType<typeof managedBy>;

  before(async () => {
    app = await startApp({ jobs: { sealEveryMs: 20 } });
    admin = managedBy(app);
    await admin.admin('POST', '/projects', { key: 'mobile', name: 'Mobile' });
  });
  after(() => app.stop());

  const scim = (method: string, path: string, body?: object) =>
    app.request(method, `/scim/v2${path}`, {
      token: app.tokens.scim,
      ...(body === undefined ? {} : { body }),
    });
  const erase = (id: string) => admin.admin<Shown>('POST', `/users/${id}/erase`);
  const pseudonym = (id: string) => `erased-${id.slice(-12)}`;
  const file = async (name: string) => {
    const { body } = await admin.call<string>('GET', `/exports/${name}`);
    return parse<Record<string, string>>(body, { columns: true });
  };

  it('leaves nothing of them in any column of any table', async () => {
    const NAMES = [
      'zyxquibble',
      'Wörthelmína',
      'Quackenbush-Zzyzx',
      'ext-77-plugh-xyzzy',
      '+99 555 0177 42',
      'fingerprint-of-plover',
      'Laptop-of-plover',
      'Rue de la Zymurgie',
      'oldname-frobozz',
      'Mr Zork-Flathead',
    ];
    const [user, given, family, external, phone, fingerprint, machine, street, old, noted] = NAMES as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const address = `${user}@plugh.example`;
    const profile = {
      externalId: external,
      displayName: `${given} ${family}`,
      name: { givenName: given, familyName: family, formatted: `Dr ${given} ${family}` },
      emails: [{ value: address, primary: true }, { value: `${old}@plugh.example` }],
      phoneNumbers: [{ value: phone, type: 'work' }],
      addresses: [{ streetAddress: street, type: 'work' }],
      [ENTERPRISE]: { employeeNumber: `${external}-e`, department: 'QA' },
      [ROLLCALL]: { startDate: '2019-07-23' },
      roles: [{ value: `role of ${family}` }, { value: 'mobile:tester' }],
    };
    // Invited first, mailed, joined; then an identity provider takes the record over, renames and changes it.
    const invited = await admin.admin<{ invited: { id: string; userId: string }[] }>('POST', '/invitations', {
      emails: `"${given} ${family}" <${old}@plugh.example>`,
      projects: [{ project: 'mobile', role: 'tester' }],
    });
    const { id: invitation, userId: id } = invited.invited[0]!;
    await admin.admin('POST', `/invitations/${invitation}/resend`);
    const { link } = await admin.admin<{ link: string }>('GET', `/invitations/${invitation}/link`);
    const joined = await fetch(link, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ name: `${given} ${family}` }),
    });
    expect(joined.status).to.equal(200);
    await admin.admin('POST', '/machines', { user: id, name: machine, fingerprint });
    await admin.admin('POST', '/machines', { user: id, name: `${machine} 2`, fingerprint });
    await admin.admin('POST', '/last-access', { users: [{ user: `${old}@plugh.example`, at: new Date() }] });
    expect((await scim('POST', '/Users', { userName: `${old}@plugh.example`, ...profile })).status).to.equal(
      201,
    );
    expect((await scim('PUT', `/Users/${id}`, { userName: address, ...profile })).status).to.equal(200);
    await scim('POST', '/Users', { userName: address, ...profile });
    await scim('GET', `/Users?filter=${encodeURIComponent(`userName eq "${address}"`)}`);
    await scim('GET', `/Users?filter=${encodeURIComponent(`displayName eq "${given} ${family}"`)}`);
    await scim('POST', '/Users/.search', { filter: `externalId eq "${external}" and active eq true` });
    await scim('GET', `/Users/${address}`);
    const group = await admin.group('Testers', id);
    await scim('PATCH', `/Groups/${group}`, {
      Operations: [{ op: 'remove', path: `members[value eq "${id}"]` }],
    });
    await scim('PATCH', `/Groups/${group}`, {
      Operations: [{ op: 'add', path: 'members', value: [{ value: id, display: `${given} ${family}` }] }],
    });
    await scim('POST', '/Bulk', {
      Operations: [
        {
          method: 'PATCH',
          path: `/Users/${id}`,
          data: { Operations: [{ op: 'replace', path: 'title', value: `Friend of ${family}` }] },
        },
        { method: 'POST', path: '/Users', bulkId: 'b', data: { userName: address, externalId: external } },
      ],
    });
    const review = await admin.admin<{ id: string }>('POST', '/reviews', {
      name: 'Autumn',
      scope: { kind: 'project', key: 'mobile' },
      dueAt: new Date(Date.now() + 86_400_000).toISOString(),
    });
    await admin.admin('PUT', `/reviews/${review.id}/rows/1`, {
      decision: 'keep',
      note: `Asked ${noted}`,
      reviewer: 'Ann',
    });
    await scim('PATCH', `/Users/${id}`, { Operations: [{ op: 'replace', path: 'active', value: false }] });
    await app.provisioningLog.flush();
    await sealedAll();
    const texts = [...NAMES, given.toUpperCase(), '2019-07-23', `role of ${family}`];
    const before = await placesOf(app.core.db, texts);
    // Of each something was there, and in more places than are listed in any one's head.
    for (const text of texts.filter((one) => one !== given.toUpperCase()))
      expect(
        before.some((place) => place.endsWith(`: ${text}`)),
        text,
      ).to.equal(true);
    for (const table of [
      'users',
      'users_history',
      'invitations',
      'machines',
      'audit_events',
      'provisioning_requests',
    ])
      expect(
        before.some((place) => place.startsWith(`public.${table}.`)),
        table,
      ).to.equal(true);

    await erase(id);
    await app.provisioningLog.flush();
    expect(await placesOf(app.core.db, texts)).to.deep.equal([]);
    const row = await admin.admin('GET', `/reviews/${review.id}/rows/1`);
    expect(row).to.deep.include({ decision: 'keep', note: null });
    const { items: decided } = await admin.admin<List<object>>('GET', '/audit?action=review.row_decided');
    expect(decided[0]).to.deep.include({ related: id, after: { row: 1, decision: 'keep' } });
    expect(decided[0]).to.have.nested.property('target.name', 'Autumn');
    const verified = await sealedAll();
    expect(verified).to.include({ ok: true });
    expect(await placesOf(app.core.db, texts)).to.deep.equal([]);
  });

  /** Waits until everything is sealed, and answers what verifying says. */
  async function sealedAll() {
    for (;;) {
      const verified = await admin.admin<{ ok: boolean; events: number; sealed: number }>(
        'GET',
        '/audit/verify',
      );
      if (!verified.ok || verified.events === verified.sealed) return verified;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('leaves a removed record under a pseudonym, which SCIM does not show', async () => {
    const id = await admin.user('leaver@x.io', { externalId: 'e-1', displayName: 'Lee Ver' });
    await scim('DELETE', `/Users/${id}`);
    const erased = await erase(id);
    expect(erased).to.include({ id, userName: pseudonym(id), fullName: pseudonym(id), status: 'inactive' });
    expect(erased).to.include({ email: null, externalId: null });
    expect(erased.erasedAt).to.be.a('string');
    expect(await admin.admin('GET', `/users/${id}`)).to.deep.equal(erased);
    for (const [method, body] of [['GET'], ['PUT', { userName: 'leaver@x.io' }], ['DELETE']] as const)
      expect((await scim(method, `/Users/${id}`, body)).status, method).to.equal(404);
    const { body } = await scim('GET', '/Users?filter=userName%20co%20%22erased%22');
    expect(body.totalResults).to.equal(0);
  });

  it('is one event that tells of nobody, and none the second time', async () => {
    const id = await admin.user('twice@x.io');
    await scim('DELETE', `/Users/${id}`);
    const erased = await erase(id);
    const { items } = await admin.admin<List<AuditEvent>>('GET', `/audit?target=${id}`);
    expect(items[0]).to.deep.include({ action: 'user.erased', before: null, after: null });
    expect(items.map(({ target }) => target.name)).to.deep.equal(items.map(() => pseudonym(id)));
    const byName = await admin.admin<List<AuditEvent>>('GET', `/audit?target=${pseudonym(id)}`);
    expect(byName.items).to.have.length(items.length);
    await admin.writesNothing(async () => expect(await erase(id)).to.deep.equal(erased));
  });

  it('frees the name: pushed again it is somebody else, and the pseudonym is taken', async () => {
    const id = await admin.user('again@x.io', { externalId: 'again' });
    await scim('DELETE', `/Users/${id}`);
    await erase(id);
    const anew = await admin.user('again@x.io', { externalId: 'again' });
    expect(anew).not.to.equal(id);
    expect((await scim('POST', '/Users', { userName: pseudonym(id) })).status).to.equal(409);
    expect((await admin.admin<Shown>('GET', `/users/${id}`)).userName).to.equal(pseudonym(id));
    // What is written of the new one is not touched when the old one is erased again.
    await erase(id);
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
    await erase(id);
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
      expect(detail).to.contain('Take the assignment away at the identity provider first');
      await scim('PATCH', `/Users/${id}`, { Operations: [{ op: 'replace', path: 'active', value: false }] });
      await erase(id);
      expect((await scim('GET', `/Users/${id}`)).status).to.equal(404);
    });

    it('of an active user who is managed here', async () => {
      const id = await admin.joined('joined@x.io');
      expect((await admin.refused('POST', `/users/${id}/erase`)).detail).to.contain('Deactivate or remove');
      await admin.admin('POST', `/users/${id}/deactivate`);
      expect((await erase(id)).userName).to.equal(pseudonym(id));
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
      expect((await erase(id)).userName).to.equal(pseudonym(id));
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
    await erase(id);
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
    const { body } = await scim('GET', `/Groups/${group}`);
    expect(body.members ?? []).to.deep.equal([]);
    expect(await placesOf(app.core.db, ['idle@x.io', 'idle-box'])).to.deep.equal([]);
  });

  it('leaves every list as it was, but for names', async () => {
    const from = new Date().toISOString();
    const [id, other] = [
      await admin.user('listed@x.io', {
        displayName: 'Lis Ted',
        externalId: 'e-listed',
        emails: [{ value: 'listed@y.io', primary: true }],
        roles: admin.elements(['mobile:tester', 'nothing:here']),
      }),
      await admin.user('beside@x.io', { roles: admin.elements(['mobile:viewer']) }),
    ];
    await admin.group('Listed', id, other);
    const { body } = await scim('GET', '/Groups?filter=displayName%20eq%20%22Listed%22');
    const [{ id: group }] = body.Resources as [{ id: string }];
    await admin.admin('PUT', `/groups/${group}/grants`, { grants: [{ accountRole: 'admin' }] });
    const asOf = new Date(Date.now() + 5).toISOString();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await scim('DELETE', `/Users/${id}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await app.provisioningLog.flush();
    const to = new Date().toISOString();
    const files = [
      'users.csv',
      `users.csv?asOf=${asOf}`,
      `access.csv?asOf=${asOf}`,
      `access-changes.csv?from=${from}&to=${to}`,
      `leavers.csv?from=${from}&to=${to}`,
      `joiners.csv?from=${from}&to=${to}`,
    ];
    const read = async () => {
      const lists: Record<string, unknown> = {};
      for (const name of files) lists[name] = (await file(name)).map(nameless).sort(byText);
      return lists;
    };
    const nameless = (line: Record<string, string>) => ({
      ...line,
      ...(Object.values(line).some((cell) => /listed@x|erased-/.test(cell))
        ? { user_name: '', email: '', full_name: '', external_id: '' }
        : {}),
    });
    const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
    const before = await read();
    for (const name of files)
      expect(JSON.stringify(before[name]), name).to.contain(name === 'x' ? '' : 'mobile');
    await erase(id);
    const after = await read();
    for (const name of files) expect(after[name], name).to.deep.equal(before[name]);
  });

  it('leaves the requests of others as they were, and of the person only that there were some', async () => {
    // As Entra ID names people.
    const object = 'c0ffee00-1234-4abc-9def-0123456789ab';
    const id = await admin.user('logged@x.io', { externalId: object });
    await scim('GET', `/Users?filter=${encodeURIComponent(`externalId eq "${object.toUpperCase()}"`)}`);
    await scim('GET', `/Users?filter=${encodeURIComponent('userName eq "LOGGED@x.io')}`);
    const beside = await admin.user('logged-beside@x.io', { externalId: 'logged-beside' });
    await scim('GET', `/Users?filter=${encodeURIComponent('userName eq "LOGGED@x.io"')}`);
    await scim('DELETE', `/Users/${id}`);
    await app.provisioningLog.flush();
    await erase(id);
    // What is asked of the id afterwards tells of nobody either.
    await scim('PUT', `/Users/${id}`, { userName: 'logged@x.io' });
    await app.provisioningLog.flush();
    interface Logged {
      readonly method: string;
      readonly status: number;
      readonly body: unknown;
      readonly query: unknown;
      readonly detail: unknown;
    }
    const of = async (user: string) =>
      (await admin.admin<List<Logged>>('GET', `/scim-requests?user=${user}`)).items;
    const own = await of(id);
    expect(own.map(({ method, status }) => `${method} ${status}`)).to.deep.equal([
      'PUT 404',
      'DELETE 204',
      'POST 201',
    ]);
    for (const { body, query, detail } of own)
      expect({ body, query, detail }).to.deep.equal({ body: null, query: null, detail: null });
    expect(JSON.stringify(await of(beside))).to.contain('logged-beside@x.io');
    expect(await placesOf(app.core.db, ['logged@x.io', object])).to.deep.equal([]);
  });

  it('sends no mail that waits still, and keeps no word of one that fails late', async () => {
    const quiet = await startApp({ jobs: null });
    try {
      const people = managedBy(quiet);
      const { invited } = await people.admin<{ invited: { id: string; userId: string }[] }>(
        'POST',
        '/invitations',
        { emails: 'mailed@x.io, late@x.io' },
      );
      const jobs = await takeJobs(quiet.core.db, 'invitation-mail', 10, 30);
      const jobOf = (at: number) => jobs.find(({ data }) => data.invitationId === invited[at]!.id)!;
      expect(await beginDelivery(quiet.core, jobOf(1))).to.include({ to: 'late@x.io' });
      expect(await handOver(quiet.core, jobOf(1))).to.equal(true);
      await people.admin('POST', '/invitations/revoke', { ids: invited.map(({ id }) => id) });
      for (const { userId } of invited) await people.admin('POST', `/users/${userId}/erase`);
      expect(await beginDelivery(quiet.core, jobOf(0))).to.equal(undefined);
      const reason = 'The mail server says: 550 late@x.io is not known here.';
      await deliveryFailed(quiet.core, jobOf(1), { reason, isFinal: true }, 1);
      expect(await placesOf(quiet.core.db, ['mailed@x.io', 'late@x.io'])).to.deep.equal([]);
    } finally {
      await quiet.stop();
    }
  });
});
