import { access, constants, lchown, lstat, mkdir, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SUPERUSER } from './cluster.ts';
import { codeOf, messageOf, unusable } from './failure.ts';
import { shortHash, type Place } from './place.ts';

/** How PostgreSQL calls its socket: the number is that of the port it would have. */
const SOCKET = '.s.PGSQL.5432';

/** The longest socket path that every supported system takes, in bytes (macOS: 104 with the closing zero). */
const LONGEST_SOCKET_PATH = 103;

/**
 * The private directory of the cluster's socket. Its name is short, as socket paths must be, and always the same
 * for one cluster, so that nothing piles up in the temporary directory.
 */
export async function socketDirectory(place: Place): Promise<string> {
  const temporary = await access('/tmp', constants.W_OK).then(
    () => '/tmp',
    () => tmpdir(),
  );
  const directory = join(temporary, `rollcall-${shortHash(place.directory)}`);
  if (Buffer.byteLength(join(directory, SOCKET)) > LONGEST_SOCKET_PATH) {
    throw unusable(
      `The temporary directory's name ${temporary} is too long for a socket. Set TMPDIR to a shorter one.`,
    );
  }
  return directory;
}

/**
 * Makes the socket's directory, for PostgreSQL's user alone. No postmaster of the cluster may be running: what a
 * killed one left there is removed, because PostgreSQL takes it for a live one when its pid is in use again.
 */
export async function makeSocketDirectory(directory: string, place: Place): Promise<void> {
  await refuseForeignDirectory(directory, place);
  await removeSocketDirectory(directory);
  try {
    await mkdir(directory, { mode: 0o700 }).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
    if (place.account !== undefined) await lchown(directory, place.account.uid, place.account.gid);
  } catch (error) {
    throw unusable(`The directory ${directory} for its socket cannot be made (${messageOf(error)}).`, error);
  }
}

async function refuseForeignDirectory(directory: string, place: Place): Promise<void> {
  const found = await lstat(directory).catch(() => undefined);
  if (found === undefined) return;
  const allowed = [process.getuid?.(), place.account?.uid];
  if (found.isDirectory() && allowed.includes(found.uid)) return;
  throw unusable(
    `${directory}, where its socket goes, belongs to another user (uid ${found.uid}). Remove it.`,
  );
}

/** Only what PostgreSQL puts there: deleting recursively in a directory of another user is not for root to do. */
export async function removeSocketDirectory(directory: string): Promise<void> {
  for (const name of [SOCKET, `${SOCKET}.lock`]) await rm(join(directory, name), { force: true });
  await rmdir(directory).catch(() => undefined);
}

/**
 * The URL of the cluster, as pg, knex and psql understand it. The port only names the socket's file; it and
 * `sslmode` are given so that PGPORT and PGSSLMODE in someone's environment change nothing.
 */
export function socketUrl(directory: string): string {
  return `postgres://${SUPERUSER}@localhost:5432/postgres?host=${encodeURIComponent(directory)}&sslmode=disable`;
}
