import { expect } from 'chai';
import { type RequestOptions, startApp, type TestApp } from '../support/app.ts';

describe('bearer tokens', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  const path = '/api/v1/workspace';
  const refused = async (options: RequestOptions, at = path, method = 'GET') => {
    const { status, headers, body } = await app.request(method, at, options);
    expect(status).to.equal(401);
    expect(headers.get('www-authenticate')).to.match(/^Bearer\b/);
    expect(headers.get('content-type')).to.match(/json/);
    return { challenge: headers.get('www-authenticate'), body };
  };

  it('are asked for', async () => {
    const { challenge } = await refused({});
    expect(challenge).to.equal('Bearer realm="Rollcall"');
  });

  it('are refused when they are not live', async () => {
    const { challenge } = await refused({ token: 'rc_admin_made-up' });
    expect(challenge).to.equal('Bearer realm="Rollcall", error="invalid_token"');
  });

  it('are refused in another form', async () => {
    const { admin } = app.tokens;
    for (const authorization of [
      `Basic ${Buffer.from(`x:${admin}`).toString('base64')}`,
      `Bearer`,
      `Bearer  ${admin}`,
      `Bearer ${admin} ${admin}`,
      admin,
      `Token ${admin}`,
      `Bearer ${admin.toUpperCase()}`,
      `Bearer ${'x'.repeat(5000)}`,
      `Bearer \u00e9`,
    ]) {
      const { body } = await refused({ headers: { Authorization: authorization } });
      expect(JSON.stringify(body)).not.to.contain(admin);
    }
  });

  it('know the scheme in any case', async () => {
    const headers = { Authorization: `bEARER ${app.tokens.admin}` };
    expect((await app.request('GET', path, { headers })).status).to.equal(200);
  });

  it('are never taken from the query, also beside the header', async () => {
    const { admin } = app.tokens;
    await refused({}, `${path}?access_token=${admin}`);
    const { challenge, body } = await refused({ token: admin }, `${path}?access_token=${admin}`);
    expect(challenge).to.contain('invalid_request');
    expect(JSON.stringify(body)).not.to.contain(admin);
    await refused({}, `/scim/v2/Users?access_token=${app.tokens.scim}`);
  });

  it('are never taken from the body', async () => {
    const { admin, scim } = app.tokens;
    await refused({ body: { key: 'x', name: 'x', access_token: admin } }, '/api/v1/projects', 'POST');
    await refused({ body: { userName: 'x', access_token: scim } }, '/scim/v2/Users', 'POST');
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    await refused({ body: `access_token=${admin}`, headers: form }, '/api/v1/projects', 'POST');
  });

  it('of the companion API are none of SCIM', async () => {
    const { status, headers, body } = await app.request('GET', '/scim/v2/Users', { token: app.tokens.admin });
    expect(status).to.equal(403);
    expect(headers.get('content-type')).to.equal('application/scim+json');
    expect(body.status).to.equal('403');
    const { body: missing } = await refused({}, '/scim/v2/Users');
    expect(missing).to.include({ status: '401' });
  });
});
