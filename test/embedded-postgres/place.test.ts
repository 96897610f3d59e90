import { expect } from 'chai';
import { chmod, chown, mkdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accountForNewCluster, accountOfOwner, isRoot } from '../../src/embedded-postgres/account.ts';
import { choosePlace, shortHash } from '../../src/embedded-postgres/place.ts';
import { makeTemporaryDirectory } from '../support/postgres.ts';

async function messageOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => '',
    (error: unknown) => (error as Error).message,
  );
}

describe('the place of an embedded cluster', () => {
  let parent: string;
  const silent = () => undefined;

  beforeEach(async () => {
    parent = await makeTemporaryDirectory('rollcall-place-');
  });

  afterEach(() => rm(parent, { recursive: true, force: true }));

  it('is the directory asked for, the same one however it is spelled', async () => {
    await mkdir(join(parent, 'data'));
    await symlink('data', join(parent, 'link'));
    const direct = await choosePlace(join(parent, 'data/postgres'), silent);
    const linked = await choosePlace(join(parent, 'link/../link/postgres'), silent);
    expect(linked).to.deep.equal(direct);
    expect(direct.directory).to.equal(join(parent, 'data/postgres'));
  });

  it('moves, and says so, when root asks for a directory that the database user cannot enter', async function () {
    if (!isRoot()) return this.skip();
    const closed = join(parent, 'closed');
    const state = join(parent, 'state');
    await mkdir(closed, { mode: 0o700 });
    const messages: string[] = [];
    const log = (_level: string, text: string) => messages.push(text);
    const wanted = join(closed, 'data/postgres');
    const place = await choosePlace(wanted, log, state);
    expect(place.directory).to.equal(join(state, shortHash(wanted), 'postgres'));
    expect(messages).to.have.length(1);
    expect(messages[0]).to.include(place.directory);

    // A cluster that was made there is used for ever, even if the directory asked for is opened later.
    const { uid, gid } = await accountForNewCluster();
    await mkdir(place.directory);
    await chown(place.directory, uid, gid);
    await writeFile(join(place.directory, 'PG_VERSION'), '17\n');
    await chmod(closed, 0o755);
    expect((await choosePlace(wanted, log, state)).directory).to.equal(place.directory);
  });

  it('is refused with a reason when its owner cannot be the one to run it', async function () {
    if (!isRoot()) return this.skip();
    const directory = join(parent, 'postgres');
    await mkdir(directory);
    await writeFile(join(directory, 'PG_VERSION'), '17\n');
    expect((await stat(directory)).uid).to.equal(0);
    expect(await messageOf(choosePlace(directory, silent))).to.include('belongs to root');
  });

  it('is run by the owner of its directory, else by postgres, else by an id of nobody else; never by nobody', async () => {
    const passwd = join(parent, 'passwd');
    const root = { uid: 0, gid: 0 };
    await writeFile(passwd, 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n');
    expect(await accountForNewCluster(root, passwd)).to.include({ uid: 60707, gid: 60707 });
    expect(await accountForNewCluster({ uid: 65534, gid: 65534 }, passwd)).to.include({ uid: 60707 });
    expect(await accountForNewCluster({ uid: 4711, gid: 12 }, passwd)).to.include({ uid: 4711, gid: 12 });
    await writeFile(passwd, 'other:x:60707:100::/:/bin/sh\nanother:x:100:60708::/:/bin/sh\n');
    expect(await accountForNewCluster(root, passwd)).to.include({ uid: 60709, gid: 60709 });
    await writeFile(passwd, 'nobody:x:65534:65534::/:/bin/false\npostgres:x:26:26::/:/bin/sh\n');
    expect((await accountForNewCluster(root, passwd)).name).to.equal('postgres');
    expect(await accountOfOwner({ uid: 4711, gid: 12 }, '/x', passwd)).to.include({ uid: 4711, gid: 12 });
    expect(await accountOfOwner({ uid: 65534, gid: 65534 }, '/x', passwd)).to.equal(undefined);
  });
});
