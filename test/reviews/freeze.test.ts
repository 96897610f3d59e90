import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import { inAWeek, type Review, reviewingIn } from './reviewing.ts';

describe('opening an access review', () => {
  let app: TestApp;
  let we: ReturnType<typeof reviewingIn>;
  let ada: string;
  let group: string;

  before(async () => {
    app = await startApp({ jobs: null });
    we = reviewingIn(app);
    await we.admin('POST', '/projects', { key: 'mobile', name: 'Mobile app' });
    await we.admin('POST', '/projects', { key: 'web', name: 'Web shop' });
    ada = await we.user('ada', {
      displayName: 'Ada Lovelace',
      emails: we.elements(['ada@x.io']),
      entitlements: we.elements(['testsigma:pro']),
    });
    const bob = await we.user('bob@x.io', { roles: we.elements(['admin']) });
    await we.user('gone@x.io', { active: false, roles: we.elements(['mobile:tester']) });
    await we.admin('PUT', `/users/${bob}/projects/web`, { role: 'manager' });
    await we.admin('PUT', `/users/${ada}/products/test-management`, {});
    group = await we.group('testers', ada, bob);
    await we.admin('PUT', `/groups/${group}/grants`, {
      grants: [{ project: 'mobile', role: 'tester' }, { product: 'testsigma' }],
    });
  });
  after(() => app.stop());

  it('writes the rows of access.csv at that moment down, in their order', async () => {
    const review = await we.open({ name: '  Third quarter ' });
    expect(review).to.include({ name: 'Third quarter', status: 'open', rows: 8, left: 8, overdue: false });
    expect(review.scope).to.include({ kind: 'workspace', key: 'default' });
    const access = await we.csv(`/exports/access.csv?asOf=${review.openedAt}`);
    const rows = await we.csv(`/reviews/${review.id}/report.csv`);
    const columns = [
      'user_id',
      'user_name',
      'email',
      'kind',
      'target',
      'level',
      'via',
      'granted_at',
      'granted_by',
    ];
    const picked = (of: Record<string, string>[]) => of.map((one) => columns.map((column) => one[column]));
    expect(picked(rows)).to.deep.equal(picked(access));
    expect(rows.map((one) => one.row)).to.deep.equal(['1', '2', '3', '4', '5', '6', '7', '8']);
  });

  it('is one event with what was asked and the count', async () => {
    const dueAt = inAWeek();
    const review = await we.open({ name: 'Mobile', scope: { kind: 'project', key: 'MOBILE' }, dueAt });
    const events = await we.events(`target=${review.id}`);
    expect(events.map((one) => one.action)).to.deep.equal(['review.opened']);
    expect(events[0]!.after).to.deep.equal({ scope: { kind: 'project', key: 'mobile' }, dueAt, rows: 2 });
    expect(review.scope).to.deep.equal({ kind: 'project', key: 'mobile', name: 'Mobile app' });
    expect(review.openedBy).to.equal(events[0]!.actor.name);
  });

  it('is of one product or project, as its scope says', async () => {
    const ofProject = await we.open({ scope: { kind: 'project', key: 'web' } });
    expect(
      (await we.rows(ofProject.id)).map((one) => [one.user.userName, one.target, one.level]),
    ).to.deep.equal([['bob@x.io', 'web', 'manager']]);
    const ofProduct = await we.open({ scope: { kind: 'product', key: 'testsigma' } });
    expect(
      (await we.rows(ofProduct.id)).map((one) => [one.user.userName, one.level, one.via.type]),
    ).to.deep.equal([
      ['ada', 'pro', 'direct'],
      ['ada', 'standard', 'group'],
      ['bob@x.io', 'standard', 'group'],
    ]);
  });

  it('leaves out the project roles of a billing manager, also of one project', async () => {
    const eve = await we.user('eve@x.io');
    const members = await we.group('eves', eve);
    await we.admin('PUT', `/groups/${members}/grants`, { grants: [{ project: 'web', role: 'viewer' }] });
    await we.admin('PATCH', `/users/${eve}`, { accountRole: 'billing_manager' });
    const { id } = await we.open({ scope: { kind: 'project', key: 'web' } });
    expect((await we.rows(id)).map((one) => one.user.userName)).to.deep.equal(['bob@x.io']);
    await we.admin('POST', '/users/remove', { ids: [eve] });
  });

  it('is frozen: what changes later changes no row, and is shown beside it', async () => {
    const { id } = await we.open();
    const before = await we.rows(id);
    expect(before.some((one) => one.ended)).to.equal(false);

    await we.admin('DELETE', `/users/${ada}/products/test-management`);
    await we.admin('PATCH', '/projects/mobile', { key: 'phones', name: 'Phones' });
    await app.request('PATCH', `/scim/v2/Users/${ada}`, {
      token: app.tokens.scim,
      body: {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [
          { op: 'replace', path: 'userName', value: 'ada.king' },
          { op: 'replace', path: 'displayName', value: 'Ada King' },
        ],
      },
    });
    await app.request('PATCH', `/scim/v2/Groups/${group}`, {
      token: app.tokens.scim,
      body: {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [
          { op: 'replace', path: 'displayName', value: 'qa' },
          { op: 'remove', path: `members[value eq "${ada}"]` },
        ],
      },
    });
    const late = await we.user('late@x.io', { roles: we.elements(['web:viewer']) });

    const after = await we.rows(id);
    expect(after.map((one) => ({ ...one, ended: false }))).to.deep.equal(before);
    expect(
      after.filter((one) => one.ended).map((one) => [one.user.userName, one.kind, one.level]),
    ).to.deep.equal([
      ['ada', 'entitlement', 'standard'],
      ['ada', 'entitlement', 'standard'],
      ['ada', 'project_role', 'tester'],
    ]);
    expect((await we.review(id)).rows).to.equal(before.length);

    const next = await we.rows((await we.open()).id);
    expect(next.map((one) => one.user.userName)).to.include.members(['ada.king', 'late@x.io']);
    await we.admin('POST', '/users/remove', { ids: [late] });
    await we.admin('PATCH', '/projects/phones', { key: 'mobile', name: 'Mobile app' });
  });

  it('shows rows that have ended with their user, and takes them for had again when the user is back', async () => {
    const { id } = await we.open();
    const ended = async () => (await we.rows(id, `?user=${ada}`)).map((one) => one.ended).every((one) => one);
    await we.admin('POST', `/users/${ada}/deactivate`);
    expect(await ended()).to.equal(true);
    await app.request('PATCH', `/scim/v2/Users/${ada}`, {
      token: app.tokens.scim,
      body: {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [{ op: 'replace', path: 'active', value: true }],
      },
    });
    expect(await ended()).to.equal(false);
  });

  it('refuses what cannot be reviewed, saying which field', async () => {
    const cases: [object, string][] = [
      [{ dueAt: '2020-01-01T00:00:00Z' }, 'dueAt'],
      [{ dueAt: 'tomorrow' }, 'dueAt'],
      [{ name: '  ' }, 'name'],
      [{ name: 'x'.repeat(201) }, 'name'],
      [{ scope: { kind: 'project', key: 'nowhere' } }, 'scope.key'],
      [{ scope: { kind: 'project' } }, 'scope.key'],
      [{ scope: { kind: 'group', key: 'x' } }, 'scope.kind'],
      [{ unknown: 1 }, 'unknown'],
    ];
    for (const [more, field] of cases) {
      const { status, body } = await we.call('POST', '/reviews', { name: 'No', dueAt: inAWeek(), ...more });
      expect(status, field).to.equal(400);
      expect(body.errors?.map((one) => one.field)).to.deep.equal([field]);
    }
  });

  it('may find nothing, and is closed as any other', async () => {
    const { id, rows } = await we.open({ scope: { kind: 'project', key: 'mobile' } });
    await we.admin('POST', '/projects', { key: 'empty', name: 'Empty' });
    const empty = await we.open({ scope: { kind: 'project', key: 'empty' } });
    expect([empty.rows, rows > 0]).to.deep.equal([0, true]);
    expect((await we.close(empty.id)).status).to.equal('closed');
    await we.admin('POST', `/reviews/${id}/cancel`);
  });

  it('lists reviews, the newest first, by status, in pages', async () => {
    const all = await we.admin<{ items: Review[]; nextCursor: string | null }>('GET', '/reviews?limit=2');
    expect(all.items).to.have.lengthOf(2);
    const next = await we.admin<{ items: Review[] }>('GET', `/reviews?limit=500&cursor=${all.nextCursor!}`);
    const times = [...all.items, ...next.items].map((one) => one.openedAt);
    expect(times).to.deep.equal([...times].sort().reverse());
    const closed = await we.admin<{ items: Review[] }>('GET', '/reviews?status=closed,cancelled');
    expect(closed.items.map((one) => one.status).sort()).to.deep.equal(['cancelled', 'closed']);
    expect((await we.call('GET', '/reviews?status=ended')).status).to.equal(400);
    const found = await we.admin<{ items: Review[] }>('GET', '/reviews?search=third&sort=name');
    expect(found.items.map((one) => one.name)).to.deep.equal(['Third quarter']);
  });

  it('is overdue when its time has passed, and nothing happens by itself', async () => {
    const { id } = await we.open();
    await app.core.db.raw(`update reviews set due_at = now() - interval '1 second' where id = ?`, [id]);
    expect(await we.review(id)).to.include({ overdue: true, status: 'open' });
    await we.decideAll(id, {}, 'keep');
    expect(await we.close(id)).to.include({ overdue: false, status: 'closed' });
  });

  it('is unknown to another workspace: 404, whatever is asked', async () => {
    const { id } = await we.open();
    const operator = { token: app.tokens.operator };
    await app.request('POST', '/api/v1/workspaces', { ...operator, body: { key: 'other', name: 'Other' } });
    const headers = { 'X-Workspace': 'other' };
    const calls: [string, string, object?][] = [
      ['GET', ''],
      ['GET', '/rows'],
      ['GET', '/rows/1'],
      ['PUT', '/rows/1', { decision: 'keep' }],
      ['POST', '/decisions', { filter: {}, decision: 'keep' }],
      ['GET', '/tasks'],
      ['POST', '/close', { undecided: 'revoke' }],
      ['POST', '/cancel'],
      ['GET', '/report.csv'],
      ['GET', '/report.html'],
    ];
    for (const [method, path, body] of calls) {
      const asked = { ...operator, headers, ...(body ? { body } : {}) };
      const { status } = await app.request(method, `/api/v1/reviews/${id}${path}`, asked);
      expect(status, `${method} ${path}`).to.equal(404);
    }
    const listed = await app.request<{ items: unknown[] }>('GET', '/api/v1/reviews', {
      ...operator,
      headers,
    });
    expect(listed.body.items).to.deep.equal([]);
    expect(await we.review(id)).to.include({ status: 'open', decided: 0 });
  });

  it('is refused once reviews have written down a million rows within a day', async () => {
    const open = () =>
      app.request<{ detail: string }>('POST', '/api/v1/reviews', {
        token: app.tokens.admin,
        body: { name: 'One more', scope: { kind: 'workspace' }, dueAt: inAWeek() },
      });
    const { id } = await we.open({ name: 'The largest' });
    const write = (rows: number, hoursAgo: number) =>
      app.core.db.raw(
        `update reviews set row_count = ?, opened_at = opened_at - make_interval(hours => ?) where id = ?`,
        [rows, hoursAgo, id],
      );
    await write(999_000, 0);
    expect((await open()).status).to.equal(201);
    await write(1_000_000, 0);
    const refused = await open();
    expect(refused.status).to.equal(429);
    expect(refused.body.detail).to.include('1000000 are taken');
    expect(Number(refused.headers.get('retry-after'))).to.be.within(86_000, 86_400);
    await write(1_000_000, 25);
    expect((await open()).status).to.equal(201);
  });
});
