import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, unusable } from './failure.ts';
import type { Log } from './options.ts';
import { isAlive, isPostmasterOf, isTaken, type ProcessId } from './processes.ts';

const POLL = 25;

/** Milliseconds the watchdog of a dead owner may need; it gives the postmaster 10 s twice. */
const WATCHDOG_LIMIT = 25_000;
const STOP_LIMIT = 10_000;

/** What PostgreSQL says while processes of a killed postmaster still hold its memory: they go once they notice. */
export const STILL_HELD = /pre-existing shared memory block|lock file "postmaster\.pid" already exists/;

/** Waits until the watchdog of a dead owner has done its work, so that it does not clear away ours. */
export async function awaitWatchdog(watchdog: ProcessId | undefined): Promise<void> {
  if (watchdog === undefined) return;
  if (await becomes(async () => !(await isAlive(watchdog)), WATCHDOG_LIMIT)) return;
  signal(watchdog.pid, 'SIGKILL');
}

/** Stops a postmaster that nobody owns any more. A second one beside it would not start. */
export async function endOrphan(directory: string, log: Log): Promise<void> {
  const pid = await recordedPostmaster(directory);
  if (pid === undefined || !(await isPostmasterOf(pid, directory))) return;
  log(
    'warn',
    `PostgreSQL (process ${pid}) was left behind by a server that was killed; it is stopped first.`,
  );
  const gone = async () => !(await isPostmasterOf(pid, directory));
  for (const name of ['SIGINT', 'SIGQUIT'] as const) {
    signal(pid, name);
    if (await becomes(gone, STOP_LIMIT)) return;
  }
  throw unusable(`PostgreSQL (process ${pid}) holds ${directory} and does not stop. End that process.`);
}

/**
 * Removes a `postmaster.pid` whose pid now belongs to some other program: PostgreSQL would take that for a running
 * server and refuse. In every other case the file stays, for PostgreSQL judges it best.
 */
export async function removeStalePidFile(directory: string): Promise<void> {
  const pid = await recordedPostmaster(directory);
  if (pid === undefined || !isTaken(pid) || (await isPostmasterOf(pid, directory))) return;
  await rm(join(directory, 'postmaster.pid'), { force: true });
}

async function recordedPostmaster(directory: string): Promise<number | undefined> {
  const text = await readFile(join(directory, 'postmaster.pid'), 'utf8').catch(() => '');
  // A single-user backend writes its pid as a negative number.
  const pid = Math.abs(Number.parseInt(text, 10));
  return pid > 0 ? pid : undefined;
}

async function becomes(condition: () => Promise<boolean>, limit: number): Promise<boolean> {
  const deadline = Date.now() + limit;
  while (Date.now() < deadline) {
    if (await condition()) return true;
    await sleep(POLL);
  }
  return false;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (isTaken(pid))
      throw unusable(`Process ${pid} cannot be stopped (${messageOf(error)}). End it.`, error);
  }
}
