import { expect } from 'chai';
import { noise } from '../core/users/large-steps.ts';
import { startApp, type TestApp } from '../support/app.ts';

interface Event {
  readonly action: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** 8 KiB of JSON, and names around them. */
const MOST = 8_192 + 100;

describe('audit events of large changes', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  const scim = <Body>(method: string, path: string, body?: unknown) =>
    app.request<Body>(method, `/scim/v2${path}`, { token: app.tokens.scim, body });
  const admin = <Body = Record<string, unknown>>(method: string, path: string, body?: unknown) =>
    app.request<Body>(method, `/api/v1${path}`, { token: app.tokens.admin, body });
  const events = async (query: string) =>
    (await admin<{ items: Event[] }>('GET', `/audit?limit=500&${query}`)).body.items;
  const patch = (path: string, value: unknown) => ({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: [{ op: 'replace', path, value }],
  });

  it('keep what differs of a user, and nothing of it once the person is erased', async () => {
    const photo = noise(1, 60_000);
    const emails = Array.from({ length: 1_000 }, (_, n) => ({ value: `a${n}@x.io`, display: noise(n, 60) }));
    const photos = [{ value: photo, type: 'photo' }];
    const { body: user } = await scim<{ id: string }>('POST', '/Users', { userName: 'big', emails, photos });
    expect(
      (await scim('PATCH', `/Users/${user.id}`, patch('emails[value eq "a7@x.io"].display', 'New'))).status,
    ).to.equal(200);
    expect((await scim('PATCH', `/Users/${user.id}`, patch('photos.display', 'Me'))).status).to.equal(200);
    expect((await scim('PATCH', `/Users/${user.id}`, patch('emails.type', 'work'))).status).to.equal(200);

    const told = await events(`target=${user.id}`);
    expect(told.map(({ action }) => action)).to.deep.equal([
      ...['user.updated', 'user.updated', 'user.updated', 'user.created'],
    ]);
    for (const { before, after } of told)
      expect(JSON.stringify({ before, after }).length).to.be.at.most(MOST);
    const [all, photographed, one] = told;
    expect(one).to.deep.include({
      before: { emails: [emails[7], { $unchanged: 999 }] },
      after: { emails: [{ ...emails[7], display: 'New' }, { $unchanged: 999 }] },
    });
    expect(JSON.stringify(photographed)).to.include('"length":60000').and.not.include(photo.slice(0, 100));
    expect(JSON.stringify(all)).to.include('$omitted');

    expect((await admin('POST', `/users/${user.id}/deactivate`)).status).to.equal(200);
    expect((await admin('POST', `/users/${user.id}/erase`)).status).to.be.lessThan(300);
    const left = JSON.stringify(await events(`target=${user.id}`));
    expect(left).to.not.match(/sha256|\$text|\$unchanged|@x\.io/);
    expect((await admin<{ ok: boolean }>('GET', '/audit/verify')).body.ok).to.equal(true);
  });

  it('keep the mapping rules that differ', async () => {
    await admin('POST', '/projects', { key: 'mobile', name: 'Mobile' });
    const rule = (n: number, role = 'tester') => ({
      match: `group-${n}`,
      grants: [{ project: 'mobile', role }],
    });
    const rules = Array.from({ length: 500 }, (_, n) => rule(n));
    const put = async (body: readonly object[]) => {
      expect((await admin('PUT', '/mapping-rules', { rules: body })).status).to.equal(200);
      return (await events('action=mapping_rules.set'))[0]!;
    };
    await put(rules);

    expect(await put(rules.with(250, rule(250, 'viewer')))).to.deep.include({
      before: [rule(250), { $unchanged: 499 }],
      after: [rule(250, 'viewer'), { $unchanged: 499 }],
    });
    await put(rules);
    // The first rule that matches counts, so their order is told.
    expect(await put([rules[1]!, rules[0]!, ...rules.slice(2)])).to.deep.include({
      before: [rule(0), rule(1), { $unchanged: 498 }],
      after: [rule(1), rule(0), { $unchanged: 498 }],
    });
    const told = await events('action=mapping_rules.set');
    for (const event of told) expect(JSON.stringify(event).length).to.be.at.most(MOST + 1_000);
  });
});
