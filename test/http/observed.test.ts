import { expect } from 'chai';
import { Writable } from 'node:stream';
import winston from 'winston';
import { logProblem } from '../../src/http/log-problem.ts';
import { log, setLogLevel } from '../../src/lib/log.ts';
import { startApp, type TestApp } from '../support/app.ts';

type Line = Record<string, unknown>;

/** Runs something and answers the lines that it wrote to the log. */
async function logged(body: () => Promise<unknown>): Promise<Line[]> {
  const lines: Line[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(JSON.parse(chunk.toString()) as Line);
      done();
    },
  });
  const usual = [...log.transports];
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston types it as an interface
  log.clear().add(new winston.transports.Stream({ stream }));
  setLogLevel('info');
  try {
    await body();
    // A line is written once the connection has seen the end of the answer.
    await new Promise((resolve) => setTimeout(resolve, 20));
  } finally {
    setLogLevel('silent');
    log.clear();
    for (const transport of usual) log.add(transport);
  }
  return lines;
}

describe('request id', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  const answered = async (given?: string) => {
    const headers = given === undefined ? {} : { 'X-Request-Id': given };
    return (await app.request('GET', '/healthz', { headers })).headers.get('x-request-id');
  };

  it('is the one that was sent, when it is well formed', async () => {
    expect(await answered('Order-66.b_c')).to.equal('Order-66.b_c');
    expect(await answered('x'.repeat(128))).to.equal('x'.repeat(128));
  });

  it('is a new UUID otherwise', async () => {
    const uuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;
    for (const given of [undefined, '', 'a b', 'x'.repeat(129), 'a"b', '<script>', 'a,b']) {
      expect(await answered(given), String(given)).to.match(uuid);
    }
  });

  it('stands in the audit', async () => {
    await app.request('POST', '/api/v1/projects', {
      token: app.tokens.admin,
      body: { key: 'traced', name: 'Traced' },
      headers: { 'X-Request-Id': 'trace-1' },
    });
    const { body } = await app.request<{ items: { requestId: string }[] }>(
      'GET',
      '/api/v1/audit?target=traced',
      {
        token: app.tokens.admin,
      },
    );
    expect(body.items[0]?.requestId).to.equal('trace-1');
  });
});

describe('log', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  it('has one line for a request, with its route and without its query', async () => {
    const lines = await logged(() =>
      app.request('GET', '/api/v1/projects?search=alice', {
        token: app.tokens.admin,
        headers: { 'X-Request-Id': 'line-1' },
      }),
    );
    expect(lines).to.have.lengthOf(1);
    expect(lines[0]).to.include({
      level: 'info',
      message: 'request',
      requestId: 'line-1',
      method: 'GET',
      route: '/api/v1/projects',
      path: '/api/v1/projects',
      status: 200,
    });
    expect(lines[0]?.ms).to.be.a('number').above(0);
    expect(lines[0]?.token).to.match(/^[0-9a-f-]{36}$/);
    expect(lines[0]?.time).to.match(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(JSON.stringify(lines)).not.to.match(/alice/);
  });

  it('has patterns for routes, and never a secret', async () => {
    const issued: string[] = [];
    const lines = await logged(async () => {
      const { body } = await app.request<{ token: string }>('POST', '/api/v1/tokens', {
        token: app.tokens.admin,
        body: { name: 'Logged', scope: 'scim' },
      });
      issued.push(body.token);
      await app.request('DELETE', `/api/v1/tokens/${body.token}`, { token: app.tokens.admin });
      await app.request('GET', `/nowhere/${body.token}?access_token=${body.token}`, { token: body.token });
      await app.request('POST', '/api/v1/projects', {
        token: app.tokens.admin,
        body: '{"password": "hunter2"',
      });
    });
    const text = JSON.stringify(lines);
    for (const secret of [...issued, ...Object.values(app.tokens), 'hunter2', 'Bearer']) {
      expect(text).not.to.contain(secret);
    }
    expect(lines.map((line) => line.route)).to.deep.equal([
      '/api/v1/tokens',
      '/api/v1/tokens/{id}',
      undefined,
      '/api/v1/projects',
    ]);
  });

  it('carries the causes of an error', async () => {
    const error = new Error('outer', { cause: Object.assign(new Error('inner'), { code: '23505' }) });
    const [line] = await logged(async () => {
      log.error('It broke.', { error });
      await Promise.resolve();
    });
    expect(line).to.include({ level: 'error', message: 'It broke.' });
    const told = line?.error as { message: string; stack: string; cause: { message: string; code: string } };
    expect(told.message).to.equal('outer');
    expect(told.stack).to.contain('observed.test');
    expect(told.cause).to.include({ message: 'inner', code: '23505' });
  });

  it('warns of what may pass by itself, and is silent about what a client did wrong', async () => {
    const lines = await logged(async () => {
      for (const status of [500, 503, 404, 501]) {
        logProblem(status, new Error('It broke.'), { requestId: `failing-${status}` });
      }
      await Promise.resolve();
    });
    expect(lines.map(({ level, requestId }) => [level, requestId])).to.deep.equal([
      ['error', 'failing-500'],
      ['warn', 'failing-503'],
    ]);
  });

  it('names the request that failed, on both edges', async () => {
    const broken = await startApp();
    const failing = [
      { path: '/api/v1/projects', token: broken.tokens.admin, message: 'A request failed.' },
      { path: '/scim/v2/Groups', token: broken.tokens.scim, message: 'A request failed.' },
    ];
    for (const table of ['projects', 'groups'])
      await broken.core.db.raw(`alter table ${table} rename column created_at to gone`);
    for (const { path, token, message } of failing) {
      const lines = await logged(async () => {
        const { status } = await broken.request('GET', path, {
          token,
          headers: { 'X-Request-Id': 'failing-1' },
        });
        expect(status).to.equal(500);
      });
      const told = lines.find((line) => line.level === 'error');
      expect(told).to.include({ message, requestId: 'failing-1' });
    }
    await broken.stop();
  });
});

