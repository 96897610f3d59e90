import { mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Account, accountForSetup } from './account.ts';
import type { Binaries } from './binaries.ts';
import { run } from './children.ts';
import { codeOf, messageOf, unusable } from './failure.ts';
import type { EmbeddedPostgresOptions, Log } from './options.ts';
import { giveFiles } from './ownership.ts';
import { isCluster, type Place } from './place.ts';
import { openOwnDirectory } from './trusted-path.ts';

/** The superuser that initdb makes. It cannot log in: see `ensureRoles`. */
const SUPERUSER = 'rollcall';

/**
 * Makes the cluster if there is none, and checks that these binaries can open it. Only the owner of the place
 * may call this.
 */
export async function ensureCluster(
  place: Place,
  binaries: Binaries,
  { durable = true, accountsFile }: EmbeddedPostgresOptions,
  log: Log,
): Promise<void> {
  await removeUnfinished(place.directory);
  if (await isCluster(place.directory)) {
    await checkMajor(place.directory, binaries.version);
    return;
  }
  await refuseForeignContent(place.directory);
  const setup = place.account && (await accountForSetup(place.account, accountsFile));
  await makeCluster(place, setup, binaries, durable);
  log('info', `A new PostgreSQL ${binaries.version} cluster was made in ${place.directory}.`);
}

async function checkMajor(directory: string, version: string): Promise<void> {
  const found = (await readFile(join(directory, 'PG_VERSION'), 'utf8')).trim();
  const major = version.split('.')[0];
  if (found === major) return;
  throw unusable(
    `${directory} was made by PostgreSQL ${found}, and this is ${version}, which cannot open it. Run the Rollcall that made it to take the data out, or move the directory away to begin anew.`,
  );
}

async function refuseForeignContent(directory: string): Promise<void> {
  const entries = await readdir(directory).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw unusable(`${directory} cannot be read (${messageOf(error)}).`, error);
  });
  if (entries.length > 0) {
    throw unusable(
      `${directory} is not empty, yet holds no PostgreSQL cluster (no PG_VERSION in it). Move what is in it away, or set DATA_DIR to another directory.`,
    );
  }
}

const unfinishedPrefix = (directory: string) => `${basename(directory)}.new-`;

async function removeUnfinished(directory: string): Promise<void> {
  const parent = dirname(directory);
  const left = (await readdir(parent)).filter((name) => name.startsWith(unfinishedPrefix(directory)));
  await Promise.all(left.map((name) => rm(join(parent, name), { recursive: true, force: true })));
}

/** Built beside its place and then renamed, so that a crash half-way leaves no broken cluster. */
async function makeCluster(
  place: Place,
  setup: Account | undefined,
  binaries: Binaries,
  durable: boolean,
): Promise<void> {
  const parent = dirname(place.directory);
  const unfinished = await mkdtemp(join(parent, unfinishedPrefix(place.directory)));
  try {
    await giveDirectory(unfinished, setup);
    const made = await run(
      binaries.initdb,
      [
        ...['-D', unfinished, '-U', SUPERUSER, '-A', 'reject', '--data-checksums', '--encoding=UTF8'],
        ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'],
        ...(durable ? [] : ['--no-sync']),
      ],
      setup,
    );
    if (!made.ok) throw unusable(`initdb failed: ${complaint(made.output)}.`);
    if (setup?.uid !== place.account?.uid) await giveFiles(unfinished, place.account);
    await rename(unfinished, place.directory).catch((error: unknown) => {
      throw unusable(
        `The new cluster cannot be put at ${place.directory} (${messageOf(error)}). A volume must be mounted at the directory above it.`,
        error,
      );
    });
    if (durable) await syncDirectory(parent);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

/** By its handle: in a directory that others may write, a name alone could be made to mean something else. */
async function giveDirectory(directory: string, account: Account | undefined): Promise<void> {
  if (account === undefined) return;
  const handle = await openOwnDirectory(directory, [0]);
  await handle.chown(account.uid, account.gid).finally(() => handle.close());
}

function complaint(output: string): string {
  if (/could not look up effective user ID/.test(output)) {
    return 'this process runs as a user that is not in /etc/passwd; run it as one that is';
  }
  const errors = output.split('\n').filter((line) => /\b(error|fatal|hint|detail):/i.test(line));
  return (errors.length > 0 ? errors : output.split('\n').slice(-3)).join('; ');
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory);
  await handle.sync().finally(() => handle.close());
}
