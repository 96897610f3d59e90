import { expect } from 'chai';
import { once } from 'node:events';
import { chmod, chown, lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { verifyToken } from '../../src/core/workspaces/tokens.ts';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded.ts';
import { shortHash } from '../../src/embedded-postgres/place.ts';
import { thisProcess } from '../../src/embedded-postgres/processes.ts';
import { ask } from '../../src/embedded-postgres/ready.ts';
import { socketUrl } from '../../src/embedded-postgres/url.ts';
import { openDb } from '../../src/store/db/pool.ts';
import { makeTemporaryDirectory } from '../support/postgres.ts';
import { query } from './support.ts';

const PASSWORD = 'p'.repeat(43);
const SOCKET = '.s.PGSQL.5432';

function message(type: string, ...parts: (Buffer | string | number)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => {
      if (typeof part !== 'number') return Buffer.from(part);
      const number = Buffer.alloc(4);
      number.writeInt32BE(part);
      return number;
    }),
  );
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const READY = message('Z', 'I');
const LET_IN = Buffer.concat([message('R', 0), READY]);
const SCRAM = message('R', 10, 'SCRAM-SHA-256\0\0');
/** The answer to any question, sent before it is asked: one row that says "yes". */
const ROW = Buffer.concat([
  message(
    'T',
    Buffer.from([0, 1]),
    'x\0',
    Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 255, 255, 255, 255, 255, 255, 0, 0]),
  ),
  message('D', Buffer.from([0, 1]), 3, 'yes'),
  message('C', 'SELECT 1\0'),
  READY,
]);

/** What a server says in turn, each time it is told something; the nonce of the client is in what it was told. */
type Script = readonly ((told: string) => Buffer | readonly Buffer[])[];

const nonceIn = (told: string) => /r=([^,]+)/.exec(told)?.[1] ?? '';
const firstOf = (told: string) => message('R', 11, `r=${nonceIn(told)}more,s=c2FsdA==,i=1`);

const IMPOSTORS: Readonly<Record<string, Script>> = {
  'lets everybody in': [() => LET_IN, () => ROW],
  'lets everybody in and answers before it is asked': [() => Buffer.concat([LET_IN, ROW])],
  'is ready without a word about passwords': [() => Buffer.concat([READY, ROW])],
  'sends rows before anything else': [() => ROW],
  'asks for the password in clear': [() => message('R', 3), () => LET_IN],
  'asks for the password in clear, byte by byte': [
    () => [...message('R', 3)].map((byte) => Buffer.from([byte])),
    () => LET_IN,
  ],
  'asks for its MD5': [() => message('R', 5, 'salt'), () => LET_IN],
  'begins SCRAM and then lets us in': [() => SCRAM, () => LET_IN],
  'goes half the way of SCRAM and then lets us in': [() => SCRAM, firstOf, () => LET_IN],
  'ends SCRAM with a wrong signature': [
    () => SCRAM,
    firstOf,
    () => Buffer.concat([message('R', 12, `v=${Buffer.alloc(32).toString('base64')}`), LET_IN, ROW]),
  ],
  'ends SCRAM before it has begun': [() => Buffer.concat([message('R', 12, 'v=AAAA'), LET_IN, ROW])],
  'offers another mechanism only': [() => message('R', 10, 'PLAIN\0\0'), () => LET_IN],
  'asks to use Kerberos': [() => message('R', 7), () => LET_IN],
  'begins a message that never ends': [() => Buffer.from([0x52, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0])],
};

describe('a server in the place of the embedded one', () => {
  let directory: string;
  let server: Server;
  let script: Script;
  const told: string[] = [];
  const sockets = new Set<Socket>();

  before(async () => {
    directory = await makeTemporaryDirectory('rollcall-impostor-');
    server = createServer((socket) => {
      let turn = 0;
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.setEncoding('latin1').on('data', (text: string) => {
        told.push(text);
        const said = script[turn++]?.(text) ?? [];
        for (const part of Buffer.isBuffer(said) ? [said] : said) socket.write(part);
      });
    }).listen(join(directory, SOCKET));
    await once(server, 'listening');
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await rm(directory, { recursive: true, force: true });
  });

  for (const [what, says] of Object.entries(IMPOSTORS)) {
    it(`that ${what} is asked nothing, and never told the password`, async () => {
      script = says;
      told.length = 0;
      const url = socketUrl(directory, PASSWORD);
      const db = openDb({ url, poolSize: 2, waitMs: 1_500 });
      try {
        const answer = await verifyToken({ db }, 'an-invented-token-0123456789-0123456789').catch(
          (error: unknown) => error,
        );
        expect(answer).to.include({ kind: 'busy' });
        const stated = await ask(url);
        expect(stated).to.be.oneOf(['impostor', 'down']);
      } finally {
        await db.destroy();
      }
      expect(told.join('')).not.to.contain(PASSWORD);
      expect(told.join('')).not.to.match(/select|md5/i);
    });
  }
});

