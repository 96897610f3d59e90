import { expect } from 'chai';
import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHttpServer, type HttpLimits } from '../../src/http/server.ts';
import { setLogLevel } from '../../src/lib/log.ts';
import { metrics } from '../../src/lib/metrics.ts';

const MIB = 1_048_576;
/** More than the system takes for a client that reads nothing. */
const LARGE = 24 * MIB;
const PACE = { bytesPerSecond: 16 * MIB, patienceMs: 1_000 };

describe('connections', () => {
  const servers: Server[] = [];
  const clients: Socket[] = [];

  before(() => setLogLevel('silent'));
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  /** A server, and how to open a connection to it; `/` is answered by `answer`. */
  async function serve(limits: HttpLimits, answer: (res: ServerResponse) => void): Promise<() => Socket> {
    const server = createHttpServer((req, res) => {
      req.resume();
      if (req.url === '/small') res.end('small');
      else answer(res);
    }, limits);
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return () => {
      const client = connect(port, '127.0.0.1');
      client.on('error', () => undefined);
      clients.push(client);
      return client;
    };
  }

  const get = (client: Socket, path = '/') => client.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  const isClosed = (client: Socket, withinMs: number): Promise<boolean> =>
    Promise.race([once(client, 'close').then(() => true), sleep(withinMs, false)]);
  const refused = async (limit: string): Promise<number> => {
    const lines = (await metrics.metrics()).split('\n');
    const line = lines.find((one) => one.startsWith('rollcall_refused_total{') && one.includes(`"${limit}"`));
    return Number(line?.split(' ').at(-1) ?? 0);
  };

  /** Reads a part every tenth of a second; answers how many bytes came until the connection was closed. */
  async function readSlowly(client: Socket, bytesPerSecond: number): Promise<number> {
    let total = 0;
    client.on('data', (part: Buffer) => {
      total += part.length;
      client.pause();
      setTimeout(() => client.resume(), (part.length / bytesPerSecond) * 1000);
    });
    await once(client, 'close');
    return total;
  }

  /** Writes a large answer in parts, each when the one before has gone. */
  async function writeInParts(res: ServerResponse): Promise<void> {
    for (let at = 0; at < LARGE && !res.destroyed; at += MIB / 16)
      await new Promise<unknown>((resolve) => res.write(Buffer.alloc(MIB / 16), resolve));
    res.end();
  }

  it('are cut off when an answer that was written whole is not read in time', async () => {
    const before = await refused('answer speed');
    const open = await serve({ pace: PACE }, (res) => res.end(Buffer.alloc(LARGE)));
    const client = open().pause();
    get(client);
    await sleep(1_500);
    expect(client.destroyed).to.equal(false);
    client.resume();
    // What the system had taken comes; the rest doesn't.
    await sleep(10);
    client.pause();
    await sleep(4_000);
    client.resume();
    expect(await isClosed(client, 2_000)).to.equal(true);
    expect(client.bytesRead).to.be.below(LARGE);
    expect(await refused('answer speed')).to.equal(before + 1);
  }).timeout(20_000);

  it('are cut off when an answer that is written in parts is read a little at a time', async () => {
    const before = await refused('answer speed');
    const open = await serve({ pace: PACE }, (res) => void writeInParts(res));
    const client = open();
    get(client);
    expect(await readSlowly(client, MIB)).to.be.below(LARGE);
    expect(await refused('answer speed')).to.equal(before + 1);
  }).timeout(30_000);

  it('stay while answers are read fast enough, or are small, or come late', async () => {
    const before = await refused('answer speed');
    const open = await serve({ pace: { ...PACE, bytesPerSecond: MIB } }, (res) => void writeInParts(res));
    const reading = open();
    get(reading);
    const [small, waiting] = [open().pause(), open()];
    get(small, '/small');
    let total = 0;
    reading.on('data', (part: Buffer) => {
      total += part.length;
      reading.pause();
      setTimeout(() => reading.resume(), (part.length / (6 * MIB)) * 1000);
    });
    while (total < LARGE) await sleep(50);
    expect([reading, small, waiting].map(({ destroyed }) => destroyed)).to.deep.equal([false, false, false]);
    expect(await refused('answer speed')).to.equal(before);
  }).timeout(30_000);

  it('are cut off when the answers that one workspace does not read are too many', async () => {
    const open = await serve({ unsentPerWorkspace: 50 * MIB }, (res) => res.end(Buffer.alloc(LARGE)));
    const all = Array.from({ length: 5 }, () => open().pause());
    for (const client of all) get(client);
    await sleep(2_500);
    for (const client of all) client.resume();
    const closed = await Promise.all(all.map((client) => isClosed(client, 1_000)));
    expect(closed.filter(Boolean)).to.have.length(3);
  });

  it('that are idle make way for new ones, those of the same address first', async () => {
    const held: ServerResponse[] = [];
    const open = await serve({ perAddress: 4 }, (res) => void held.push(res));
    const busy = open();
    get(busy);
    while (held.length === 0) await sleep(5);
    const idle = Array.from({ length: 3 }, () => open().resume());
    await Promise.all(idle.map((client) => once(client, 'connect')));
    await sleep(50);
    const more = open();
    get(more, '/small');
    const [answered] = (await once(more, 'data')) as [Buffer];
    expect(answered.toString()).to.contain('200 OK');
    expect(idle[0]!.destroyed || (await isClosed(idle[0]!, 500))).to.equal(true);
    expect([busy, idle[1]!, idle[2]!].map(({ destroyed }) => destroyed)).to.deep.equal([false, false, false]);

    for (const client of [idle[1]!, idle[2]!, more]) get(client);
    while (held.length < 4) await sleep(5);
    const before = await refused('connections');
    expect(await isClosed(open().resume(), 1_000), 'one too many').to.equal(true);
    expect(await refused('connections')).to.equal(before + 1);
    held[0]!.end('done');
    await once(busy, 'data');
    get(open(), '/small');
    expect(busy.destroyed || (await isClosed(busy, 1_000))).to.equal(true);
  });

  it('are closed when a request does not come in time, with 408', async () => {
    const before = await refused('request time');
    const open = await serve({ requestMs: 500 }, (res) => res.end('whole'));
    const [silent, headers, body] = [open(), open(), open()];
    let answered = '';
    headers.write('GET / HTTP/1.1\r\nHost:');
    headers.setEncoding('utf8').on('data', (text: string) => (answered += text));
    body.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc');
    body.resume();
    silent.resume();
    const all = await Promise.all([silent, headers, body].map((client) => isClosed(client, 4_000)));
    expect(all).to.deep.equal([true, true, true]);
    expect(answered).to.match(/^HTTP\/1\.1 408 /);
    expect(await refused('request time')).to.be.at.least(before + 2);
  });
});
