import { expect } from 'chai';
import { brokenInvariants } from '../races/invariants.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { managedBy } from './managed.ts';
import type { List } from './people.ts';

interface Machine {
  readonly id: string;
  readonly user: { readonly userName: string };
  readonly name: string;
  readonly fingerprint: string;
  readonly product: string | null;
  readonly registeredAt: string;
  readonly lastSeenAt: string;
}

describe('registered machines', () => {
  let app: TestApp;
  let admin: ReturnType<typeof managedBy>;
  let product: string;
  let ann: string;

  before(async () => {
    app = await startApp();
    admin = managedBy(app);
    product = await admin.token('product');
    ann = await admin.user('ann@x.io');
    await admin.user('bob@x.io');
  });
  afterEach(async () => {
    expect(await brokenInvariants(app.core)).to.deep.equal([]);
  });
  after(() => app.stop());

  const register = async (fingerprint: string, more: object = {}) => {
    const body = { user: 'ann@x.io', name: 'Laptop', fingerprint, ...more };
    return admin.call<Machine & { type: string; detail: string }>('POST', '/machines', body, product);
  };
  const list = async (query = '') =>
    (await admin.call<List<Machine>>('GET', `/machines?${query}`, undefined, product)).body.items;

  it('are registered by a product, listed, shown with the user, and told by an event', async () => {
    const { status, body } = await register('SHA256:ann-1', { product: 'Testsigma' });
    expect(status).to.equal(201);
    expect(body).to.deep.include({
      user: { id: ann, userName: 'ann@x.io' },
      name: 'Laptop',
      fingerprint: 'SHA256:ann-1',
      product: 'testsigma',
      lastSeenAt: body.registeredAt,
    });
    expect(await list()).to.deep.equal([body]);
    expect((await admin.detail(ann)).machines).to.deep.equal([body]);
    expect((await admin.events(body.id)).map((one) => one.action)).to.deep.equal(['machine.registered']);
  });

  it('are seen again: the same one, later, and an event only when something changed', async () => {
    const first = (await register('again')).body;
    await admin.writesNothing(async () => {
      const { status, body } = await register('again');
      expect([status, body.id]).to.deep.equal([200, first.id]);
      expect(body.registeredAt).to.equal(first.registeredAt);
      expect(Date.parse(body.lastSeenAt)).to.be.at.least(Date.parse(first.lastSeenAt));
    });
    const renamed = (await register('again', { name: 'Desk', product: 'testsigma' })).body;
    expect(renamed).to.include({ id: first.id, name: 'Desk', product: 'testsigma' });
    expect((await register('again', { name: 'Desk' })).body.product, 'says nothing of it').to.equal(
      'testsigma',
    );
    expect((await register('again', { name: 'Desk', product: null })).body.product).to.equal(null);
    expect((await admin.events(first.id)).map((one) => one.action)).to.deep.equal([
      'machine.registered',
      'machine.updated',
      'machine.updated',
    ]);
  });

  it('are one user’s at a time, until removed', async () => {
    const { id } = (await register('shared')).body;
    const taken = await register('shared', { user: 'bob@x.io' });
    expect([taken.status, taken.body.type]).to.deep.equal([409, 'urn:rollcall:problem:taken']);
    expect(taken.body.detail).to.contain('registered by "ann@x.io"');
    expect((await admin.call('DELETE', `/machines/${id}`, undefined, product)).status).to.equal(204);
    await admin.refused('DELETE', `/machines/${id}`, undefined, 404);
    const next = await register('shared', { user: 'bob@x.io' });
    expect(next.status).to.equal(201);
    expect(next.body.id).not.to.equal(id);
  });

  it('are found by user, product and text, and sorted', async () => {
    await register('find-1', { name: 'Zulu', product: 'test-management' });
    await register('find-2', { name: 'Alpha 50%', user: 'bob@x.io' });
    const named = async (query: string) => (await list(query)).map((one) => one.name);
    expect(await named('product=TEST-management')).to.deep.equal(['Zulu']);
    expect(await named('product=nothing')).to.deep.equal([]);
    expect(await named('user=bob@x.io&search=50%25')).to.deep.equal(['Alpha 50%']);
    expect(await named(`user=${ann}&search=zulu`)).to.deep.equal(['Zulu']);
    const sorted = await named('sort=-name');
    expect(sorted).to.deep.equal([...sorted].sort().reverse());
    for (const sort of ['user', '-registeredAt', 'lastSeenAt'])
      expect(await list(`sort=${sort}`)).not.to.be.empty;
    expect((await admin.call('GET', '/machines?user=nobody')).status).to.equal(404);
  });

  it('go with a user who is removed, and stay with one who is deactivated, who registers none', async () => {
    const cid = await admin.user('cid@x.io');
    const { id } = (await register('going', { user: cid })).body;
    await admin.admin('POST', `/users/${cid}/deactivate`);
    expect((await admin.detail(cid)).machines).to.have.length(1);
    const refused = await register('other', { user: cid });
    expect([refused.status, refused.body.detail]).to.deep.equal([
      409,
      'Only an active user can register a machine; "cid@x.io" is inactive.',
    ]);
    const deleted = await app.request('DELETE', `/scim/v2/Users/${cid}`, { token: app.tokens.scim });
    expect(deleted.status).to.equal(204);
    expect(await list('search=going')).to.deep.equal([]);
    expect((await admin.events(id)).at(-1)!.action).to.equal('machine.removed');
    expect((await register('going')).status).to.equal(201);
  });

  it('are refused with a wrong name, fingerprint, user or product', async () => {
    const status = async (more: object) => (await register('wrong', more)).status;
    for (const more of [
      { name: ' ' },
      { name: 'x'.repeat(201) },
      { fingerprint: '' },
      { fingerprint: 'two words' },
      { fingerprint: 'x'.repeat(201) },
      { product: 'nothing' },
      { user: '' },
    ]) {
      expect(await status(more), JSON.stringify(more)).to.equal(400);
    }
    expect(await status({ user: 'nobody' })).to.equal(404);
  });

  it('are a workspace’s own', async () => {
    await app.request('POST', '/api/v1/workspaces', {
      token: app.tokens.operator,
      body: { key: 'other', name: 'Other' },
    });
    const { id } = (await register('mine')).body;
    const elsewhere = (method: string, path: string) =>
      app.request<List<Machine>>(method, `/api/v1${path}`, {
        token: app.tokens.operator,
        headers: { 'X-Workspace': 'other' },
      });
    expect((await elsewhere('GET', '/machines')).body.items).to.deep.equal([]);
    expect((await elsewhere('DELETE', `/machines/${id}`)).status).to.equal(404);
  });

  it('of one fingerprint registered by 20 at once is one', async () => {
    const users: string[] = [];
    for (let i = 0; i < 4; i++) users.push(await admin.user(`race-${i}@x.io`));
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, i) => register('raced', { user: users[i % 4]! })),
    );
    const statuses = replies.map((reply) => reply.status);
    expect(statuses.filter((status) => status === 201)).to.have.length(1);
    expect(statuses.filter((status) => status === 200)).to.have.length(4);
    expect(statuses.filter((status) => status === 409)).to.have.length(15);
  });
});
