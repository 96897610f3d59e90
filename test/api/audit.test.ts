import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';

interface Event {
  readonly id: string;
  readonly at: string;
  readonly actor: {
    readonly kind: string;
    readonly id: string | null;
    readonly name: string;
    readonly scope: string | null;
  };
  readonly requestId: string;
  readonly action: string;
  readonly target: { readonly kind: string; readonly id: string; readonly name: string | null };
  readonly before: unknown;
  readonly after: unknown;
}

interface List {
  readonly items: readonly Event[];
  readonly nextCursor: string | null;
}

describe('audit', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  const audit = async (query = '') =>
    (await app.request<List>('GET', `/api/v1/audit${query}`, { token: app.tokens.admin })).body;
  const change = (method: string, path: string, body?: object, requestId = 'the-request') =>
    app.request(method, `/api/v1${path}`, {
      token: app.tokens.admin,
      body,
      headers: { 'X-Request-Id': requestId },
    });

  it('has the event of every change, with who, when, before and after', async () => {
    const begun = Date.now();
    await change('POST', '/projects', { key: 'told', name: 'Told' });
    await change('PATCH', '/projects/told', { name: 'Told again' }, 'second');
    await change('DELETE', '/projects/told');
    const { items } = await audit('?target=told');
    expect(items.map(({ action, before, after }) => ({ action, before, after }))).to.deep.equal([
      {
        action: 'project.deleted',
        before: { key: 'told', name: 'Told again', organization: null },
        after: null,
      },
      { action: 'project.updated', before: { name: 'Told' }, after: { name: 'Told again' } },
      { action: 'project.created', before: null, after: { key: 'told', name: 'Told', organization: null } },
    ]);
    expect(items[1]?.actor).to.include({ kind: 'token', name: 'first admin token', scope: 'admin' });
    expect(items[1]?.requestId).to.equal('second');
    expect(Date.parse(items[1]?.at ?? '')).to.be.within(begun - 1000, Date.now() + 1000);
    expect(items[1]?.target).to.include({ kind: 'project', name: 'told' });
  });

  it('tells who set the workspace up', async () => {
    const { items } = await audit('?actor=first%20start');
    expect(items.map((event) => event.action)).to.have.members([
      'workspace.created',
      'token.issued',
      'token.issued',
      'token.issued',
    ]);
  });

  it('is filtered by action and time, from inclusive, to exclusive', async () => {
    await change('PUT', '/roles/told', { rank: 77 });
    const [event] = (await audit('?action=role.created')).items;
    const at = encodeURIComponent(event?.at ?? '');
    expect((await audit(`?from=${at}`)).items.map((one) => one.id)).to.include(event?.id);
    expect((await audit(`?to=${at}`)).items.map((one) => one.id)).not.to.include(event?.id);
    const wrong = await app.request('GET', '/api/v1/audit?from=yesterday', { token: app.tokens.admin });
    expect(wrong.status).to.equal(400);
  });

  it('walks page by page exactly once', async () => {
    for (let index = 0; index < 12; index++)
      await change('PUT', '/roles/viewer', { name: `Viewer ${index}` });
    const all = (await audit('?limit=500')).items.map((event) => event.id);
    const seen: string[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const page: List = await audit(`?limit=4${cursor ? `&cursor=${cursor}` : ''}`);
      seen.push(...page.items.map((event) => event.id));
      cursor = page.nextCursor;
    }
    expect(seen).to.deep.equal(all);
  });

  it('has nothing of a change that was refused', async () => {
    const before = (await audit('?limit=500')).items.length;
    await change('POST', '/projects', { key: 'a b', name: 'Wrong' });
    await change('PUT', '/roles/viewer', { key: 'tester' });
    await change('DELETE', '/projects/none');
    expect((await audit('?limit=500')).items.length).to.equal(before);
  });
});
