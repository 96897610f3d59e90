import { lstat, mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRoot } from './account.ts';
import { codeOf, messageOf, unusable } from './failure.ts';
import type { Place } from './place.ts';
import { openOwnDirectory } from './trusted-path.ts';

/** How PostgreSQL calls its socket: the number is that of the port it would have. */
const SOCKET = '.s.PGSQL.5432';

/** The longest socket path that every supported system takes, in bytes (macOS: 104 with the closing zero). */
const LONGEST_SOCKET_PATH = 103;

/** In the cluster, which is closed to everybody else. */
const ownSocketDirectory = (place: Place) => join(place.directory, 'socket');

/**
 * The directory of the cluster's socket: in the cluster. Where that path is too long for a socket, a new directory
 * under a random name; the owner file says which. The second kind exists at once, the first when the cluster does.
 */
export async function socketDirectory(place: Place): Promise<string> {
  const own = ownSocketDirectory(place);
  if (isShortEnough(own)) return own;
  for (const parent of [...(isRoot() ? ['/run'] : []), '/tmp', tmpdir()]) {
    if (!isShortEnough(join(parent, 'rollcall-XXXXXX'))) continue;
    const made = await mkdtemp(join(parent, 'rollcall-')).catch(() => undefined);
    if (made !== undefined) return made;
  }
  throw unusable(
    `The path ${own} is too long for a socket, and nothing can be made in ${tmpdir()}. Set DATA_DIR to a shorter path.`,
  );
}

function isShortEnough(directory: string): boolean {
  return Buffer.byteLength(join(directory, SOCKET)) <= LONGEST_SOCKET_PATH;
}

/**
 * Makes the socket's directory ready for a start, for PostgreSQL's user alone. No postmaster of the cluster may be
 * running: what a killed one left there is removed, because PostgreSQL takes it for a live one when its pid is in use
 * again.
 */
export async function prepareSocketDirectory(directory: string, place: Place): Promise<void> {
  const { account } = place;
  try {
    const handle = await openOwnDirectory(directory, ownersOf(place));
    try {
      if (account !== undefined) await handle.chown(account.uid, account.gid);
      await handle.chmod(0o700);
    } finally {
      await handle.close();
    }
    await removeSockets(directory);
  } catch (error) {
    throw unusable(`Its socket's directory cannot be used: ${messageOf(error)}`, error);
  }
}

/** Refuses a directory in which somebody else could have put a socket. Throws what `unusable` makes. */
export async function assertSocketDirectory(directory: string, place: Place): Promise<void> {
  const isThere = await lstat(directory).then(
    () => true,
    (error: unknown) => codeOf(error) !== 'ENOENT',
  );
  if (!isThere) return;
  try {
    const handle = await openOwnDirectory(directory, ownersOf(place));
    const { mode } = await handle.stat().finally(() => handle.close());
    if ((mode & 0o077) !== 0) throw new Error(`${directory} is open to other users. Remove it.`);
  } catch (error) {
    throw unusable(`Its socket's directory cannot be used: ${messageOf(error)}`, error);
  }
}

function ownersOf({ account }: Place): number[] {
  return [process.getuid?.() ?? 0, ...(account === undefined ? [] : [account.uid])];
}

/** Only what PostgreSQL puts there: deleting recursively in a directory of another user is not for root to do. */
export async function removeSocketDirectory(directory: string): Promise<void> {
  await removeSockets(directory).catch(() => undefined);
  await rmdir(directory).catch(() => undefined);
}

async function removeSockets(directory: string): Promise<void> {
  for (const name of [SOCKET, `${SOCKET}.lock`]) await rm(join(directory, name), { force: true });
}
