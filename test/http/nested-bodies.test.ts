import { expect } from 'chai';
import { MAX_KEYS, MAX_NESTING, MAX_VALUES } from '../../src/http/json-limits.ts';
import { startApp, type TestApp } from '../support/app.ts';

const DEPTH = 60_000;
const ARRAYS = '['.repeat(DEPTH / 2) + ']'.repeat(DEPTH / 2);

/** Bodies of 60 KB and more that are hardly anything but depth; walking one takes more stack than there is. */
const BOMBS: Readonly<Record<string, string>> = {
  'arrays that never end': '['.repeat(DEPTH),
  'arrays in arrays': ARRAYS,
  'objects in objects': '{"a":'.repeat(DEPTH / 5) + '1' + '}'.repeat(DEPTH / 5),
  'objects that never end': '{"a":'.repeat(DEPTH / 5),
  'arrays in a member': `{"userName":"x","name":${'['.repeat(DEPTH / 2)}${']'.repeat(DEPTH / 2)}}`,
  'objects in arrays in a list of many': `[${'[{"a":'.repeat(DEPTH / 8)}1${'}]'.repeat(DEPTH / 8)},1,2]`,
  'a megabyte of depth': '['.repeat(500_000) + ']'.repeat(500_000),
};

interface Entry {
  readonly path: string;
  readonly status: number;
  readonly body: string | null;
}

describe('bodies nested deeply', () => {
  let app: TestApp;
  let user: string;

  before(async () => {
    app = await startApp();
    const made = await scim('POST', '/Users', '{"userName":"ann"}');
    user = made.body.id;
  });
  after(() => app.stop());

  const scim = (method: string, path: string, body: string) =>
    app.request<{ id: string; status: string; scimType: string }>(method, `/scim/v2${path}`, {
      token: app.tokens.scim,
      body,
    });

  for (const [what, bomb] of Object.entries(BOMBS)) {
    it(`end in 400 on both edges: ${what}`, async () => {
      for (const [method, path] of [
        ['POST', '/Users'],
        ['PUT', `/Users/${user}`],
        ['PATCH', `/Users/${user}`],
        ['POST', '/Groups'],
        ['POST', '/.search'],
        ['POST', '/Bulk'],
      ] as const) {
        const reply = await scim(method, path, bomb);
        expect(reply.status, `${method} ${path}`).to.equal(400);
        expect(reply.body.scimType, `${method} ${path}`).to.equal('invalidSyntax');
      }
      for (const [method, path] of [
        ['POST', '/projects'],
        ['PUT', '/mapping-rules'],
        ['POST', '/mapping/preview'],
      ] as const) {
        const reply = await app.request(method, `/api/v1${path}`, { token: app.tokens.admin, body: bomb });
        expect(reply.status, `${method} ${path}`).to.equal(400);
        expect(reply.body['type'], `${method} ${path}`).to.equal('urn:rollcall:problem:invalid');
      }
    });
  }

  it('are noted without their body, and what comes after them is noted too', async () => {
    await scim('POST', '/Groups', ARRAYS);
    await scim('POST', '/Groups', '{"displayName":"Testers"}');
    await app.provisioningLog.flush();
    const { body } = await app.request<{ items: Entry[] }>('GET', '/api/v1/scim-requests?limit=2', {
      token: app.tokens.admin,
    });
    expect(body.items).to.have.lengthOf(2);
    expect(body.items[0]).to.include({ status: 201, body: '{"displayName":"Testers"}' });
    expect(body.items[1]).to.include({ path: '/scim/v2/Groups', status: 400, body: null });
  });

  it('end the same way when they came in pieces, without a length', async () => {
    const stream = new ReadableStream({
      start(controller) {
        for (let sent = 0; sent < DEPTH; sent += 1_000)
          controller.enqueue(new TextEncoder().encode('['.repeat(1_000)));
        controller.enqueue(new TextEncoder().encode(']'.repeat(DEPTH)));
        controller.close();
      },
    });
    const reply = await fetch(`${app.url}/scim/v2/Users`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${app.tokens.scim}`, 'Content-Type': 'application/scim+json' },
      body: stream,
      duplex: 'half',
    });
    expect(reply.status).to.equal(400);
  });

  it('are taken up to the depth that is allowed', async () => {
    // Brackets in a text are no depth.
    const nested = (depth: number): string => `${'['.repeat(depth)}"\\"[[{{"${']'.repeat(depth)}`;
    const body = (depth: number): string => `{"userName":"deep-${depth}","unknown":${nested(depth)}}`;
    expect((await scim('POST', '/Users', body(MAX_NESTING - 1))).status).to.equal(201);
    expect((await scim('POST', '/Users', body(MAX_NESTING))).status).to.equal(400);
  });

  it('of very many values are 413 before they are parsed', async () => {
    const many = `{"displayName":"x","members":[${'0,'.repeat(MAX_VALUES)}0]}`;
    expect((await scim('POST', '/Groups', many)).status).to.equal(413);
  });

  it('of very many members in one object are 413', async () => {
    const keys = (count: number): string =>
      Array.from({ length: count }, (_, index) => `"a${index}":[1,2,{"b":1}]`).join(',');
    const body = (count: number): string => `{"userName":"wide-${count}","x":{${keys(count)}}}`;
    expect((await scim('POST', '/Users', body(MAX_KEYS))).status).to.equal(201);
    expect((await scim('POST', '/Users', body(MAX_KEYS + 1))).status).to.equal(413);
    const reply = await app.request('POST', '/api/v1/projects', {
      token: app.tokens.admin,
      body: body(MAX_KEYS + 1),
    });
    expect(reply.status).to.equal(413);
  });
});
