import { expect } from 'chai';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { newWorkspace } from '../scim/http/client.ts';
import { startApp, type TestApp } from '../support/app.ts';

const MIB = 1_048_576;

/** What a hostile workspace can make the server hold by sending bodies and not ending them. */
describe('the budget for bodies', () => {
  let app: TestApp;
  const clients: Socket[] = [];

  before(async () => {
    app = await startApp({ jobs: null });
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy();
  });
  after(() => app.stop());

  interface Sending {
    readonly socket: Socket;
    /** What has been answered so far. */
    readonly answered: () => string;
  }

  /** Begins a request for a group, with a body of which more may follow. */
  async function begin(token: string, headers: string, ...parts: (string | Buffer)[]): Promise<Sending> {
    const { hostname, port } = new URL(app.url);
    const socket = connect(Number(port), hostname);
    clients.push(socket);
    let answered = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answered += text));
    socket.on('error', () => undefined);
    socket.write(
      `POST /scim/v2/Groups HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
        `Content-Type: application/scim+json\r\n${headers}\r\n\r\n`,
    );
    for (const part of parts)
      if (!socket.write(part)) await Promise.race([once(socket, 'drain'), sleep(2_000)]);
    return { socket, answered: () => answered };
  }

  const CHUNKED = 'Transfer-Encoding: chunked';
  const chunk = (bytes: number) => `${bytes.toString(16)}\r\n${' '.repeat(bytes)}\r\n`;
  const status = ({ answered }: Sending) => Number(/^HTTP\/1\.1 (\d+)/.exec(answered())?.[1] ?? 0);

  it('is each workspace’s own, and leaves small ones alone', async () => {
    const [hostile, quiet] = [await newWorkspace(app), await newWorkspace(app)];
    const sending: Sending[] = [];
    for (let n = 0; n < 12; n += 1) sending.push(await begin(hostile.token, CHUNKED, chunk(2 * MIB)));
    while (sending.filter((one) => status(one) !== 0).length < 4) await sleep(20);
    await sleep(200);
    const refusedOnes = sending.filter((one) => status(one) !== 0);
    expect(refusedOnes.map(status)).to.deep.equal(Array<number>(refusedOnes.length).fill(429));
    expect(refusedOnes.length).to.be.within(4, 5);
    expect(refusedOnes[0]!.answered())
      .to.match(/Retry-After: \d/i)
      .and.to.contain('16 MiB');

    // Small ones of its own, and large ones of others.
    const one = (await hostile.scim('POST', '/Users', { body: { userName: 'small' } })) as { status: number };
    expect(one.status).to.equal(201);
    const large = { displayName: 'Large', members: [], padding: 'x'.repeat(3 * MIB) };
    expect((await quiet.scim('POST', '/Groups', { body: large })).status).to.equal(201);

    // When they end, there is room again.
    for (const { socket } of sending) socket.destroy();
    for (;;) {
      const { status: again } = await hostile.scim('POST', '/Groups', { body: large });
      if (again === 201) break;
      expect(again).to.equal(429);
      await sleep(20);
    }
  }).timeout(60_000);

  it('counts what a length announces before it comes, and lets the connection be used again', async () => {
    const { token } = await newWorkspace(app);
    const length = (bytes: number) => `Content-Length: ${bytes}`;
    const first = await begin(token, length(12 * MIB), ' ');
    await sleep(200);
    const second = await begin(token, length(6 * MIB));
    while (status(second) === 0) await sleep(10);
    expect(status(second)).to.equal(429);
    expect(status(first)).to.equal(0);
    // What was refused is thrown away as it comes; the next request on the connection is answered.
    for (let n = 0; n < 6; n += 1)
      if (!second.socket.write(' '.repeat(MIB))) await once(second.socket, 'drain');
    second.socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    while (!second.answered().includes('"ok"')) await sleep(10);
  }).timeout(30_000);

  it('counts what is compressed as the most that may come of it', async () => {
    const { token } = await newWorkspace(app);
    const body = gzipSync(Buffer.alloc(15 * MIB, ' '));
    const headers = `Content-Encoding: gzip\r\nContent-Length: ${body.length}`;
    const first = await begin(token, headers, body.subarray(0, -1));
    await sleep(200);
    const second = await begin(token, headers, body.subarray(0, -1));
    while (status(second) === 0) await sleep(10);
    expect(status(second)).to.equal(429);
    expect(status(first)).to.equal(0);
  }).timeout(30_000);
});

describe('requests under way', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp({ jobs: null });
  });
  after(() => app.stop());

  it('are so many of a workspace at once, and others have theirs', async () => {
    const [hostile, quiet] = [await newWorkspace(app), await newWorkspace(app)];
    const { hostname, port } = new URL(app.url);
    const clients = Array.from({ length: 260 }, () => {
      const socket = connect(Number(port), hostname);
      socket.write(
        `POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${hostile.token}\r\n` +
          'Content-Type: application/scim+json\r\nContent-Length: 100\r\n\r\n{',
      );
      let answered = '';
      socket.setEncoding('utf8').on('data', (text: string) => (answered += text));
      return { socket, answered: () => answered };
    });
    try {
      while (clients.filter(({ answered }) => answered() !== '').length < 10) await sleep(20);
      await sleep(200);
      const refused = clients.filter(({ answered }) => answered() !== '');
      expect(refused).to.have.length(10);
      expect(refused[0]!.answered()).to.match(/^HTTP\/1\.1 429 /);
      expect((await hostile.scim('GET', '/Users')).status).to.equal(429);
      expect((await quiet.scim('GET', '/Users')).status).to.equal(200);
    } finally {
      for (const { socket } of clients) socket.destroy();
    }
    for (;;) {
      const { status } = await hostile.scim('GET', '/Users');
      if (status === 200) break;
      await sleep(20);
    }
  }).timeout(30_000);
});
