import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startApp, type TestApp } from '../support/app.ts';

interface Token {
  readonly id: string;
  readonly name: string;
  readonly scope: string;
  readonly token: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
}

describe('tokens', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  const issue = async (body: object, token = app.tokens.admin) =>
    app.request<Token>('POST', '/api/v1/tokens', { token, body, headers: { 'X-Workspace': 'default' } });
  const list = async (token = app.tokens.admin) => {
    const options = { token, headers: { 'X-Workspace': 'default' } };
    return (await app.request<{ items: Token[] }>('GET', '/api/v1/tokens?limit=500', options)).body.items;
  };
  const status = async (token: string) => (await app.request('GET', '/api/v1/workspace', { token })).status;

  it('show their secret once', async () => {
    const { status, headers, body } = await issue({ name: 'Okta', scope: 'scim' });
    expect(status).to.equal(201);
    expect(headers.get('cache-control')).to.equal('no-store');
    expect(body.token).to.match(/^rc_scim_[A-Za-z0-9_-]{43}$/);
    const listed = (await list()).find((one) => one.id === body.id);
    expect(listed).to.deep.equal({
      id: body.id,
      name: 'Okta',
      scope: 'scim',
      createdAt: body.createdAt,
      expiresAt: null,
      lastUsedAt: null,
    });
  });

  it('are kept as a SHA-256 only, in the table and in the audit', async () => {
    const { body } = await issue({ name: 'Hashed', scope: 'admin' });
    const { rows } = await app.core.db.raw<{ rows: { tokens: string; events: string; hash: string }[] }>(
      `select (select json_agg(t)::text from tokens t) as tokens, (select json_agg(e)::text from audit_events e) as events,
        (select encode(hash, 'hex') from tokens where id = ?) as hash`,
      [body.id],
    );
    const [kept] = rows;
    expect(kept?.tokens).not.to.contain(body.token);
    expect(kept?.events).not.to.contain(body.token);
    expect(kept?.hash).to.equal(createHash('sha256').update(body.token).digest('hex'));
    for (const secret of Object.values(app.tokens))
      expect(`${kept?.tokens}${kept?.events}`).not.to.contain(secret);
  });

  it('are live several at once, and end at once when revoked', async () => {
    const old = await issue({ name: 'Rotated', scope: 'admin' });
    const fresh = await issue({ name: 'Rotated', scope: 'admin' });
    expect([await status(old.body.token), await status(fresh.body.token)]).to.deep.equal([200, 200]);
    const revoked = await app.request('DELETE', `/api/v1/tokens/${old.body.id}`, { token: fresh.body.token });
    expect(revoked.status).to.equal(204);
    expect([await status(old.body.token), await status(fresh.body.token)]).to.deep.equal([401, 200]);
    const again = await app.request('DELETE', `/api/v1/tokens/${old.body.id}`, { token: fresh.body.token });
    expect(again.status).to.equal(404);
    expect((await list()).map((one) => one.id)).not.to.include(old.body.id);
  });

  it('end when they expire', async () => {
    const { body } = await issue({
      name: 'Short',
      scope: 'admin',
      expiresAt: new Date(Date.now() + 700).toISOString(),
    });
    expect(await status(body.token)).to.equal(200);
    await sleep(800);
    expect(await status(body.token)).to.equal(401);
  });

  it('expire in the future, at a time with a zone', async () => {
    for (const expiresAt of ['2020-01-01T00:00:00Z', '2999-01-01', '2999-01-01T00:00:00', 'soon', 5]) {
      const { status } = await issue({ name: 'Wrong', scope: 'scim', expiresAt });
      expect(status, String(expiresAt)).to.equal(400);
    }
    const { body } = await issue({ name: 'Right', scope: 'scim', expiresAt: '2999-01-01T02:00:00+02:00' });
    expect(body.expiresAt).to.equal('2999-01-01T00:00:00.000Z');
  });

  it('are made for operators by operators only, and shown to nobody else', async () => {
    const refused = await issue({ name: 'Climber', scope: 'operator' });
    expect(refused.status).to.equal(403);
    const made = await issue({ name: 'Second operator', scope: 'operator' }, app.tokens.operator);
    expect(made.status).to.equal(201);
    expect((await list()).map((one) => one.scope)).not.to.include('operator');
    expect((await list(app.tokens.operator)).map((one) => one.id)).to.include(made.body.id);
    const path = `/api/v1/tokens/${made.body.id}`;
    expect((await app.request('DELETE', path, { token: app.tokens.admin })).status).to.equal(404);
    const headers = { 'X-Workspace': 'default' };
    expect((await app.request('DELETE', path, { token: app.tokens.operator, headers })).status).to.equal(204);
  });

  it('note when they were last used, at most once a minute', async () => {
    const { body } = await issue({ name: 'Used', scope: 'admin' });
    const lastUsed = async () => (await list()).find((one) => one.id === body.id)?.lastUsedAt;
    await status(body.token);
    let first: string | null | undefined = null;
    for (let waited = 0; first === null && waited < 2000; waited += 20) {
      await sleep(20);
      first = await lastUsed();
    }
    expect(Date.parse(first ?? '')).to.be.closeTo(Date.now(), 5000);
    await status(body.token);
    await sleep(100);
    expect(await lastUsed()).to.equal(first);
  });

  it('say what is wrong with them', async () => {
    expect((await issue({ name: '', scope: 'scim' })).status).to.equal(400);
    expect((await issue({ name: 'x', scope: 'root' })).status).to.equal(400);
    expect((await issue({ scope: 'scim' })).status).to.equal(400);
    expect(
      (await app.request('DELETE', '/api/v1/tokens/not-an-id', { token: app.tokens.admin })).status,
    ).to.equal(404);
  });
});
