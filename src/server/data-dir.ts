import { mkdir, realpath, stat } from 'node:fs/promises';
import { isOurDirectory } from '../embedded-postgres/place.ts';
import { openOwnDirectory, whyUntrusted } from '../embedded-postgres/trusted-path.ts';

/** What others may do in a data directory at most: its group may pass through, to the database. */
const CLOSED_TO_OTHERS = 0o067;

/**
 * Makes the data directory if there is none, and closes it to other users when it holds nothing but what Rollcall keeps
 * there. Throws an `Error` with one line that names the directory when others could tamper with it.
 */
export async function prepareDataDir(dataDir: string): Promise<void> {
  const reason = await whyUntrusted(dataDir);
  if (reason !== undefined) {
    throw new Error(
      `DATA_DIR: ${dataDir} is not safe to keep secrets in: ${reason}. Take that right away (chown, chmod), or choose another directory.`,
    );
  }
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const { uid, mode } = await stat(dataDir);
  if ((mode & CLOSED_TO_OTHERS) === 0 || !(await isOurDirectory(dataDir))) return;
  if (uid !== process.getuid?.() && process.getuid?.() !== 0) return;
  const handle = await openOwnDirectory(await realpath(dataDir), [uid]);
  await handle.chmod(0o700).finally(() => handle.close());
}
