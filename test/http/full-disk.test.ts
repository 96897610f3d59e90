import { expect } from 'chai';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import type { Core } from '../../src/core/context/core.ts';
import type { RollcallError } from '../../src/lib/errors.ts';
import { createApp } from '../../src/server/app.ts';
import { translateError } from '../../src/store/db/errors.ts';
import { openDb } from '../../src/store/db/pool.ts';
import { writability } from '../../src/store/db/writable.ts';
import { requestsTo, startApp, type TestApp } from '../support/app.ts';

describe('a database that cannot write', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  /** What /readyz says of a core. */
  const readyOf = async (core: Core) => {
    const { provisioningLog } = app;
    const config = { publicUrl: app.url, rateLimitPerSecond: 0, databasePoolSize: 10 };
    const server = createServer(createApp({ core, config, secretKey: 'k'.repeat(32), provisioningLog }));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const { status, body } = await requestsTo(url)('GET', '/readyz');
      return { status, said: body.status };
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };

  it('is not ready while the disk of the embedded one has little left', async () => {
    const directory = tmpdir();
    expect(await readyOf({ ...app.core, storage: { directory } })).to.deep.equal({
      status: 200,
      said: 'ready',
    });
    const full = await readyOf({ ...app.core, storage: { directory, minFreeBytes: 2 ** 60 } });
    expect(full.status).to.equal(503);
    expect(full.said).to.match(/^the disk is full: \d+ MB are left/);
  });

  it('says that its disk is full also when it does not answer', async () => {
    const db = openDb({ url: 'postgres://nobody@127.0.0.1:1/none', poolSize: 1, waitMs: 500 });
    const full = await readyOf({ db, storage: { directory: tmpdir(), minFreeBytes: 2 ** 60 } });
    expect(full.said).to.match(/^the disk is full/);
    expect(await readyOf({ db })).to.deep.equal({ status: 503, said: 'the database does not answer' });
    await db.destroy();
  });

  it('is told by whoever writes and by whoever asks, when it is read-only', async () => {
    const url = new URL(app.databaseUrl);
    url.searchParams.set('options', '-c default_transaction_read_only=on');
    const db = openDb({ url: url.href, poolSize: 2 });
    try {
      const ready = await readyOf({ ...app.core, db });
      expect(ready.status).to.equal(503);
      expect(ready.said).to.match(/^the database is read-only/);
    } finally {
      await db.destroy();
    }
  });

  it('is found out by writing to its disk, of which nothing is left behind', async () => {
    expect(await writability(app.core.db)).to.equal('writable');
    // What is written is more than nothing: with a limit of nothing it is refused.
    const url = new URL(app.databaseUrl);
    url.searchParams.set('options', '-c temp_file_limit=0');
    const db = openDb({ url: url.href, poolSize: 1 });
    const refused = await writability(db).catch((error: unknown) => error);
    await db.destroy();
    expect((refused as Error).cause).to.include({ code: '53400' });
  });

  it('is 503 with the reason, and with when to try again', () => {
    for (const [code, reason] of [
      ['53100', /disk of the database is full/],
      ['25006', /read-only/],
    ] as const) {
      const busy = translateError(
        Object.assign(new Error('could not extend file'), { code }),
      ) as RollcallError;
      expect(busy.kind).to.equal('busy');
      expect(busy.message).to.match(reason);
      expect(busy.retryAfter).to.equal(30);
    }
  });
});
