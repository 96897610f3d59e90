import { expect } from 'chai';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { grouped } from '../../tools/fuzz/findings.ts';
import { fuzz, type FuzzOptions, type FuzzResult } from '../../tools/fuzz/run.ts';
import { runningTarget } from '../../tools/fuzz/target-server.ts';

/** Fuzzes a server that answers by `statusOf`, and destroys the connection where that is 0. */
async function fuzzed(
  statusOf: (method: string, path: string, serial: number) => number,
  more: Partial<FuzzOptions> = {},
): Promise<FuzzResult & { readonly asked: readonly string[] }> {
  const asked: string[] = [];
  const server = createServer((req, res) => {
    void req.resume().on('end', () => {
      asked.push(`${req.method ?? ''} ${req.url ?? ''}`);
      const status = statusOf(req.method ?? '', req.url ?? '', asked.length);
      if (status === 0) req.socket.destroy();
      else res.writeHead(status, { 'Content-Type': 'application/scim+json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const target = runningTarget(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'token');
  try {
    const result = await fuzz({
      target,
      seed: 7,
      requests: 300,
      concurrency: 4,
      milliseconds: 60_000,
      onProgress: () => undefined,
      ...more,
    });
    return { ...result, asked };
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('The fuzzer', function () {
  this.timeout(60_000);

  it('finds nothing where nothing is wrong', async () => {
    const isMe = (path: string) => /^\/scim\/v2\/me(?:[/?]|$)/i.test(path);
    const { findings, sent, crash } = await fuzzed((_method, path) => (isMe(path) ? 501 : 200));
    expect(findings.map(({ what }) => what)).to.deep.equal([]);
    expect({ sent, crash }).to.deep.equal({ sent: 300, crash: undefined });
  });

  it('finds every 5xx, and tells those of one endpoint as one', async () => {
    const { findings } = await fuzzed((method, path) =>
      method === 'PATCH' && /Users/.test(path) ? 500 : 200,
    );
    expect(findings).not.to.have.lengthOf(0);
    expect(new Set(findings.map(({ what }) => what))).to.deep.equal(new Set(['answered with 500']));
    const [first] = grouped(findings);
    expect(first?.[0]?.request.bytes.toString()).to.match(/^PATCH \/scim\/v2\/\S*Users/);
  });

  it('finds 501 and 503 but where the RFC has them', async () => {
    const { findings } = await fuzzed((_method, path) =>
      /Groups/.test(path) ? 501 : /Bulk/.test(path) ? 503 : 200,
    );
    const whats = new Set(findings.map(({ what }) => what));
    expect(whats).to.deep.equal(new Set(['answered with 501', 'answered with 503']));
  });

  it('finds a connection that is closed without an answer, and a server that no longer answers', async () => {
    const { findings, crash } = await fuzzed((_method, _path, serial) => (serial > 200 ? 0 : 200));
    expect(findings.some(({ what }) => what.startsWith('no answer'))).to.equal(true);
    expect(crash).to.contain('at the end a list is answered with');
  });

  it('sends the same for the same seed, and something else for another', async () => {
    const once = { requests: 80, concurrency: 1 };
    const [first, again, other] = [
      await fuzzed(() => 200, once),
      await fuzzed(() => 200, once),
      await fuzzed(() => 200, { ...once, seed: 8 }),
    ];
    expect(again.asked).to.deep.equal(first.asked);
    expect(other.asked).not.to.deep.equal(first.asked);
  });

  it('ends in time', async () => {
    const { sent } = await fuzzed(() => 200, { requests: 1_000_000, milliseconds: 300 });
    expect(sent).to.be.lessThan(1_000_000);
  });

  it('takes loopback addresses only', () => {
    for (const base of ['http://127.0.0.1:3000', 'http://[::1]:3000', 'http://localhost:3000/scim/v2']) {
      expect(runningTarget(base, 'token')).to.have.property('port', 3000);
    }
    for (const base of [
      'https://example.com',
      'http://10.0.0.1',
      'http://0.0.0.0:3000',
      'http://127.0.0.1.example.com',
    ]) {
      expect(() => runningTarget(base, 'token'), base).to.throw('loopback');
    }
  });
});
