import { expect } from 'chai';
import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareFirstStart } from '../../src/core/workspaces/bootstrap.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/embedded.ts';
import { migrate } from '../../src/store/db/migrate.ts';
import { openDb } from '../../src/store/db/pool.ts';
import { makeTemporaryDirectory } from '../support/postgres.ts';
import { query, recordedOwner } from './support.ts';

const isRoot = process.getuid?.() === 0;
const SECRET = 'a-secret-of-the-environment-0123456789';

describe('what the embedded PostgreSQL gives away', () => {
  let parent: string;
  let directory: string;
  let database: EmbeddedPostgres;
  const refusalOf = (promise: Promise<unknown>) =>
    promise.then(
      () => '',
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    );

  before(async () => {
    process.env.SECRET_KEY_OF_THE_TEST = SECRET;
    parent = await makeTemporaryDirectory('rollcall-privilege-');
    directory = join(parent, 'postgres');
    database = await startEmbeddedPostgres({ directory, durable: false });
  });
  after(async () => {
    delete process.env.SECRET_KEY_OF_THE_TEST;
    await database.stop();
    await rm(parent, { recursive: true, force: true });
  });

  it('is a role that owns its database and can do nothing else', async () => {
    const [role] = await query(
      database.url,
      `select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls,
              (select pg_get_userbyid(datdba) = current_user from pg_database where datname = current_database()) as owner
         from pg_roles where rolname = current_user`,
    );
    expect(role).to.deep.equal({
      rolsuper: false,
      rolcreatedb: false,
      rolcreaterole: false,
      rolreplication: false,
      rolbypassrls: false,
      owner: true,
    });
    for (const statement of [
      "copy (select 1) to program 'id'",
      "select pg_read_file('postgresql.conf')",
      "select pg_ls_dir('.')",
      'create role another',
      'create database another',
      "alter system set shared_preload_libraries = 'x'",
      'set session_replication_role = replica',
      'set session authorization rollcall',
      'alter role rollcall_app superuser',
      "load '/tmp/x.so'",
    ]) {
      expect(await refusalOf(query(database.url, statement)), statement).to.be.oneOf(['42501', '42704']);
    }
  });

  it('is enough for all that Rollcall does to its schema', async () => {
    const db = openDb({ url: database.url, poolSize: 3 });
    try {
      expect((await migrate(db)).length).to.be.greaterThan(10);
      expect(await prepareFirstStart({ db }, {})).not.to.equal(null);
      await query(database.url, 'vacuum analyze users');
    } finally {
      await db.destroy();
    }
  });

  it('is a door that opens for nobody without the password, and for no superuser', async () => {
    const attempt = (user: string, password: string) => {
      const url = new URL(database.url);
      url.username = user;
      url.password = password;
      return refusalOf(query(url.href, 'select 1'));
    };
    const { password } = new URL(database.url);
    expect(password).to.match(/^[\w-]{43}$/);
    expect(await attempt('rollcall_app', 'x')).to.equal('28P01');
    expect(await attempt('rollcall', password)).to.equal('28P01');
    expect(await attempt('postgres', password)).to.equal('28P01');
    expect(await attempt('rollcall_app', '')).not.to.equal('');
    const rules = (await readFile(join(directory, 'pg_hba.conf'), 'utf8'))
      .split('\n')
      .filter((line) => /^[^#]/.test(line));
    expect(rules).to.deep.equal(['local all all scram-sha-256']);
  });

  it('is a password that its owner alone may read, and that no other file, command line or environment has', async () => {
    const { password } = new URL(database.url);
    const file = join(directory, 'rollcall.password');
    expect((await readFile(file, 'utf8')).trim()).to.equal(password);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    for (const name of ['postgres.owner.json', 'postgres.log']) {
      expect((await stat(join(parent, name))).mode & 0o777, name).to.equal(0o600);
      expect(await readFile(join(parent, name), 'utf8'), name).not.to.contain(password);
    }
    if (process.platform !== 'linux') return;
    const { postmaster, watchdog } = await recordedOwner(directory);
    for (const pid of [postmaster, watchdog.pid]) {
      for (const name of ['cmdline', 'environ']) {
        const text = await readFile(`/proc/${pid}/${name}`, 'latin1');
        expect(text).not.to.contain(password);
        expect(text).not.to.contain(SECRET);
      }
    }
  });

  it('is no password after others may have read it, or it was lost: a new one is made', async () => {
    const file = join(directory, 'rollcall.password');
    const seen = new Set([new URL(database.url).password]);
    for (const spoil of [() => chmod(file, 0o644), () => rm(file), () => writeFile(file, 'x')]) {
      await database.stop();
      await spoil();
      database = await startEmbeddedPostgres({ directory, durable: false });
      expect(await query(database.url, 'select count(*)::int as n from workspaces')).to.deep.equal([
        { n: 1 },
      ]);
      seen.add(new URL(database.url).password);
      expect((await stat(file)).mode & 0o777).to.equal(0o600);
    }
    expect(seen.size).to.equal(4);
  });

  it('is, on a machine without an account for it, a user that nobody else is', async function () {
    if (!isRoot) return this.skip();
    const accountsFile = join(parent, 'passwd');
    const lines = (await readFile('/etc/passwd', 'utf8')).split('\n');
    await writeFile(accountsFile, lines.filter((line) => !line.startsWith('postgres:')).join('\n'));
    const options = { directory: join(parent, 'unnamed'), durable: false, accountsFile };
    for (let start = 0; start < 2; start++) {
      const other = await startEmbeddedPostgres(options);
      try {
        const { postmaster } = await recordedOwner(options.directory);
        expect((await stat(options.directory)).uid).to.equal(60707);
        expect((await stat(`/proc/${postmaster}`)).uid).to.equal(60707);
        expect(await query(other.url, 'select 1 as one')).to.deep.equal([{ one: 1 }]);
      } finally {
        await other.stop();
      }
      // The account that stands in while the roles are set up must not stay.
      await rm(join(options.directory, 'rollcall.password'));
    }
  });
});