describe("the embedded PostgreSQL's socket", () => {
  let parent: string;
  const isRoot = process.getuid?.() === 0;
  const socketOf = (url: string) => new URL(url).searchParams.get('host')!;
  const refusalOf = (promise: Promise<unknown>) =>
    promise.then(
      () => '',
      (error: unknown) => (error as Error).message,
    );

  before(async () => {
    parent = await makeTemporaryDirectory('rollcall-socket-');
  });
  after(() => rm(parent, { recursive: true, force: true }));

  it('is in the cluster, which is closed to others, not under a name that others know', async () => {
    const directory = join(parent, 'postgres');
    // Where it was before: whoever made it first was the server.
    const known = join('/tmp', `rollcall-${shortHash(directory)}`);
    await mkdir(known, { mode: 0o777 });
    const database = await startEmbeddedPostgres({ directory, durable: false });
    try {
      const socket = socketOf(database.url);
      expect(socket).to.equal(join(directory, 'socket'));
      expect((await lstat(socket)).mode & 0o777).to.equal(0o700);
      expect((await lstat(directory)).mode & 0o077).to.equal(0);
      expect(await readdir(known)).to.deep.equal([]);
    } finally {
      await database.stop();
      await rm(known, { recursive: true });
    }
  });

  it('has a random name where the path of the cluster is too long, and is taken away', async () => {
    const directory = join(parent, 'x'.repeat(100), 'postgres');
    const seen = new Set<string>();
    for (let start = 0; start < 2; start++) {
      const database = await startEmbeddedPostgres({ directory, durable: false });
      const socket = socketOf(database.url);
      try {
        const { mode, uid } = await lstat(socket);
        expect(mode & 0o777).to.equal(0o700);
        expect(uid).to.equal((await lstat(directory)).uid);
        const attached = await startEmbeddedPostgres({ directory });
        expect(attached.url).to.equal(database.url);
        expect(await query(attached.url, 'select 1 as one')).to.deep.equal([{ one: 1 }]);
      } finally {
        await database.stop();
      }
      seen.add(socket);
      expect(await refusalOf(lstat(socket))).to.contain('ENOENT');
    }
    expect(seen.size).to.equal(2);
  });

  it('is not used when a directory of its name is a link, or the cluster would be reached through one', async () => {
    const directory = join(parent, 'linked');
    await (await startEmbeddedPostgres({ directory, durable: false })).stop();
    const elsewhere = await mkdtemp(join(parent, 'elsewhere-'));
    await symlink(elsewhere, join(directory, 'socket'));
    const refusal = await refusalOf(startEmbeddedPostgres({ directory, durable: false }));
    expect(refusal).to.contain('is not a directory');
    expect(await readdir(elsewhere)).to.deep.equal([]);
  });

  it('is not attached to when it is open to others, theirs, or its server does not know the password', async () => {
    const directory = join(parent, 'attached');
    await (await startEmbeddedPostgres({ directory, durable: false })).stop();
    const fake = await mkdtemp(join(parent, 'fake-'));
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.write(LET_IN));
    }).listen(join(fake, SOCKET));
    await once(server, 'listening');
    const ownerFile = `${directory}.owner.json`;
    await writeFile(ownerFile, JSON.stringify({ ...(await thisProcess()), socket: fake, version: '17.1' }));
    const attach = () => refusalOf(startEmbeddedPostgres({ directory }));
    try {
      expect(await attach()).to.contain('does not know the same password');
      await chmod(fake, 0o777);
      expect(await attach()).to.contain('is open to other users');
      if (isRoot) {
        await chmod(fake, 0o700);
        await chown(fake, 4711, 4711);
        expect(await attach()).to.contain('belongs to another user');
      }
      await writeFile(
        ownerFile,
        JSON.stringify({ ...(await thisProcess()), url: 'postgres://rollcall@localhost' }),
      );
      expect(await attach()).to.contain('an earlier version of Rollcall');
    } finally {
      server.close();
      await rm(ownerFile);
    }
  });
});
