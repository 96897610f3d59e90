import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readFile, readlink, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { codeOf } from './failure.ts';

const MAX_LINKS = 40;
const STICKY = 0o1000;
const GROUP_WRITE = 0o020;
const OTHERS_WRITE = 0o002;
const NOBODY_UID = 65_534;

/**
 * Says why another local user could put something of their own at `path` or in it: a directory on the way that is
 * theirs or that they may write, or a symbolic link that they made. Undefined when nobody can. What does not exist
 * yet is as safe as the directory that it will be made in.
 */
export async function whyUntrusted(path: string): Promise<string | undefined> {
  const trusted = await trustedUsers();
  const parts = resolve(path).split('/').filter(Boolean);
  let current = '/';
  let isShared = false;
  let placeOwner: number | undefined;
  for (let links = 0; ;) {
    const found = await lstat(current).catch(() => undefined);
    if (found === undefined) return undefined;
    if (!trusted.has(found.uid)) {
      // Root may work in one user's directory, but not in one that anybody could have put into a shared place.
      const isPlaceOf = !isShared && found.uid !== NOBODY_UID && (placeOwner ?? found.uid) === found.uid;
      if (process.getuid?.() !== 0 || !isPlaceOf) {
        return `${current} belongs to another user (uid ${found.uid})`;
      }
      placeOwner = found.uid;
    }
    if (found.isSymbolicLink()) {
      if (++links > MAX_LINKS) return `${current} is a symbolic link without an end`;
      const target = await readlink(current);
      parts.unshift(...target.split('/').filter(Boolean));
      current = target.startsWith('/') ? '/' : dirname(current);
      isShared = false;
      continue;
    }
    const mayOthersWrite =
      (found.mode & OTHERS_WRITE) !== 0 || ((found.mode & GROUP_WRITE) !== 0 && !isOwnGroup(found));
    isShared = mayOthersWrite && (found.mode & STICKY) !== 0;
    if (mayOthersWrite && (!isShared || parts.length === 0)) {
      return `other users may write in ${current}`;
    }
    const next = parts.shift();
    if (next === undefined) return undefined;
    current = next === '..' ? dirname(current) : join(current, next);
  }
}

/** The owners of what we run, and so of all that we do. */
async function trustedUsers(): Promise<ReadonlySet<number>> {
  const self = process.getuid?.() ?? 0;
  const code = await stat(import.meta.dirname).then(({ uid }) => uid);
  const users = new Set([0, self, ...(code === NOBODY_UID ? [] : [code])]);
  // In a container with users of its own, whatever belongs to the machine around it is shown as nobody's.
  const map = await readFile('/proc/self/uid_map', 'utf8').catch(() => '');
  if (map !== '' && !/^\s*0\s+0\s+4294967295\s*$/.test(map)) users.add(NOBODY_UID);
  return users;
}

function isOwnGroup({ uid, gid }: { uid: number; gid: number }): boolean {
  return gid === 0 || gid === uid || (process.getgroups?.() ?? []).includes(gid);
}

/**
 * Opens a directory that is nobody else's, to look at and to change by its handle, so that what is checked is what is
 * used. Makes it, for us alone, when it is not there. Throws an `Error` that says whose it is.
 */
export async function openOwnDirectory(path: string, owners: readonly number[]): Promise<FileHandle> {
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error;
  });
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW).catch(
    (error: unknown) => {
      if (!['ELOOP', 'ENOTDIR'].includes(codeOf(error) ?? '')) throw error;
      throw new Error(`${path} is not a directory. Remove it.`, { cause: error });
    },
  );
  try {
    const [opened, named] = [await handle.stat(), await lstat(path)];
    if (opened.dev !== named.dev || opened.ino !== named.ino) {
      throw new Error(`${path} was replaced while it was looked at.`);
    }
    if (!owners.includes(opened.uid)) {
      throw new Error(`${path} belongs to another user (uid ${opened.uid}). Remove it.`);
    }
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}
