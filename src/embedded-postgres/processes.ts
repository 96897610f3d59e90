import { readFile, readlink } from 'node:fs/promises';
import { run } from './children.ts';
import { unusable } from './failure.ts';

/** One run of a process. A pid alone is used again for another; with its start it is not. */
export interface ProcessId {
  readonly pid: number;
  /** When it started, in the system's own form: only good for comparing. */
  readonly started: string;
}

const onLinux = process.platform === 'linux';

async function startOf(pid: number): Promise<string | undefined> {
  if (!onLinux) {
    const { ok, output } = await run('/bin/ps', ['-o', 'stat=,lstart=', '-p', String(pid)]);
    return !ok || output === '' || output.startsWith('Z') ? undefined : output.replace(/^\S+\s+/, '');
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // The name in brackets is the program's to choose, so the fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, ticks] = [fields[0], fields[19]];
  if (ticks === undefined || state === 'Z' || state === 'X') return undefined;
  // Ticks count from the boot, and a machine may boot so regularly that pid and ticks come again.
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(() => '');
  return `${boot.trim()}/${ticks}`;
}

/** A running process by its pid; undefined when there is none (or only its zombie). */
export async function processOf(pid: number): Promise<ProcessId | undefined> {
  const started = await startOf(pid);
  return started === undefined ? undefined : { pid, started };
}

/** This process. */
export async function thisProcess(): Promise<ProcessId> {
  const found = await processOf(process.pid);
  if (found === undefined) {
    throw unusable(
      'What runs on this system cannot be read (/proc, or ps), so two servers could not be told apart.',
    );
  }
  return found;
}

export async function isAlive(which: ProcessId): Promise<boolean> {
  return (await startOf(which.pid)) === which.started;
}

/** True when a process has this pid, whatever it is; also one of another user. */
export function isTaken(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** True when the process `pid` is the postmaster of the cluster `directory` (given without symbolic links). */
export async function isPostmasterOf(pid: number, directory: string): Promise<boolean> {
  if (onLinux) return (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === directory;
  const { ok, output } = await run('/bin/ps', ['-o', 'command=', '-p', String(pid)]);
  return ok && output.includes(`-D ${directory} `);
}
