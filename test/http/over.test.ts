import { expect } from 'chai';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isOver, whenOver } from '../../src/http/over.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { metrics } from '../../src/lib/metrics.ts';
import { heldIn } from '../../tools/soak/report.ts';
import { newWorkspace } from '../scim/http/client.ts';
import { startApp, type TestApp } from '../support/app.ts';

/** Sends a text on a connection of its own, and resets it after so long; 0 is at once when it was written. */
function sendAndReset(url: string, text: string, afterMs: number): Promise<void> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(text, () => {
        if (afterMs === 0) setImmediate(() => socket.resetAndDestroy());
        else setTimeout(() => socket.resetAndDestroy(), afterMs);
      });
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
}

/** What is held by a limit, once it is so much, or after so long. */
async function heldSoon(limit: string, wanted: number, withinMs = 5_000): Promise<number> {
  const until = Date.now() + withinMs;
  for (;;) {
    const lines = (await metrics.metrics()).split('\n');
    const now = Number(
      lines
        .find((line) => line.startsWith(`rollcall_held{limit="${limit}"}`))
        ?.split(' ')
        .at(-1),
    );
    if (now === wanted || Date.now() > until) return now;
    await sleep(20);
  }
}

describe('the end of an answer', () => {
  let server: Server;
  const answers: { readonly req: IncomingMessage; readonly res: ServerResponse }[] = [];

  before(async () => {
    server = createHttpServer((req, res) => void answers.push({ req, res }));
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(() => answers.splice(0));
  after(() => new Promise((resolve) => server.close(resolve)));

  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  it('is told of all that wait on a connection that is reset, also when it is asked for later', async () => {
    const told: string[] = [];
    const reset = sendAndReset(url(), 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3), 100);
    while (answers.length < 3) await sleep(5);
    for (const [at, { res }] of answers.entries()) {
      whenOver(res, () => told.push(`${at} first`));
      whenOver(res, () => told.push(`${at} second`));
    }
    await reset;
    while (!answers.every(({ res }) => isOver(res))) await sleep(5);
    await sleep(20);
    expect(told.sort()).to.deep.equal(['0 first', '0 second', '1 first', '1 second', '2 first', '2 second']);
    whenOver(answers[2]!.res, () => told.push('late'));
    expect(told.at(-1)).to.equal('late');
    // What is written all the same goes nowhere and tells nothing twice.
    for (const { res } of answers) res.end('x');
    await sleep(20);
    expect(told).to.have.length(7);
  });

  it('is told once of each that was read', async () => {
    const told: number[] = [];
    const asking = [fetch(url()), fetch(url())];
    while (answers.length < 2) await sleep(5);
    for (const [at, { res }] of answers.entries()) {
      whenOver(res, () => told.push(at));
      res.end('x');
    }
    for (const one of asking) await (await one).text();
    await sleep(20);
    expect(told.sort()).to.deep.equal([0, 1]);
  });

  it('is listened for nowhere else', async () => {
    const src = fileURLToPath(new URL('../../src/', import.meta.url));
    const files = (await readdir(src, { recursive: true })).filter((file) => file.endsWith('.ts'));
    const listening: string[] = [];
    for (const file of files) {
      const text = await readFile(`${src}${file}`, 'utf8');
      if (/\bres\??\s*\.(?:on|once|addListener)\(\s*'close'/.test(text)) listening.push(file);
    }
    expect(listening).to.deep.equal(['http/over.ts']);
  });
});

describe('clients that hang up', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp({ jobs: null });
  });
  after(() => app.stop());

  const head = (token: string, line: string, ...more: readonly string[]) =>
    [`${line} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${token}`, ...more, '', ''].join('\r\n');

  it('hold no place for requests that they sent ahead', async () => {
    const { token, scim } = await newWorkspace(app);
    const get = head(token, 'GET /scim/v2/Users?count=1');
    for (let n = 0; n < 4; n += 1) await sendAndReset(app.url, get.repeat(120), 12);
    for (let n = 0; n < 60; n += 1) await sendAndReset(app.url, get.repeat(8), n % 12);
    expect(await heldSoon('requests', 0)).to.equal(0);
    expect((await scim('GET', '/Users?count=1')).status).to.equal(200);
  });

  it('hold no part of the budget for bodies that they announced', async () => {
    const { token, scim } = await newWorkspace(app);
    const type = 'Content-Type: application/scim+json';
    const post = head(token, 'POST /scim/v2/Groups', type, 'Content-Length: 9000000');
    for (let n = 0; n < 60; n += 1) {
      await sendAndReset(app.url, `${post}{`, n % 3);
      await sleep(5);
    }
    expect(await heldSoon('requests', 0)).to.equal(0);
    expect(await heldSoon('bodies', 0)).to.equal(0);
    const large = { displayName: 'Large', members: [], padding: 'x'.repeat(12 * 1_048_576) };
    expect((await scim('POST', '/Groups', { body: large })).status).to.equal(201);
  });

  it('show in the metrics what they hold until they are gone', async () => {
    const { token } = await newWorkspace(app);
    const { hostname, port } = new URL(app.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    const type = 'Content-Type: application/scim+json';
    socket.write(head(token, 'POST /scim/v2/Groups', type, 'Content-Length: 1065536'));
    expect(await heldSoon('bodies', 1_000_000)).to.equal(1_000_000);
    const ofClients = async () =>
      heldIn(await metrics.metrics()).filter((line) => /"(?:bodies|requests)"/.test(line));
    expect((await ofClients()).sort()).to.deep.equal([
      'rollcall_held{limit="bodies"} 1000000',
      'rollcall_held{limit="requests"} 1',
    ]);
    // What is announced and does not come counts for five seconds.
    expect(await heldSoon('bodies', 0, 7_000)).to.equal(0);
    socket.resetAndDestroy();
    expect(await heldSoon('requests', 0)).to.equal(0);
    expect(await ofClients()).to.deep.equal([]);
    expect(heldIn('')).to.have.length(1);
  }).timeout(20_000);

  it('hold no export that they asked for ahead', async () => {
    const { admin } = app.tokens;
    const verify = head(admin, 'GET /api/v1/audit/verify');
    const csv = head(admin, 'GET /api/v1/exports/audit.csv');
    for (let n = 0; n < 20; n += 1) await sendAndReset(app.url, verify + csv.repeat(3), n);
    expect(await heldSoon('exports', 0)).to.equal(0);
    expect(await heldSoon('requests', 0)).to.equal(0);
    const { status } = await app.request('GET', '/api/v1/exports/audit.csv', { token: admin });
    expect(status).to.equal(200);
  });

  it('are answered in order when they stay', async () => {
    const { token } = await newWorkspace(app);
    const { hostname, port } = new URL(app.url);
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => (text += part));
    const paths = ['/scim/v2/Users?count=1', '/healthz', '/scim/v2/Groups', '/nowhere', '/healthz'];
    socket.write(paths.map((path) => head(token, `GET ${path}`)).join(''));
    const statuses = () => [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));
    for (let n = 0; n < 1_000 && statuses().length < paths.length; n += 1) await sleep(5);
    socket.destroy();
    expect(statuses()).to.deep.equal([200, 200, 200, 404, 200]);
  });

  it('lose a connection on which they send too many ahead', async () => {
    const { token } = await newWorkspace(app);
    const { hostname, port } = new URL(app.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined).resume();
    socket.write(head(token, 'GET /scim/v2/Users?count=1').repeat(20));
    await once(socket, 'close');
    const lines = (await metrics.metrics()).split('\n');
    expect(lines.some((line) => line.includes('limit="requests ahead"'))).to.equal(true);
  });
});
