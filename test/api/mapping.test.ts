import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import { peopleOf } from './people.ts';

describe('mapping', () => {
  let app: TestApp;
  let people: ReturnType<typeof peopleOf>;
  let group: string;

  before(async () => {
    app = await startApp();
    people = peopleOf(app);
    await people.admin('POST', '/projects', { key: 'mobile', name: 'Mobile' });
    group = await people.group('ts-mobile-viewer');
  });
  after(() => app.stop());

  const put = (path: string, body: unknown, token?: string) => people.call('PUT', path, body, token);

  it('is written on a group and read back', async () => {
    const grants = [
      { accountRole: 'admin' },
      { project: 'mobile', role: 'tester' },
      { product: 'testsigma', license: 'pro' },
    ];
    const written = await people.admin('PUT', `/groups/${group}/grants`, { grants });
    expect(written.grants).to.have.deep.members([
      { accountRole: 'admin' },
      { project: 'mobile', role: 'tester' },
      { product: 'testsigma', license: 'pro' },
    ]);
    expect(await people.admin('GET', `/groups/${group}/grants`)).to.deep.equal(written);
    expect(written.byRule).to.equal(null);
    expect(await people.admin('PUT', `/groups/${group}/grants`, { grants: [] })).to.deep.include({
      grants: [],
    });
  });

  it('is given by rules that read names', async () => {
    const rules = [
      {
        match: 'ts-{project}-{role}',
        grants: [{ project: '{project}', role: '{role}' }, { product: 'testsigma' }],
      },
    ];
    expect(await people.admin('PUT', '/mapping-rules', { rules })).to.deep.equal({ rules });
    expect(await people.admin('GET', '/mapping-rules')).to.deep.equal({ rules });
    expect((await people.admin('GET', `/groups/${group}/grants`)).byRule).to.deep.equal({
      match: 'ts-{project}-{role}',
      grants: [
        { product: 'testsigma', license: 'standard' },
        { project: 'mobile', role: 'viewer' },
      ],
    });
  });

  it('refuses what names nothing, field by field', async () => {
    const grants = [
      { project: 'mobile', role: 'viewer' },
      { project: 'no', role: 'viewer' },
      { accountRole: 'owner' },
    ];
    const wrong = await put(`/groups/${group}/grants`, { grants });
    expect(wrong.status).to.equal(400);
    expect(wrong.body.errors!.map((error) => error.field)).to.deep.equal(['grants[1]', 'grants[2]']);
    const rules = [{ match: 'x', grants: [{ project: '{project}', role: 'viewer' }] }];
    const unbound = await put('/mapping-rules', { rules });
    expect([unbound.status, unbound.body.errors![0]!.field]).to.deep.equal([400, 'rules[0].grants[0]']);
    for (const body of [
      {},
      { grants: {} },
      { grants: [{}] },
      { grants: [{ project: 'mobile' }] },
      { grants: [], more: 1 },
    ]) {
      expect((await put(`/groups/${group}/grants`, body)).status, JSON.stringify(body)).to.equal(400);
    }
    const shape = await put(`/groups/${group}/grants`, { grants: [{ project: 'mobile' }] });
    expect(shape.body.errors![0]).to.deep.equal({
      field: 'grants[0]',
      message: 'is {"accountRole"}, {"project","role"} or {"product","license"}, each a key',
    });
  });

  it('refuses rules that take too long to read the name of a group, and no group for its name', async () => {
    for (let length = 1; length <= 63; length += 1) {
      const key = 'a'.repeat(length);
      await people.admin('POST', '/projects', { key, name: key });
      await people.admin('PUT', `/roles/${key}`, { name: key, rank: 100 + length });
    }
    const licenses = Array.from({ length: 63 }, (_, n) => ({ key: 'a'.repeat(n + 1), name: 'A' }));
    await people.admin('PUT', '/products/testsigma', { licenses });
    const name = `${'a'.repeat(245)}bx`;
    await people.group(name);
    const rules = [{ match: '{role}{project}{license}{project}x', grants: [] }];
    for (const [method, path] of [
      ['PUT', '/mapping-rules'],
      ['POST', '/mapping/preview'],
    ] as const) {
      const { status, body } = await people.call<{ detail: string }>(method, path, { rules });
      expect(status, JSON.stringify(body)).to.equal(400);
      expect(body.detail).to.contain(name);
    }
    await people.admin('PUT', '/mapping-rules', {
      rules: [{ ...rules[0], match: '{role}{project}{license}{project}y' }],
    });
    await people.group(`${'a'.repeat(244)}by`);
  });

  it('is read by auditors and written by admins only', async () => {
    const auditor = await people.token('auditor');
    for (const path of [`/groups/${group}/grants`, '/mapping-rules']) {
      expect((await people.call('GET', path, undefined, auditor)).status).to.equal(200);
      expect((await put(path, { grants: [] }, auditor)).status).to.equal(403);
    }
    expect((await put('/groups/nothing/grants', { grants: [] })).status).to.equal(404);
    expect((await people.call('GET', '/groups/nothing/grants')).status).to.equal(404);
  });
});
