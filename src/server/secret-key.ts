import { randomBytes, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, open, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareDataDir } from './data-dir.ts';

const MIN_LENGTH = 32;

/**
 * The secret that is kept in the data directory, made at the first call: 64 hexadecimal characters in `secret-key`,
 * readable by its owner alone. Two processes that start together get the same. Throws an `Error` whose one line names
 * the file when what is kept is not fit to be a secret.
 */
export async function keptSecretKey(dataDir: string): Promise<string> {
  const file = join(dataDir, 'secret-key');
  await prepareDataDir(dataDir);
  const kept = await readSecret(file, dataDir);
  if (kept !== undefined) return kept;
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true });
    // Unlike a rename it never replaces what another process has made meanwhile.
    await link(draft, file).catch(unlessCode('EEXIST'));
    await syncDirectory(dataDir);
  } finally {
    await rm(draft, { force: true });
  }
  const made = await readSecret(file, dataDir);
  if (made === undefined) throw new Error(`${file} was removed while it was made. Start Rollcall again.`);
  return made;
}

/** Undefined when there is no such file. What is checked is what was opened. */
async function readSecret(file: string, dataDir: string): Promise<string | undefined> {
  const handle = await open(file, constants.O_RDONLY).catch(unlessCode('ENOENT'));
  if (handle === undefined) return undefined;
  try {
    await assertPrivate(handle, file, dataDir);
    const secret = (await handle.readFile('utf8')).trim();
    if (secret.length < MIN_LENGTH) {
      throw new Error(
        `The secret key in ${file} is ${secret === '' ? 'empty' : `shorter than ${MIN_LENGTH} characters`}. Restore the file from a backup; or delete it to have a new one made, which ends invitation links and the audit's signatures so far.`,
      );
    }
    return secret;
  } finally {
    await handle.close();
  }
}

async function assertPrivate(handle: FileHandle, file: string, dataDir: string): Promise<void> {
  const found = await handle.stat();
  if (!found.isFile()) throw new Error(`The secret key ${file} is not a file. Move it away.`);
  const owners = [0, process.getuid?.(), (await stat(dataDir)).uid];
  if (!owners.includes(found.uid)) {
    throw new Error(
      `The secret key ${file} belongs to another user (uid ${found.uid}). Restore it from a backup, or delete it to have a new one made.`,
    );
  }
  if ((found.mode & 0o077) !== 0) {
    throw new Error(
      `Other users may read the secret key ${file}. Run: chmod 600 ${file} (and if they may have read it, delete it to have a new one made).`,
    );
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory);
  await handle.sync().finally(() => handle.close());
}

function unlessCode(expected: string): (error: unknown) => undefined {
  return (error) => {
    if ((error as { code?: unknown }).code !== expected) throw error;
    return undefined;
  };
}
