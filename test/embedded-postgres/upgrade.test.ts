import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareFirstStart } from '../../src/core/workspaces/bootstrap.ts';
import { verifyToken } from '../../src/core/workspaces/tokens.ts';
import { type Account, accountForNewCluster, isRoot } from '../../src/embedded-postgres/account.ts';
import { findBinaries } from '../../src/embedded-postgres/binaries.ts';
import { run } from '../../src/embedded-postgres/children.ts';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded.ts';
import { migrate } from '../../src/store/db/migrate.ts';
import { openDb } from '../../src/store/db/pool.ts';
import { makeTemporaryDirectory } from '../support/postgres.ts';
import { eventually, query, recordedOwner } from './support.ts';

const TOKEN = 'a-token-of-the-version-before-0123456789';

describe('a cluster of the version before, which trusted everybody', () => {
  let parent: string;

  beforeEach(async () => {
    parent = await makeTemporaryDirectory('rollcall-upgrade-');
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  /** Makes it as that version did, with Rollcall's schema in it, and leaves it as a crash does. */
  const makeOld = async (account: Account | undefined): Promise<string> => {
    const directory = join(parent, 'postgres');
    const socket = join(parent, 'old-socket');
    const programs = await findBinaries(account, () => undefined, parent);
    const settings = ['listen_addresses=', `unix_socket_directories=${socket}`, 'fsync=off'];
    for (const path of [directory, socket]) {
      await mkdir(path, { mode: 0o700 });
      if (account !== undefined) await chown(path, account.uid, account.gid);
    }
    const made = await run(
      programs.initdb,
      [...['-D', directory, '-U', 'rollcall', '-A', 'trust', '--encoding=UTF8', '--no-sync', '--locale=C']],
      account,
    );
    expect(made.ok, made.output).to.equal(true);
    const postmaster = spawn(
      programs.postgres,
      ['-D', directory, ...settings.flatMap((one) => ['-c', one])],
      {
        ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
        cwd: '/',
        env: {},
        stdio: 'ignore',
      },
    );
    const url = `postgres://rollcall@localhost:5432/postgres?host=${encodeURIComponent(socket)}&sslmode=disable`;
    await eventually(() =>
      query(url, 'select 1').then(
        () => true,
        () => false,
      ),
    );
    const db = openDb({ url, poolSize: 2 });
    await migrate(db);
    await prepareFirstStart({ db }, { scim: TOKEN });
    await db.destroy();
    await query(url, "create type mood as enum ('fine')");
    await query(url, 'create table by_hand (id serial primary key, mood mood)');
    await query(url, "insert into by_hand (mood) values ('fine')");
    const ended = once(postmaster, 'exit');
    postmaster.kill('SIGQUIT');
    await ended;
    return directory;
  };

  const expectUpgraded = async (directory: string): Promise<void> => {
    const messages: string[] = [];
    const log = (_level: string, text: string) => messages.push(text);
    for (let start = 0; start < 2; start++) {
      const database = await startEmbeddedPostgres({ directory, durable: false, log });
      const db = openDb({ url: database.url, poolSize: 2 });
      try {
        expect(await verifyToken({ db }, TOKEN)).to.include({ scope: 'scim' });
        expect(await migrate(db)).to.deep.equal([]);
        const [state] = await query(
          database.url,
          `select (select rolsuper from pg_roles where rolname = current_user) as super,
                  (select rolcanlogin from pg_roles where oid = 10) as superuser_logs_in,
                  (select count(*)::int from pg_class c join pg_namespace n on n.oid = relnamespace
                    where nspname in ('public', 'rollcall_pgboss') and relkind in ('r', 'p', 'v', 'S', 'm')
                      and pg_get_userbyid(relowner) <> current_user) as tables,
                  (select count(*)::int from pg_proc p join pg_namespace n on n.oid = pronamespace
                    where nspname in ('public', 'rollcall_pgboss') and pg_get_userbyid(proowner) <> current_user
                      and not exists (select from pg_depend where objid = p.oid and deptype = 'e')) as functions`,
        );
        expect(state).to.deep.equal({ super: false, superuser_logs_in: false, tables: 0, functions: 0 });
        // What a later migration may do.
        await query(database.url, `alter table users add column later_${start} text`);
        await query(database.url, `alter type mood add value 'better ${start}'`);
        await query(database.url, "insert into by_hand (mood) values ('fine')");
        await query(database.url, 'create extension if not exists btree_gin');
      } finally {
        await db.destroy();
        await database.stop();
      }
    }
    expect(messages.filter((text) => text.includes('takes a password now'))).to.have.length(1);
    expect(await readFile(join(directory, 'pg_hba.conf'), 'utf8')).not.to.contain('trust');
  };

  it('asks for a password from now on, and has kept everything', async () => {
    const directory = await makeOld(isRoot() ? await accountForNewCluster() : undefined);
    await expectUpgraded(directory);
  });

  it('goes on where an upgrade was cut off', async () => {
    const directory = await makeOld(isRoot() ? await accountForNewCluster() : undefined);
    // The password is there, and the rules say that nobody gets in; the roles are as they were.
    const { uid, gid } = await stat(directory);
    for (const [name, text] of [
      ['rollcall.password', `${'x'.repeat(43)}\n`],
      ['pg_hba.conf', 'local all all reject\n'],
    ] as const) {
      await writeFile(join(directory, `${name}.new`), text, { mode: 0o600 });
      await chown(join(directory, `${name}.new`), uid, gid);
      await rename(join(directory, `${name}.new`), join(directory, name));
    }
    await expectUpgraded(directory);
  });

  it('is taken from nobody, whom many services are', async function () {
    if (!isRoot()) return this.skip();
    const directory = await makeOld({ name: 'nobody', uid: 65534, gid: 65534 });
    expect((await stat(directory)).uid).to.equal(65534);
    const accountsFile = join(parent, 'passwd');
    const lines = (await readFile('/etc/passwd', 'utf8')).split('\n');
    await writeFile(accountsFile, lines.filter((line) => !line.startsWith('postgres:')).join('\n'));
    const database = await startEmbeddedPostgres({ directory, durable: false, accountsFile });
    const { postmaster } = await recordedOwner(directory);
    expect((await stat(`/proc/${postmaster}`)).uid).to.equal(60707);
    for (const path of ['', 'PG_VERSION', 'base/1', 'rollcall.password']) {
      expect((await stat(join(directory, path))).uid, path).to.equal(60707);
    }
    await database.stop();
    // After that it is like any other.
    const again = await startEmbeddedPostgres({ directory, durable: false });
    const db = openDb({ url: again.url, poolSize: 2 });
    expect(await verifyToken({ db }, TOKEN)).to.include({ scope: 'scim' });
    await db.destroy();
    await again.stop();
  });
});
