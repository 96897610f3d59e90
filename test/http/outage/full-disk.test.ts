import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { requestsTo } from '../../support/app.ts';
import { makeTemporaryDirectory } from '../../support/postgres.ts';
import { type ServerProcess, startProcess } from '../../support/process.ts';

const TOKEN = 'scim-token-of-the-full-disk-0123456789';

/** A small disk of its own; undefined where this machine does not let us have one. */
async function mountSmallDisk(): Promise<string | undefined> {
  const directory = await makeTemporaryDirectory('rollcall-disk-');
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=160m,mode=755', 'tmpfs', directory], {
      stdio: 'ignore',
    });
    return directory;
  } catch {
    await rm(directory, { recursive: true });
    return undefined;
  }
}

async function fill(file: string): Promise<void> {
  const handle = await open(file, 'w');
  try {
    for (const size of [1024 * 1024, 4096]) {
      const block = Buffer.alloc(size, 'x');
      for (;;) await handle.write(block);
    }
  } catch (error) {
    expect((error as { code?: string }).code).to.equal('ENOSPC');
  } finally {
    await handle.close();
  }
}

describe('a disk that is full', function () {
  this.timeout(120_000);
  let disk: string | undefined;
  let server: ServerProcess | undefined;

  before(async function () {
    disk = await mountSmallDisk();
    if (disk === undefined) this.skip();
  });
  after(async () => {
    server?.signal('SIGKILL');
    await server?.ended;
    if (disk === undefined) return;
    for (let tries = 0; ; tries++) {
      try {
        execFileSync('umount', [disk], { stdio: 'ignore' });
        break;
      } catch (error) {
        if (tries > 100) throw error;
        await sleep(100);
      }
    }
    await rm(disk, { recursive: true });
  });

  it('is told by /readyz and by what is refused, and all is well again once there is space', async () => {
    const directory = disk!;
    server = await startProcess({
      DATA_DIR: join(directory, 'data'),
      SCIM_TOKEN: TOKEN,
      RATE_LIMIT_PER_SECOND: '0',
    });
    await server.listening;
    const request = requestsTo(server.url);
    const create = (name: string) =>
      request('POST', '/scim/v2/Users', {
        token: TOKEN,
        body: { userName: name, title: randomBytes(400).toString('hex') },
      });
    expect((await create('before@x.io')).status).to.equal(201);
    expect((await request('GET', '/readyz')).status).to.equal(200);

    await fill(join(directory, 'filler'));
    const { bavail } = await statfs(directory);
    expect(bavail).to.equal(0);
    const full = await request('GET', '/readyz');
    expect(full.status).to.equal(503);
    expect(full.body.status).to.match(/^the disk is full/);

    const refused: string[] = [];
    const made: string[] = ['before@x.io'];
    for (let i = 0; i < 3_000 && refused.length < 30; i++) {
      const reply = await create(`user-${i}@x.io`);
      if (reply.status === 201) made.push(`user-${i}@x.io`);
      else {
        expect(reply.status).to.equal(503);
        expect(reply.headers.get('retry-after')).to.match(/^[1-9]\d*$/);
        refused.push(String(reply.body.detail));
      }
    }
    expect(refused).to.have.length(30);
    expect(new Set(refused)).to.include(
      'The disk of the database is full: nothing can be changed until there is space again.',
    );
    expect((await request('GET', '/readyz')).body.status).to.match(/^the disk is full/);

    await rm(join(directory, 'filler'));
    for (let waited = 0; waited < 60_000; waited += 250) {
      if ((await request('GET', '/readyz')).status === 200) break;
      await sleep(250);
    }
    expect((await request('GET', '/readyz')).body.status).to.equal('ready');
    expect((await create('after@x.io')).status).to.equal(201);
    const { body } = await request<{ totalResults: number }>('GET', '/scim/v2/Users?count=0', {
      token: TOKEN,
    });
    expect(body.totalResults).to.be.at.least(made.length + 1);
  });
});
