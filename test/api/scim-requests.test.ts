import { expect } from 'chai';
import { type Reply, startApp, type TestApp } from '../support/app.ts';

interface Entry {
  readonly method: string;
  readonly path: string;
  readonly query: string | null;
  readonly body: string | null;
  readonly status: number;
  readonly scimType: string | null;
  readonly detail: string | null;
  readonly durationMs: number;
  readonly token: string;
}

describe('GET /scim-requests', () => {
  let app: TestApp;
  let id: string;
  let group: string;

  const scim = (method: string, path: string, body?: unknown) =>
    app.request<{ id: string }>(method, `/scim/v2${path}`, {
      token: app.tokens.scim,
      ...(body === undefined ? {} : { body }),
    });
  const log = async (query = ''): Promise<Entry[]> => {
    await app.provisioningLog.flush();
    const reply = await app.request<{ items: Entry[] }>('GET', `/api/v1/scim-requests${query}`, {
      token: app.tokens.admin,
    });
    expect(reply.status).to.equal(200);
    return reply.body.items;
  };

  before(async () => {
    app = await startApp();
    id = (await scim('POST', '/Users', { userName: 'ada@x.io', password: 'correct horse' })).body.id;
    group = (await scim('POST', '/Groups', { displayName: 'Testers', members: [{ value: id }] })).body.id;
    await scim('POST', '/Users', { userName: 'ADA@x.io' });
    await scim('PATCH', `/Users/${id}`, {
      Operations: [
        { op: 'replace', path: 'password', value: 'battery' },
        { op: 'replace', value: { Password: 'staple' } },
        { op: 'replace', path: 'urn:ietf:params:scim:schemas:core:2.0:User:password', value: 'wrong' },
      ],
    });
    await scim('GET', '/Users?filter=password%20eq%20%22guess%22');
    await scim('GET', '/Users?filter=userName+eq+%22nobody%22');
  });
  after(() => app.stop());

  it('tells what came, what was answered and why, how long it took, and by which token', async () => {
    const refused = (await log('?status=409'))[0]!;
    expect(refused).to.include({
      method: 'POST',
      path: '/scim/v2/Users',
      status: 409,
      scimType: 'uniqueness',
    });
    expect(refused.detail).to.contain('ADA@x.io');
    expect(refused.body).to.equal('{"userName":"ADA@x.io"}');
    expect(refused.durationMs).to.be.above(0);
    expect((await log())[0]).to.include({ method: 'GET', query: 'filter=userName eq "nobody"', status: 200 });
  });

  it('keeps no password, wherever one was put', async () => {
    expect(JSON.stringify(await log())).to.not.match(/correct horse|battery|staple|wrong|guess/);
  });

  it('is searched by user and by group, by id and by name, also where they are only mentioned', async () => {
    const paths = (entries: Entry[]) => entries.map((entry) => `${entry.method} ${entry.path}`);
    const ofUser = [`PATCH /scim/v2/Users/${id}`, 'POST /scim/v2/Groups', 'POST /scim/v2/Users'];
    expect(paths(await log(`?user=${id}`))).to.deep.equal(ofUser);
    expect(paths(await log('?user=Ada@x.io'))).to.deep.equal(ofUser);
    expect(paths(await log('?group=testers'))).to.deep.equal(['POST /scim/v2/Groups']);
    expect(paths(await log(`?group=${group}&status=4xx`))).to.deep.equal([]);
  });

  it('walks all of it by cursor', async () => {
    const all = (await log()).length;
    let seen = 0;
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const reply: Reply<{ items: Entry[]; nextCursor: string | null }> = await app.request(
        'GET',
        `/api/v1/scim-requests?limit=2${query}`,
        { token: app.tokens.admin },
      );
      seen += reply.body.items.length;
      cursor = reply.body.nextCursor;
    }
    expect(seen).to.equal(all);
  });

  it("shows nothing of another workspace's", async () => {
    await app.request('POST', '/api/v1/workspaces', {
      token: app.tokens.operator,
      body: { key: 'other', name: 'O' },
    });
    const reply = await app.request<{ items: Entry[] }>('GET', '/api/v1/scim-requests', {
      token: app.tokens.operator,
      headers: { 'X-Workspace': 'other' },
    });
    expect(reply.body.items).to.deep.equal([]);
  });
});
