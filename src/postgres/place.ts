import { createHash } from 'node:crypto';
import { access, chmod, mkdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { accountForNewCluster, accountOfOwner, isRoot, type Account } from './account.ts';
import { run } from './children.ts';
import { codeOf, messageOf, unusable } from './failure.ts';
import type { Log } from './options.ts';

/** Where root keeps what cannot be where it was asked to be. */
export const SYSTEM_STATE = '/var/lib/rollcall';

/** Where a cluster lives and who runs it. */
export interface Place {
  /** The cluster's directory, without symbolic links. */
  readonly directory: string;
  /** Undefined: this process's own user. */
  readonly account: Account | undefined;
  readonly ownerFile: string;
  readonly logFile: string;
}

/** A short name for a path: the same for every process that means the same place. */
export function shortHash(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 12);
}

export async function isCluster(directory: string): Promise<boolean> {
  return access(join(directory, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
}

/**
 * Decides where the cluster asked for at `wanted` is, and as whom it runs. That is `wanted` itself, unless we
 * are root and the user that PostgreSQL drops to cannot get there.
 */
export async function choosePlace(wanted: string, log: Log, systemState = SYSTEM_STATE): Promise<Place> {
  const directory = await withoutLinks(wanted);
  if (!isRoot()) {
    await refuseOthers(directory);
    return placeOf(directory, undefined);
  }
  if (await isCluster(directory)) return placeOf(directory, await ownerWithEntry(directory));

  const elsewhere = join(systemState, shortHash(directory), 'postgres');
  const moved = await isCluster(elsewhere);
  const account = moved ? await ownerWithEntry(elsewhere) : await accountForNewCluster();
  if (!moved) {
    if (await mayEnter(account, dirname(directory))) return placeOf(directory, account);
    await makeOpenTo(account, dirname(elsewhere));
  }
  log(
    'warn',
    `The database is in ${elsewhere}: the user ${account.name} cannot enter ${dirname(directory)}.`,
    {
      directory: elsewhere,
      wanted: directory,
    },
  );
  return placeOf(elsewhere, account);
}

function placeOf(directory: string, account: Account | undefined): Place {
  return { directory, account, ownerFile: `${directory}.owner.json`, logFile: `${directory}.log` };
}

async function withoutLinks(wanted: string): Promise<string> {
  const path = resolve(wanted);
  try {
    await mkdir(dirname(path), { recursive: true });
    return await realpath(path).catch(async () => join(await realpath(dirname(path)), basename(path)));
  } catch (error) {
    throw unusable(
      `Its directory ${path} cannot be made (${messageOf(error)}). Set DATA_DIR to a directory that this user may write.`,
      error,
    );
  }
}

async function refuseOthers(directory: string): Promise<void> {
  const found = await stat(directory).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw unusable(`${directory} cannot be read (${messageOf(error)}).`, error);
  });
  if (found !== undefined && found.uid !== process.getuid?.()) {
    throw unusable(
      `The cluster ${directory} belongs to another user (uid ${found.uid}). Start Rollcall as that user or as root, or set DATA_DIR to another directory.`,
    );
  }
}

async function ownerWithEntry(directory: string): Promise<Account> {
  const account = await accountOfOwner(await stat(directory), directory);
  if (!(await mayEnter(account, directory))) {
    throw unusable(
      `The cluster ${directory} belongs to the user ${account.name}, who cannot enter it. Move it to a place that user can reach, or open the directories above it (chmod o+x).`,
    );
  }
  return account;
}

async function mayEnter(account: Account, directory: string): Promise<boolean> {
  return (await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], account)).ok;
}

async function makeOpenTo(account: Account, directory: string): Promise<void> {
  // The mode is set apart from making it, because a strict umask would close it again.
  for (const path of [dirname(directory), directory]) {
    await mkdir(path, { recursive: true });
    await chmod(path, 0o755);
  }
  if (!(await mayEnter(account, directory))) {
    throw unusable(`The user ${account.name} cannot enter ${directory}. Start Rollcall as a plain user.`);
  }
}
