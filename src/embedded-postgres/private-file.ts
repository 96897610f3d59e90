import { randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { codeOf } from './failure.ts';

/** A user of this system by their ids. */
interface User {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Reads a file that only its owner may read. Undefined when it is not there, or when others may read it or own it:
 * what it says is then no secret any more.
 */
export async function readPrivateFile(file: string, owners: readonly number[]): Promise<string | undefined> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
    if (['ENOENT', 'ELOOP'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  try {
    return isPrivate(await handle.stat(), owners) ? await handle.readFile('utf8') : undefined;
  } finally {
    await handle.close();
  }
}

function isPrivate(found: Stats, owners: readonly number[]): boolean {
  return found.isFile() && (found.mode & 0o077) === 0 && owners.includes(found.uid);
}

/** Puts a file in its place, whole and on the disk, readable by its owner alone. */
export async function writePrivateFile(file: string, text: string, owner: User | undefined): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    if (owner !== undefined) await handle.chown(owner.uid, owner.gid);
    await handle.sync();
    await handle.close();
    await rename(draft, file);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(draft, { force: true });
    throw error;
  }
}
