import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { codeOf, messageOf, unusable } from './failure.ts';
import { isAlive, type ProcessId } from './processes.ts';

/**
 * What the owner file beside a cluster says: which process starts, supervises and stops it. Others attach.
 * `version` is there only while the database can be used. Where the password is, this file does not say.
 */
export interface Owner extends ProcessId {
  readonly watchdog?: ProcessId;
  readonly postmaster?: number;
  /** The directory of the socket. */
  readonly socket?: string;
  readonly version?: string;
}

export type Ownership =
  | { readonly state: 'none' }
  /** Another process is just writing the file. */
  | { readonly state: 'changing' }
  | { readonly state: 'alive'; readonly owner: Owner }
  | { readonly state: 'dead'; readonly text: string; readonly owner: Owner | undefined };

/** Milliseconds after which an owner file that cannot be parsed is a leftover, not one being written. */
const WRITING = 2000;

/** Reads who owns the cluster now. */
export async function readOwner(file: string): Promise<Ownership> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { state: 'none' };
    throw unusable(`${file} cannot be read (${messageOf(error)}).`, error);
  }
  const owner = parse(text);
  if (owner === undefined) {
    const age = await stat(file).then(
      (found) => Date.now() - found.mtimeMs,
      () => 0,
    );
    return age < WRITING ? { state: 'changing' } : { state: 'dead', text, owner: undefined };
  }
  return (await isAlive(owner)) ? { state: 'alive', owner } : { state: 'dead', text, owner };
}

function parse(text: string): Owner | undefined {
  try {
    const value = JSON.parse(text) as Partial<Owner> | null;
    return typeof value?.pid === 'number' && typeof value.started === 'string' ? (value as Owner) : undefined;
  } catch {
    return undefined;
  }
}

/** Becomes the owner, if nobody is. Of several that try at once, one succeeds. */
export async function claim(file: string, owner: Owner): Promise<boolean> {
  try {
    await writeFile(file, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw unusable(
      `${file} cannot be written (${messageOf(error)}). Set DATA_DIR to a directory that this user may write.`,
      error,
    );
  }
}

/** Removes the file of an owner that is dead, unless another process has done so and put its own there. */
export async function removeDead(file: string, text: string): Promise<void> {
  const aside = `${file}.${process.pid}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  const taken = await readFile(aside, 'utf8');
  if (taken !== text) await writeFile(file, taken, { flag: 'wx', mode: 0o600 }).catch(() => undefined);
  await rm(aside, { force: true });
}

/** Replaces what the file says, in one step. Only for the owner. Synchronous, so that no two of ours mix. */
export function publish(file: string, owner: Owner): void {
  const next = `${file}.next`;
  rmSync(next, { force: true });
  // A file that is there already could be a link to another: only a new one is written.
  writeFileSync(next, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
  renameSync(next, file);
}

/** Ends the ownership. */
export async function release(file: string): Promise<void> {
  await rm(file, { force: true });
}
