import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { accountForSetup } from './account.ts';
import type { Binaries } from './binaries.ts';
import { run } from './children.ts';
import { unusable } from './failure.ts';
import type { EmbeddedPostgresOptions, Log } from './options.ts';
import { removeStalePidFile, STILL_HELD } from './orphan.ts';
import { giveCluster } from './ownership.ts';
import { passwordFile, readPassword } from './password-file.ts';
import type { Place } from './place.ts';
import { writePrivateFile } from './private-file.ts';
import { APPLICATION_ROLE } from './url.ts';

/** What pg_hba.conf says once the roles are as they should be. */
function accessRules(superuser: boolean): string {
  return [
    '# Written by Rollcall at its start; changes are lost. Nobody gets in without a password.',
    `# ${APPLICATION_ROLE} is ${superuser ? 'a superuser, for tests' : 'the owner of its database and no superuser'}.`,
    'local all all scram-sha-256',
    '',
  ].join('\n');
}

const CLOSED = '# Rollcall is setting up its roles.\nlocal all all reject\n';

/**
 * Sees to it that the cluster lets in nobody without a password, and that the role that we use is no superuser; also
 * in a cluster of an earlier version, which trusted everybody and whose one role was a superuser. Answers the password.
 * The server must not be running: this is done by the single-user backend, so that no role that may do this can ever
 * log in.
 */
export async function ensureRoles(
  place: Place,
  binaries: Binaries,
  { superuser = false, durable = true, accountsFile }: EmbeddedPostgresOptions,
  log: Log,
): Promise<string> {
  const { directory } = place;
  const rules = accessRules(superuser);
  const rulesFile = join(directory, 'pg_hba.conf');
  const kept = await readPassword(place);
  if (kept !== undefined && (await readFile(rulesFile, 'utf8').catch(() => '')) === rules) return kept;

  const password = randomBytes(32).toString('base64url');
  // In this order, so that a start that is cut off anywhere is followed by one that does all of it again.
  await writePrivateFile(rulesFile, CLOSED, place.account);
  await writePrivateFile(passwordFile(directory), `${password}\n`, place.account);
  const setup = place.account && (await accountForSetup(place.account, accountsFile));
  await removeStalePidFile(directory);
  if (setup !== undefined) await giveCluster(place, setup);
  await runSingleUser(directory, binaries, setup, durable, rolesScript(password, superuser));
  if (setup !== undefined) await giveCluster(place, place.account);
  await writePrivateFile(rulesFile, rules, place.account);
  log('info', `PostgreSQL in ${directory} takes a password now, which is kept beside its data.`);
  return password;
}

const HELD_LIMIT = 30_000;

async function runSingleUser(
  directory: string,
  binaries: Binaries,
  account: Place['account'],
  durable: boolean,
  script: string,
): Promise<void> {
  const settings = [
    'exit_on_error=on',
    // The statements hold the password.
    'log_min_error_statement=panic',
    'password_encryption=scram-sha-256',
    ...(durable ? [] : ['fsync=off']),
  ].flatMap((one) => ['-c', one]);
  const deadline = Date.now() + HELD_LIMIT;
  for (;;) {
    const done = await run(
      binaries.postgres,
      ['--single', '-j', '-D', directory, ...settings, 'postgres'],
      account,
      script,
    );
    if (done.ok && !/\b(ERROR|FATAL|PANIC):/.test(done.output)) return;
    if (!STILL_HELD.test(done.output) || Date.now() > deadline) {
      const errors = done.output.split('\n').filter((line) => /\b(ERROR|FATAL|PANIC|HINT):/.test(line));
      throw unusable(`The roles of ${directory} could not be set up: ${errors.join('; ')}.`);
    }
    await sleep(100);
  }
}

/**
 * What the single-user backend runs, as the superuser that initdb made (oid 10). Everything of ours that it owns goes
 * to the application's role; what belongs to PostgreSQL or to an extension stays.
 */
function rolesScript(password: string, superuser: boolean): string {
  return `
do $script$
declare statement text;
begin
  if not exists (select from pg_roles where rolname = '${APPLICATION_ROLE}') then
    create role ${APPLICATION_ROLE};
  end if;
  alter role ${APPLICATION_ROLE} with login ${superuser ? 'superuser' : 'nosuperuser'} nocreatedb nocreaterole
    noreplication nobypassrls password '${password}';
  execute format('alter role %I with nologin password null', (select rolname from pg_roles where oid = 10));
  alter database postgres owner to ${APPLICATION_ROLE};
  for statement in
    with extensions as (select classid, objid from pg_depend where deptype = 'e'),
    ours as (select oid from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')
    select format('alter schema %I owner to ${APPLICATION_ROLE}', nspname)
      from pg_namespace where nspowner = 10 and oid in (select oid from ours)
        and ('pg_namespace'::regclass, oid) not in (table extensions)
    union all
    select format('alter table %s owner to ${APPLICATION_ROLE}', oid::regclass)
      from pg_class c where relowner = 10 and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        and relnamespace in (select oid from ours)
        and ('pg_class'::regclass, oid) not in (table extensions)
        and not (relkind = 'S' and exists (select from pg_depend d
          where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')))
    union all
    select format('alter routine %s owner to ${APPLICATION_ROLE}', oid::regprocedure)
      from pg_proc where proowner = 10 and pronamespace in (select oid from ours)
        and ('pg_proc'::regclass, oid) not in (table extensions)
    union all
    select format('alter type %s owner to ${APPLICATION_ROLE}', t.oid::regtype)
      from pg_type t left join pg_class c on c.oid = t.typrelid
      where typowner = 10 and typnamespace in (select oid from ours)
        and (typtype in ('e', 'd', 'r') or c.relkind = 'c')
        and ('pg_type'::regclass, t.oid) not in (table extensions)
    union all
    select format('alter statistics %I.%I owner to ${APPLICATION_ROLE}', nspname, stxname)
      from pg_statistic_ext join pg_namespace n on n.oid = stxnamespace
      where stxowner = 10 and n.oid in (select oid from ours)
  loop
    execute statement;
  end loop;
end
$script$;

checkpoint;

`;
}
