import { createHash } from 'node:crypto';
import { access, chmod, mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type Account, accountForNewCluster, accountOfOwner, isRoot } from './account.ts';
import { run } from './children.ts';
import { codeOf, messageOf, unusable } from './failure.ts';
import type { Log } from './options.ts';
import { accountNoted } from './ownership.ts';
import { openOwnDirectory, whyUntrusted } from './trusted-path.ts';

/** Where root keeps what cannot be where it was asked to be. */
export const SYSTEM_STATE = '/var/lib/rollcall';

/** Where a cluster lives and who runs it. */
export interface Place {
  /** The cluster's directory, without symbolic links. */
  readonly directory: string;
  /** Undefined: this process's own user. */
  readonly account: Account | undefined;
  /** The files are another user's, and are given to the account before anything runs. */
  readonly isForeign: boolean;
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
 * are root and the user that PostgreSQL drops to cannot get there. Refuses a place that others can tamper with.
 */
export async function choosePlace(
  wanted: string,
  log: Log,
  systemState = SYSTEM_STATE,
  accountsFile?: string,
): Promise<Place> {
  await refuseUntrusted(dirname(resolve(wanted)));
  const directory = await withoutLinks(wanted);
  const parent = dirname(directory);
  await refuseUntrusted(parent);
  if (!isRoot()) {
    await refuseOthers(directory);
    return placeOf(directory, undefined);
  }
  const newAccount = async () => accountForNewCluster(await stat(parent), accountsFile);
  if (await isCluster(directory)) return existingPlace(directory, newAccount, accountsFile);

  const elsewhere = join(systemState, shortHash(directory), 'postgres');
  const moved = await isCluster(elsewhere);
  const account = await newAccount();
  if (!moved) {
    await letIn(account, parent);
    if (await mayEnter(account, parent)) return placeOf(directory, account);
    await refuseUntrusted(dirname(elsewhere));
    await makeOpenTo(account, dirname(elsewhere));
  }
  const place = moved
    ? await existingPlace(elsewhere, newAccount, accountsFile)
    : placeOf(elsewhere, account);
  log(
    'warn',
    `The database is in ${elsewhere}: the user ${place.account?.name ?? ''} cannot enter ${parent}.`,
    { directory: elsewhere, wanted: directory },
  );
  return place;
}

function placeOf(directory: string, account: Account | undefined, isForeign = false): Place {
  return {
    directory,
    account,
    isForeign,
    ownerFile: `${directory}.owner.json`,
    logFile: `${directory}.log`,
  };
}

/** A cluster that is there, for root: it runs as the user it belongs to, unless many services are that user. */
async function existingPlace(
  directory: string,
  newAccount: () => Promise<Account>,
  accountsFile: string | undefined,
): Promise<Place> {
  const noted = await accountNoted(directory);
  const owner = noted ?? (await accountOfOwner(await stat(directory), directory, accountsFile));
  const account = owner ?? (await newAccount());
  await letIn(account, dirname(directory));
  if (!(await mayEnter(account, dirname(directory)))) {
    throw unusable(
      `The cluster ${directory} belongs to the user ${account.name}, who cannot enter it. Move it to a place that user can reach, or open the directories above it (chmod o+x).`,
    );
  }
  return placeOf(directory, account, owner === undefined || noted !== undefined);
}

async function refuseUntrusted(path: string): Promise<void> {
  const reason = await whyUntrusted(path);
  if (reason === undefined) return;
  throw unusable(
    `It would not be safe at ${path}: ${reason}. Take that right away (chown, chmod), or set DATA_DIR to another directory.`,
  );
}

async function withoutLinks(wanted: string): Promise<string> {
  const path = resolve(wanted);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
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

/** What Rollcall keeps in a data directory; one that holds anything else is not ours to open or close. */
const OUR_NAMES = /^(?:secret-key|postgres|postgresql-|mail$|\.copying-|lost\+found$)/;

/** True of a directory that holds nothing but what Rollcall keeps there. */
export async function isOurDirectory(directory: string): Promise<boolean> {
  return (await readdir(directory)).every((name) => OUR_NAMES.test(name));
}

/** Lets a user pass through a data directory of ours, and no other one. */
async function letIn(account: Account, directory: string): Promise<void> {
  if ((await mayEnter(account, directory)) || !(await isOurDirectory(directory))) return;
  const { uid } = await stat(directory);
  const handle = await openOwnDirectory(directory, [uid]);
  try {
    await handle.chown(uid, account.gid);
    await handle.chmod(0o710);
  } finally {
    await handle.close();
  }
}

async function mayEnter(account: Account, directory: string): Promise<boolean> {
  return (await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], account)).ok;
}

async function makeOpenTo(account: Account, directory: string): Promise<void> {
  // The mode is set apart from making it, because a strict umask would close it again.
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(dirname(directory), 0o755);
  await letIn(account, directory);
  if (!(await mayEnter(account, directory))) {
    throw unusable(`The user ${account.name} cannot enter ${directory}. Start Rollcall as a plain user.`);
  }
}
