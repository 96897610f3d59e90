import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import { type List, peopleOf } from './people.ts';

interface Item {
  readonly id: string;
  readonly userName: string;
  readonly projects: readonly { readonly project: string; readonly role: string }[];
}

describe('GET /users', () => {
  let app: TestApp;
  let people: ReturnType<typeof peopleOf>;
  let ann: string;

  before(async () => {
    app = await startApp();
    people = peopleOf(app);
    await people.admin('POST', '/organizations', { key: 'emea', name: 'EMEA' });
    await people.admin('POST', '/projects', { key: 'mobile', name: 'Mobile' });
    ann = await people.user('ann@example.com', {
      displayName: 'Ann Ant',
      title: 'Engineer',
      externalId: 'x-1',
      emails: [{ value: 'ann@example.com', type: 'work', primary: true }],
      phoneNumbers: [{ value: '+1 555', type: 'work' }],
      photos: [{ value: 'https://pictures.example.com/ann', type: 'photo' }],
      roles: people.elements(['mobile:viewer', 'nonsense']),
      entitlements: people.elements(['testsigma:pro']),
      'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User': {
        organization: 'emea',
        startDate: '2030-02-01',
      },
    });
    await people.user('bob@example.com', { displayName: 'Bob', active: false });
    await people.user('cid', { displayName: 'Cid' });
    const group = await people.group('Testers', ann);
    await people.admin('PUT', `/groups/${group}/grants`, { grants: [{ project: 'mobile', role: 'tester' }] });
  });
  after(() => app.stop());

  const names = async (query: string) =>
    (await people.admin<List<Item>>('GET', `/users?${query}`)).items.map((item) => item.userName);

  it('lists the directory', async () => {
    const { items, nextCursor } = await people.admin<List<Record<string, unknown>>>('GET', '/users');
    expect(nextCursor).to.equal(null);
    const { joinedAt, ...item } = items[0]!;
    expect(joinedAt).to.match(/Z$/);
    expect(item).to.deep.equal({
      id: ann,
      userName: 'ann@example.com',
      fullName: 'Ann Ant',
      email: 'ann@example.com',
      picture: 'https://pictures.example.com/ann',
      status: 'active',
      accountRole: 'member',
      organization: 'emea',
      licenses: ['testsigma:pro'],
      projects: [{ project: 'mobile', role: 'tester' }],
      lastAccessAt: null,
      source: 'scim',
      managedBy: 'idp',
    });
  });

  it('filters, searches and sorts', async () => {
    expect(await names('status=active')).to.deep.equal(['ann@example.com', 'cid']);
    expect(await names('status=pending,inactive')).to.deep.equal(['bob@example.com']);
    expect(await names('organization=EMEA')).to.deep.equal(['ann@example.com']);
    expect(await names('product=testsigma')).to.deep.equal(['ann@example.com']);
    expect(await names('project=mobile&status=inactive')).to.deep.equal([]);
    expect(await names('search=EXAMPLE.com')).to.deep.equal(['ann@example.com', 'bob@example.com']);
    expect(await names('sort=-name')).to.deep.equal(['cid', 'bob@example.com', 'ann@example.com']);
    expect(await names('sort=status')).to.deep.equal(['ann@example.com', 'cid', 'bob@example.com']);
  });

  it('is walked by cursors, each for its own order', async () => {
    const seen: string[] = [];
    let cursor = '';
    for (;;) {
      const page = await people.admin<List<Item>>('GET', `/users?limit=1&sort=-email${cursor}`);
      seen.push(...page.items.map((item) => item.userName));
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(seen).to.deep.equal(['bob@example.com', 'ann@example.com', 'cid']);
    const { status, body } = await people.call('GET', `/users?sort=name${cursor}`);
    expect([status, body.errors![0]!.field]).to.deep.equal([400, 'cursor']);
    const forged = Buffer.from(JSON.stringify({ sort: 'joined', value: 'x', id: ann })).toString('base64url');
    expect((await people.call('GET', `/users?sort=joined&cursor=${forged}`)).status).to.equal(400);
  });

  it('refuses what it does not know', async () => {
    for (const query of ['status=gone', 'sort=age', 'limit=0', 'limit=501', 'colour=red']) {
      expect((await people.call('GET', `/users?${query}`)).status, query).to.equal(400);
    }
  });

  it('shows one user whole', async () => {
    const detail = await people.admin('GET', `/users/${ann}`);
    expect(detail).to.deep.include({
      externalId: 'x-1',
      startDate: '2030-02-01',
      title: 'Engineer',
      emails: [{ value: 'ann@example.com', type: 'work', primary: true }],
      phoneNumbers: [{ value: '+1 555', type: 'work' }],
      addresses: [],
      pendingInvitation: null,
      removedAt: null,
      accountRole: 'member',
      licenses: ['testsigma:pro'],
    });
    expect(detail.groups).to.have.length(1);
    const access = detail.access as { projects: { role: string; via: { type: string }[] }[] };
    expect(access.projects[0]).to.deep.include({ role: 'tester' });
    expect(access.projects[0]!.via[0]).to.deep.include({ type: 'group', mapping: 'own' });
    expect(detail.conflicts).to.have.length(1);
    expect((detail.conflicts as object[])[0]).to.include({ code: 'unknown_role', value: 'nonsense' });
  });

  it('answers 404 for another id, and to another workspace', async () => {
    const other = await app.request<{ id: string }>('POST', '/api/v1/workspaces', {
      token: app.tokens.operator,
      body: { key: 'other', name: 'Other' },
    });
    expect(other.status).to.equal(201);
    const elsewhere = (path: string) =>
      app.request<List<Item>>('GET', `/api/v1${path}`, {
        token: app.tokens.operator,
        headers: { 'X-Workspace': 'other' },
      });
    expect((await elsewhere(`/users/${ann}`)).status).to.equal(404);
    expect((await elsewhere(`/access?user=${ann}`)).status).to.equal(404);
    for (const list of ['/users', '/groups', '/conflicts']) {
      expect((await elsewhere(list)).body.items, list).to.deep.equal([]);
    }
    expect((await people.call('GET', '/users/nobody')).status).to.equal(404);
  });
});
