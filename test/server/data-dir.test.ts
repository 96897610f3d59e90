import { expect } from 'chai';
import {
  chmod,
  chown,
  lchown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileMailer } from '../../src/mail/mailer.ts';
import { prepareDataDir } from '../../src/server/data-dir.ts';
import { keptSecretKey } from '../../src/server/secret-key.ts';

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
const isRoot = process.getuid?.() === 0;

async function refusalOf(promise: Promise<unknown>): Promise<string> {
  const text = await promise.then(
    () => '',
    (error: unknown) => (error as Error).message,
  );
  expect(text.split('\n')).to.have.length(1);
  return text;
}

describe('the data directory', () => {
  let parent: string;
  let data: string;
  let file: string;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'rollcall-data-'));
    data = join(parent, 'data');
    file = join(data, 'secret-key');
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  it('is closed to others, whatever the umask; what is not ours is left as it is', async () => {
    const before = process.umask(0);
    try {
      await keptSecretKey(data);
    } finally {
      process.umask(before);
    }
    expect(await modeOf(data)).to.equal(0o700);
    await chmod(data, 0o755);
    await prepareDataDir(data);
    expect(await modeOf(data)).to.equal(0o700);
    const other = join(parent, 'other');
    await mkdir(other, { mode: 0o755 });
    await writeFile(join(other, 'letter.txt'), 'dear');
    await prepareDataDir(other);
    expect(await modeOf(other)).to.equal(0o755);
  });

  it('is refused where others can put something else in its place', async () => {
    const open = join(parent, 'open');
    await mkdir(open);
    await chmod(open, 0o777);
    expect(await refusalOf(keptSecretKey(join(open, 'data')))).to.contain(`other users may write in ${open}`);
    await mkdir(join(parent, 'writable'));
    await chmod(join(parent, 'writable'), 0o777);
    expect(await refusalOf(keptSecretKey(join(parent, 'writable')))).to.contain('other users may write');
    // A shared directory in which each can only touch their own, such as /tmp: good as a parent, not as itself.
    await chmod(open, 0o1777);
    expect(await keptSecretKey(join(open, 'data'))).to.match(/^[0-9a-f]{64}$/);
    expect(await refusalOf(keptSecretKey(open))).to.contain('other users may write');
    expect(await readdir(open)).to.deep.equal(['data']);
  });

  it('is refused behind a link or a directory that somebody else planted', async function () {
    if (!isRoot) return this.skip();
    const shared = join(parent, 'shared');
    await chmod(parent, 0o755);
    await mkdir(shared);
    await chmod(shared, 0o1777);
    const target = join(parent, 'target');
    await mkdir(target);
    await symlink(target, join(shared, 'link'));
    await lchown(join(shared, 'link'), 4711, 4711);
    expect(await refusalOf(keptSecretKey(join(shared, 'link/data')))).to.contain('belongs to another user');
    await mkdir(join(shared, 'theirs'));
    await chown(join(shared, 'theirs'), 4711, 4711);
    expect(await refusalOf(keptSecretKey(join(shared, 'theirs')))).to.contain('belongs to another user');
    expect(await readdir(target)).to.deep.equal([]);
    // A link of our own is as good as the directory.
    await symlink(target, join(parent, 'own'));
    expect(await keptSecretKey(join(parent, 'own'))).to.equal(await keptSecretKey(target));
  });

  for (const [what, content] of [
    ['empty', ''],
    ['blank', ` ${'\n'.repeat(40)}`],
    ['short', 'x'.repeat(31)],
  ] as const) {
    it(`is refused with a secret key that is ${what}, which is kept as it is`, async () => {
      await mkdir(data);
      await writeFile(file, content, { mode: 0o600 });
      const line = await refusalOf(keptSecretKey(data));
      expect(line)
        .to.contain(file)
        .and.to.match(/empty|shorter than 32 characters/)
        .and.to.contain('backup');
      expect(line).not.to.contain('xxx');
      expect(await readFile(file, 'utf8')).to.equal(content);
    });
  }

  it('is refused with a secret key that others may read, or that is theirs', async function () {
    await mkdir(data, { mode: 0o700 });
    for (const mode of [0o640, 0o604, 0o620]) {
      await writeFile(file, 'k'.repeat(64));
      await chmod(file, mode);
      expect(await refusalOf(keptSecretKey(data))).to.contain(`chmod 600 ${file}`);
    }
    await chmod(file, 0o400);
    expect(await keptSecretKey(data)).to.equal('k'.repeat(64));
    if (!isRoot) return this.skip();
    await chown(file, 4711, 4711);
    expect(await refusalOf(keptSecretKey(data))).to.contain('belongs to another user');
  });

  it('keeps mail, which holds invitation links, from others', async () => {
    const directory = join(data, 'mail');
    await mkdir(directory, { recursive: true });
    await chmod(directory, 0o755);
    const mailer = fileMailer({ directory, prepare: () => prepareDataDir(data) });
    const { signal } = new AbortController();
    const message = { id: 'one', to: 'a@x.io', subject: 'Hello', text: 'Hello\n', html: '<p>Hello</p>' };
    await mailer.send(message, { signal, ending: signal, handOver: () => Promise.resolve(true) });
    expect(await modeOf(data)).to.equal(0o700);
    expect(await modeOf(directory)).to.equal(0o700);
    expect(await modeOf(join(directory, 'one.eml'))).to.equal(0o600);

    // A link in its place is not followed.
    const elsewhere = join(parent, 'elsewhere');
    await mkdir(elsewhere);
    await rm(directory, { recursive: true });
    await symlink(elsewhere, directory);
    const failed = mailer.send(message, { signal, ending: signal, handOver: () => Promise.resolve(true) });
    expect(await refusalOf(failed)).to.contain('could not be handed over');
    expect(await readdir(elsewhere)).to.deep.equal([]);
    expect((await lstat(directory)).isSymbolicLink()).to.equal(true);
  });
});
