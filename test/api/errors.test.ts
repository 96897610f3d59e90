import { expect } from 'chai';
import { gzipSync } from 'node:zlib';
import { type RequestOptions, startApp, type TestApp } from '../support/app.ts';

interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
  readonly requestId: string;
}

describe('errors of the companion API', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  const send = (method: string, path: string, options: RequestOptions = {}) =>
    app.request<Problem>(method, path, { token: app.tokens.admin, ...options });
  const post = (body: unknown, headers?: Record<string, string>) =>
    send('POST', '/api/v1/projects', { body, ...(headers ? { headers } : {}) });

  it('are problem+json with the request id, RFC 9457', async () => {
    const { status, headers, body } = await send('PATCH', '/api/v1/projects/none', {
      body: { name: 'x' },
      headers: { 'X-Request-Id': 'from-the-client.1' },
    });
    expect(status).to.equal(404);
    expect(headers.get('content-type')).to.match(/^application\/problem\+json/);
    expect(body).to.deep.equal({
      type: 'urn:rollcall:problem:not_found',
      title: 'Not found',
      status: 404,
      detail: 'There is no project "none" in this workspace.',
      requestId: 'from-the-client.1',
    });
  });

  it('name every field that is wrong', async () => {
    const { status, body } = await post({ key: 5, organization: [], colour: 'red', size: 1 });
    expect(status).to.equal(400);
    expect(body.errors).to.have.deep.members([
      { field: 'key', message: 'must be a text' },
      { field: 'name', message: 'is required' },
      { field: 'organization', message: 'must be a text' },
      { field: 'colour', message: 'is not known here' },
      { field: 'size', message: 'is not known here' },
    ]);
    expect(body.detail).to.contain('key must be a text; name is required');
  });

  it('refuse what is not JSON, without repeating it', async () => {
    const { status, body } = await post('{"key": "hunter2"');
    expect(status).to.equal(400);
    expect(body.detail).to.equal('The body is not JSON.');
    expect((await post('"text"')).status).to.equal(400);
    expect((await post('')).status).to.equal(400);
    expect((await post('[]')).body.errors).to.deep.equal([
      { field: 'body', message: 'must be a JSON object' },
    ]);
    expect((await send('POST', '/api/v1/projects')).body.errors?.[0]).to.deep.equal({
      field: 'body',
      message: 'is required',
    });
  });

  it('refuse other media types', async () => {
    for (const type of [
      'text/plain',
      'application/xml',
      'application/x-www-form-urlencoded',
      'application/scim+json',
    ]) {
      const { status, body } = await post('{"key":"typed","name":"x"}', { 'Content-Type': type });
      expect([status, body.type], type).to.deep.equal([415, 'urn:rollcall:problem:unsupported']);
    }
    const latin = await post('{"key":"latin","name":"x"}', {
      'Content-Type': 'application/json; charset=latin1',
    });
    expect(latin.status).to.equal(415);
    const utf8 = await post('{"key":"utf8","name":"x"}', {
      'Content-Type': 'Application/JSON; charset=UTF-8',
    });
    expect(utf8.status).to.equal(201);
  });

  it('refuse more than 1 MiB, also when it is packed', async () => {
    const body = JSON.stringify({ key: 'large', name: 'x'.repeat(1024 * 1024) });
    expect((await post(body)).status).to.equal(413);
    const response = await fetch(`${app.url}/api/v1/projects`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${app.tokens.admin}`,
        'Content-Type': 'application/json',
        'Content-Encoding': 'gzip',
      },
      body: gzipSync(body),
    });
    expect(response.status).to.equal(413);
    expect(await response.json()).to.include({ type: 'urn:rollcall:problem:too_large' });
  });

  it('say that a body cannot be unpacked', async () => {
    const { status, body } = await post('{}', { 'Content-Encoding': 'gzip' });
    expect(status).to.equal(400);
    expect(body.detail).to.equal('The body cannot be unpacked; check its Content-Encoding.');
  });

  it('refuse unknown and wrong parameters', async () => {
    for (const query of [
      'limit=0',
      'limit=501',
      'limit=ten',
      'limit=',
      'sort=size',
      'serach=x',
      'sort=key&sort=name',
    ]) {
      const { status, body } = await send('GET', `/api/v1/projects?${query}`);
      expect(status, query).to.equal(400);
      expect(body.errors?.[0]?.field, query).to.equal(query.split('=')[0]);
    }
  });

  it('refuse cursors that are none', async () => {
    const wrong = (place: unknown) => Buffer.from(JSON.stringify(place)).toString('base64url');
    const id = '01890000-0000-7000-8000-000000000000';
    for (const cursor of [
      'x',
      '%00',
      wrong(null),
      wrong([]),
      wrong({ sort: 'key', value: 'a' }),
      wrong({ sort: 'key', value: 'a', id: 'x' }),
      wrong({ sort: 'key', value: 5, id }),
      wrong({ sort: '-key', value: 'a', id }),
      wrong({ sort: 'key', value: 'a', id, more: 1 }),
      wrong({ sort: 'key', value: '\u0000', id }),
    ]) {
      const { status } = await send('GET', `/api/v1/projects?cursor=${cursor}`);
      expect(status, cursor).to.equal(400);
    }
    const rank = await send(
      'GET',
      `/api/v1/roles?sort=rank&cursor=${wrong({ sort: 'rank', value: 'high', id })}`,
    );
    expect(rank.status).to.equal(400);
    const time = wrong({ sort: 'createdAt', value: '1; drop', id });
    expect((await send('GET', `/api/v1/tokens?cursor=${time}`)).status).to.equal(400);
    expect((await send('GET', `/api/v1/audit?cursor=${wrong({ at: 'x', id })}`)).status).to.equal(400);
  });

  it('say that there is no such route, with a token and anywhere else', async () => {
    const inside = await send('GET', '/api/v1/nothing');
    expect([inside.status, inside.body.type]).to.deep.equal([404, 'urn:rollcall:problem:not_found']);
    expect((await send('POST', '/api/v1/workspace', { body: {} })).status).to.equal(404);
    expect((await app.request('GET', '/api/v1/nothing')).status).to.equal(401);
    const outside = await app.request<Problem>('GET', '/nowhere');
    expect([outside.status, outside.body.type]).to.deep.equal([404, 'urn:rollcall:problem:not_found']);
    expect(outside.headers.get('content-type')).to.match(/^application\/problem\+json/);
  });

  it('answer a path that cannot be decoded', async () => {
    expect((await send('DELETE', '/api/v1/projects/%E0%A4%A')).status).to.equal(400);
    expect((await send('DELETE', '/api/v1/projects/%00')).status).to.equal(400);
  });

  it('do not take a body for a prototype', async () => {
    const { status, body } = await post('{"key":"p","name":"x","__proto__":{"admin":true}}');
    expect([status, body.errors?.[0]?.field]).to.deep.equal([400, '__proto__']);
    expect(({} as { admin?: unknown }).admin).to.equal(undefined);
  });
});