describe('health', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  it('is told without a token', async () => {
    expect((await app.request('GET', '/healthz')).status).to.equal(200);
    expect((await app.request('GET', '/readyz')).status).to.equal(200);
  });

  it('counts requests by route, not by path', async () => {
    await app.request('PATCH', '/api/v1/projects/measured', { token: app.tokens.admin, body: {} });
    await app.request('GET', '/scim/v2/Users/01890000-0000-7000-8000-000000000000', {
      token: app.tokens.scim,
    });
    const { status, headers, body } = await app.request<string>('GET', '/metrics');
    expect(status).to.equal(200);
    expect(headers.get('content-type')).to.match(/^text\/plain; version=/);
    expect(body).to.match(
      /rollcall_http_request_duration_seconds_count\{method="PATCH",route="\/api\/v1\/projects\/\{key\}",status="404"\} [1-9]/,
    );
    expect(body).not.to.match(/measured|01890000/);
  });

  it('counts SCIM requests by endpoint, whatever was answered', async () => {
    const { scim, admin } = app.tokens;
    const made = await app.request<{ id: string }>('POST', '/scim/v2/Users', {
      token: scim,
      body: { userName: 'counted' },
    });
    const asked: readonly (readonly [method: string, path: string, route: string, token?: string])[] = [
      ['GET', `/Users/${made.body.id}`, '/Users/:id', scim],
      ['GET', '/Users/01890000-0000-7000-8000-000000000001', '/Users/:id', scim],
      ['PATCH', '/users/01890000-0000-7000-8000-000000000001/', '/Users/:id', scim],
      ['DELETE', '/Groups/x%00y', '/Groups/:id', scim],
      ['GET', '/Groups/%E0%A4%A', '/Groups/:id', scim],
      ['GET', `/Users/${'9'.repeat(2_000)}`, '/Users/:id', scim],
      ['GET', '/Users?filter=nonsense', '/Users', scim],
      ['GET', '/Users', '/Users', admin],
      ['GET', '/Users', '/Users'],
      ['PUT', '/Bulk', '/Bulk', scim],
      ['POST', '/.search', '/.search', scim],
      ['GET', '/Schemas/nothing', '/Schemas/:id', scim],
      ['GET', '/Me', '/Me', scim],
      ['GET', '/', '', scim],
      ['GET', '/Users/secret-path/and-more', '/*', scim],
      ['GET', '/no-such-thing', '/*', scim],
      ['POST', '/__proto__', '/*', scim],
    ];
    for (const [method, path, route, token] of asked) {
      const { status } = await app.request(method, `/scim/v2${path}`, { token });
      await new Promise((resolve) => setTimeout(resolve, 5));
      const { body } = await app.request<string>('GET', '/metrics');
      const labels = `method="${method}",route="/scim/v2${route}",status="${status}"`;
      expect(body).to.contain(`rollcall_http_request_duration_seconds_count{${labels}}`);
    }
    const { body } = await app.request<string>('GET', '/metrics');
    const routes = new Set([...body.matchAll(/route="(\/scim[^"]*)"/g)].map(([, route]) => route));
    for (const route of routes) {
      expect(route).to.match(
        /^\/scim\/v2(\/(Users|Groups|Schemas|ResourceTypes)(\/:id)?|(\/(Users|Groups))?\/\.search|\/(Bulk|Me|ServiceProviderConfig|\*))?$/,
      );
    }
  });

  it('does not say what it is made of', async () => {
    const { headers } = await app.request('GET', '/healthz');
    expect(headers.has('x-powered-by')).to.equal(false);
    expect(headers.get('x-content-type-options')).to.equal('nosniff');
    expect(headers.get('content-security-policy')).to.contain("default-src 'none'");
  });

  it('keeps browsers from more than they need, on SCIM without what only pages need', async () => {
    const scim = (await app.request('GET', '/scim/v2/ServiceProviderConfig')).headers;
    const page = (await app.request('GET', '/docs')).headers;
    for (const headers of [scim, page]) {
      expect(headers.get('content-security-policy')).to.contain("frame-ancestors 'none'");
      expect(headers.get('x-frame-options')).to.equal('SAMEORIGIN');
      expect(headers.get('x-content-type-options')).to.equal('nosniff');
      expect(headers.get('referrer-policy')).to.equal('no-referrer');
      expect(headers.get('cross-origin-resource-policy')).to.equal('same-origin');
    }
    expect(page.get('cross-origin-opener-policy')).to.equal('same-origin');
    expect(scim.has('cross-origin-opener-policy')).to.equal(false);
  });
});
