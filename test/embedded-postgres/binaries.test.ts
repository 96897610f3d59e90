import { expect } from 'chai';
import { chmod, cp, lstat, mkdir, readdir, readFile, readlink, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { accountForNewCluster, isRoot } from '../../src/embedded-postgres/account.ts';
import { type BinaryPackage, findBinaries, installedPackage } from '../../src/embedded-postgres/binaries.ts';
import { makeTemporaryDirectory } from '../support/postgres.ts';

describe("embedded PostgreSQL's programs", () => {
  let parent: string;
  let source: BinaryPackage;
  const silent = () => undefined;
  const account = async () => (isRoot() ? accountForNewCluster() : undefined);

  /** As after an installation that ran no install scripts: no symbolic links among the libraries. */
  before(async () => {
    parent = await makeTemporaryDirectory('rollcall-binaries-');
    const installed = await installedPackage();
    source = { root: join(parent, 'package'), version: installed.version };
    await mkdir(source.root);
    await cp(join(installed.root, 'native'), join(source.root, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
    });
  });

  beforeEach(async () => {
    const libraries = join(source.root, 'native/lib');
    for (const name of await readdir(libraries)) {
      const path = join(libraries, name);
      if ((await lstat(path)).isSymbolicLink()) await unlink(path);
    }
  });

  after(() => rm(parent, { recursive: true, force: true }));

  it('run once the missing symbolic links are made', async () => {
    const found = await findBinaries(await account(), silent, [], source);
    expect(found.version).to.match(/^17\.\d+$/);
    expect(dirname(found.postgres)).to.equal(join(source.root, 'native/bin'));
    expect(await readlink(join(source.root, 'native/lib/libpq.so.5'))).to.match(/^libpq\.so\.5\.\d+$/);
  });

  it('are copied when their place is closed to the user who runs them', async function () {
    if (!isRoot()) return this.skip();
    await chmod(source.root, 0o700);
    const messages: string[] = [];
    const place = join(parent, 'copies');
    const log = (_level: string, text: string) => messages.push(text);
    try {
      const [found, again] = await Promise.all([
        findBinaries(await account(), log, [place], source),
        findBinaries(await account(), log, [place], source),
      ]);
      expect(found.postgres).to.equal(again.postgres);
      expect(found.postgres.startsWith(place)).to.equal(true);
      expect(messages[0]).to.include('from a copy');
      expect(await readdir(place)).to.have.length(1);
    } finally {
      await chmod(source.root, 0o755);
    }
  });

  it('are not copied to, or run from, a place that others can write to', async function () {
    if (!isRoot()) return this.skip();
    await chmod(source.root, 0o700);
    const place = join(parent, 'everyone');
    await mkdir(place);
    await chmod(place, 0o777);
    let message = '';
    try {
      await findBinaries(await account(), silent, [place], source);
    } catch (error) {
      message = (error as Error).message;
    } finally {
      await chmod(source.root, 0o755);
    }
    expect(message).to.include('do not run on this machine').and.to.include('set DATABASE_URL');
    expect(await readdir(place)).to.deep.equal([]);
  });

  it('come from the package whose exact version the manifest names', async () => {
    const manifest = JSON.parse(await readFile('package.json', 'utf8')) as {
      optionalDependencies: Record<string, string>;
    };
    const installed = await installedPackage();
    expect(Object.values(manifest.optionalDependencies)).to.include(installed.version);
  });
});
