import { expect } from 'chai';
import { parse } from 'csv-parse/sync';
import { startApp, type TestApp } from '../support/app.ts';
import { placesOf } from '../support/everything.ts';
import { erasingIn } from './erasing.ts';
import type { List } from './people.ts';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const ROLLCALL = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User';

describe('erasing a person leaves', function () {
  this.timeout(30_000);
  let app: TestApp;
  let admin: ReturnType<typeof erasingIn>;

  before(async () => {
    app = await startApp({ jobs: { sealEveryMs: 20 } });
    admin = erasingIn(app);
    await admin.admin('POST', '/projects', { key: 'mobile', name: 'Mobile' });
  });
  after(() => app.stop());

  it('nothing of them in any column of any table', async () => {
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
    expect(
      (await admin.scim('POST', '/Users', { userName: `${old}@plugh.example`, ...profile })).status,
    ).to.equal(201);
    expect((await admin.scim('PUT', `/Users/${id}`, { userName: address, ...profile })).status).to.equal(200);
    await admin.scim('POST', '/Users', { userName: address, ...profile });
    await admin.scim('GET', `/Users?filter=${encodeURIComponent(`userName eq "${address}"`)}`);
    await admin.scim('GET', `/Users?filter=${encodeURIComponent(`displayName eq "${given} ${family}"`)}`);
    await admin.scim('POST', '/Users/.search', { filter: `externalId eq "${external}" and active eq true` });
    await admin.scim('GET', `/Users/${address}`);
    // As others write filters, by parts, and in ways that are refused: the rest of them is in test/hostile.
    for (const filter of [
      `userName eq ${address}`,
      `name.familyName eq '${family}'`,
      `phoneNumbers.value eq "${phone}"`,
      `name.familyName sw "${family.slice(0, 5)}"`,
      `displayName co "${given}"`,
      `displayName eq ${given} ${family}`,
      `displayName eq "${given}`,
    ])
      await admin.scim('GET', `/Users?filter=${encodeURIComponent(filter)}`);
    await admin.scim('POST', '/Users', { nickName: family, title: `role of ${family}` });
    const group = await admin.group('Testers', id);
    await admin.scim('PATCH', `/Groups/${group}`, {
      Operations: [{ op: 'remove', path: `members[value eq "${id}"]` }],
    });
    await admin.scim('PATCH', `/Groups/${group}`, {
      Operations: [{ op: 'add', path: 'members', value: [{ value: id, display: `${given} ${family}` }] }],
    });
    await admin.scim('POST', '/Bulk', {
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
    await admin.scim('PATCH', `/Users/${id}`, {
      Operations: [{ op: 'replace', path: 'active', value: false }],
    });
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

    await admin.erase(id);
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

  const file = async (name: string) => {
    const { body } = await admin.call<string>('GET', `/exports/${name}`);
    return parse<Record<string, string>>(body, { columns: true });
  };

  it('every list as it was, but for names', async () => {
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
    const { body } = await admin.scim('GET', '/Groups?filter=displayName%20eq%20%22Listed%22');
    const [{ id: group }] = body.Resources as [{ id: string }];
    await admin.admin('PUT', `/groups/${group}/grants`, { grants: [{ accountRole: 'admin' }] });
    const asOf = new Date(Date.now() + 5).toISOString();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await admin.scim('DELETE', `/Users/${id}`);
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
    for (const name of files) expect(JSON.stringify(before[name]), name).to.contain('mobile');
    await admin.erase(id);
    const after = await read();
    for (const name of files) expect(after[name], name).to.deep.equal(before[name]);
  });

  it('the requests of their manager, whose id stood in their record', async () => {
    const manager = await admin.user('manager@x.io');
    const id = await admin.user('managed@x.io', { [ENTERPRISE]: { manager: { value: manager } } });
    await admin.scim('PATCH', `/Users/${manager}`, {
      Operations: [{ op: 'replace', path: 'title', value: 'Head' }],
    });
    const group = await admin.group('Managers', manager);
    await admin.scim('DELETE', `/Users/${id}`);
    await app.provisioningLog.flush();
    const of = async (query: string) =>
      (await admin.admin<List<{ path: string; body: unknown }>>('GET', `/scim-requests?${query}`)).items
        .filter(({ body }) => body !== null && !JSON.stringify(body).includes('managed@'))
        .map(({ path, body }) => ({ path, body }));
    const before = [await of(`user=${manager}`), await of(`group=${group}`)];
    await admin.erase(id);
    expect([await of(`user=${manager}`), await of(`group=${group}`)]).to.deep.equal(before);
  });

  it('the requests of others as they were, and of the person only that there were some', async () => {
    // As Entra ID names people.
    const object = 'c0ffee00-1234-4abc-9def-0123456789ab';
    const id = await admin.user('logged@x.io', { externalId: object });
    await admin.scim('GET', `/Users?filter=${encodeURIComponent(`externalId eq "${object.toUpperCase()}"`)}`);
    await admin.scim('GET', `/Users?filter=${encodeURIComponent('userName eq "LOGGED@x.io')}`);
    const beside = await admin.user('logged-beside@x.io', { externalId: 'logged-beside' });
    await admin.scim('GET', `/Users?filter=${encodeURIComponent('userName eq "LOGGED@x.io"')}`);
    await admin.scim('DELETE', `/Users/${id}`);
    await app.provisioningLog.flush();
    await admin.erase(id);
    // What is asked of the id afterwards tells of nobody either.
    await admin.scim('PUT', `/Users/${id}`, { userName: 'logged@x.io' });
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
});
