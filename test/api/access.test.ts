import { expect } from 'chai';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { startApp, type TestApp } from '../support/app.ts';
import { peopleOf } from './people.ts';

describe('GET /access', () => {
  let app: TestApp;
  let people: ReturnType<typeof peopleOf>;
  let product: string;
  let ann: string;
  let group: string;

  before(async () => {
    app = await startApp();
    people = peopleOf(app);
    product = await people.token('product');
    await people.admin('POST', '/projects', { key: 'mobile', name: 'Mobile' });
    await people.admin('PUT', '/mapping-rules', {
      rules: [{ match: 'ts-{project}-{role}', grants: [{ project: '{project}', role: '{role}' }] }],
    });
    ann = await people.user('ann', {
      emails: [{ value: 'ann@example.com' }],
      roles: people.elements(['admin']),
    });
    group = await people.group('TS-Mobile-Tester', ann);
    await people.admin('PUT', `/groups/${group}/grants`, {
      grants: [{ product: 'testsigma', license: 'pro' }],
    });
  });
  after(() => app.stop());

  const get = (user: string) =>
    people.call<Record<string, unknown>>('GET', `/access?user=${user}`, undefined, product);

  it('answers effective access with provenance, to products', async () => {
    const { status, body } = await get('ANN@example.com');
    expect(status).to.equal(200);
    const { accountRole, projects, products, user } = body as Record<string, Record<string, unknown>[]>;
    expect(user).to.deep.equal({ id: ann, userName: 'ann', email: 'ann@example.com', status: 'active' });
    expect(accountRole).to.have.property('role', 'admin');
    const [project] = projects!;
    expect(project).to.deep.include({ project: 'mobile', name: 'Mobile', role: 'tester' });
    const [way] = project!.via as Record<string, unknown>[];
    expect(Object.keys(way!)).to.deep.equal(['type', 'group', 'mapping', 'rule', 'since', 'by']);
    expect(way).to.deep.include({
      type: 'group',
      group: { id: group, displayName: 'TS-Mobile-Tester' },
      mapping: 'rule',
      rule: 'ts-{project}-{role}',
    });
    expect(products![0]).to.deep.include({ product: 'testsigma', name: 'Testsigma', license: 'pro' });
    expect((products![0]!.via as Record<string, unknown>[])[0]).to.not.have.property('rule');
  });

  it('answers as it was', async () => {
    await sleep(5);
    const then = new Date().toISOString();
    await sleep(5);
    const lately = await people.user('lately', { roles: people.elements(['mobile:viewer']) });
    const asOf = (user: string) => get(`${user}&asOf=${then}`);
    expect((await asOf(lately)).status).to.equal(404);
    const { body } = await asOf('ann');
    expect(body).to.deep.equal((await get('ann')).body);
    const future = new Date(Date.now() + 60_000).toISOString();
    expect((await get(`ann&asOf=${future}`)).status).to.equal(400);
  });

  it('has a strong ETag that holds as long as the access does', async () => {
    const first = await get(ann);
    const etag = first.headers.get('etag')!;
    expect(etag).to.match(/^"[\w-]{43}"$/);
    expect((await get('ann')).headers.get('etag')).to.equal(etag);
    expect(await conditional(etag)).to.deep.equal([304, '']);
    await people.admin('PUT', `/groups/${group}/grants`, { grants: [] });
    expect((await conditional(etag))[0]).to.equal(200);
  });

  // Not by fetch, which adds "Cache-Control: no-cache" to conditional requests.
  async function conditional(etag: string): Promise<[number | undefined, string]> {
    const headers = { Authorization: `Bearer ${product}`, 'If-None-Match': etag };
    const sent = request(`${app.url}/api/v1/access?user=${ann}`, { headers }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const chunks = await response.setEncoding('utf8').toArray();
    return [response.statusCode, chunks.join('')];
  }

  it('is empty for an inactive user, and the status says why', async () => {
    const bob = await people.user('bob', { active: false, roles: people.elements(['admin']) });
    const { body } = await get(bob);
    expect(body).to.deep.equal({
      user: { id: bob, userName: 'bob', email: null, status: 'inactive' },
      accountRole: { role: 'member', via: [] },
      projects: [],
      products: [],
    });
  });

  it('answers 404 for nobody, 409 for an address of several, 400 for no user', async () => {
    for (const name of ['cid', 'dan']) await people.user(name, { emails: [{ value: 'both@example.com' }] });
    expect((await get('nobody@example.com')).status).to.equal(404);
    const { status, body } = await get('both@example.com');
    expect(status).to.equal(409);
    expect(body.detail).to.contain('Several users').and.contain('id or the userName');
    for (const query of ['', '?user=', '?user=a&user=b', '?who=ann']) {
      expect((await people.call('GET', `/access${query}`, undefined, product)).status, query).to.equal(400);
    }
  });
});
