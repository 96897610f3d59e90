import { spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import { childOptions } from './children.ts';
import { messageOf } from './failure.ts';
import type { Log } from './options.ts';
import type { Place } from './place.ts';

/** Everything that one start of the postmaster needs. */
export interface Launch {
  readonly place: Place;
  readonly binaries: Binaries;
  readonly socket: string;
  readonly url: string;
  readonly durable: boolean;
  readonly settings: Readonly<Record<string, string>>;
}

export interface Postmaster {
  /** Undefined when it could not even be started. */
  readonly pid: number | undefined;
  /** Resolves, and never rejects, when it has ended: how, in words. */
  readonly exited: Promise<string>;
  /** What it has logged in this run. */
  logged(): string;
  kill(signal: NodeJS.Signals): void;
}

const LOG_LIMIT = 10 * 1024 * 1024;
const STOP_LIMIT = 10_000;

function settings(launch: Launch): Record<string, string> {
  return {
    listen_addresses: '',
    unix_socket_directories: launch.socket,
    unix_socket_permissions: '0700',
    // Settings that an earlier superuser may have left in the cluster do not let anybody in.
    hba_file: join(launch.place.directory, 'pg_hba.conf'),
    password_encryption: 'scram-sha-256',
    cluster_name: 'rollcall',
    max_connections: '100',
    max_logical_replication_workers: '0',
    shared_buffers: '128MB',
    // A first sync fills empty tables: until they are analyzed, a name may be looked for among everybody's.
    autovacuum_naptime: '15s',
    timezone: 'UTC',
    log_timezone: 'UTC',
    logging_collector: 'off',
    log_min_messages: 'warning',
    // Errors go to the client as well; with statement and detail this file would hold people's data.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
    ...(launch.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...launch.settings,
  };
}

/**
 * Starts `postgres`, in a session of its own: Ctrl-C and a closed terminal are for us to answer, not for it.
 * Synchronous, so that no stop can come between the decision to start and the process.
 */
export function spawnPostmaster(launch: Launch): Postmaster {
  const { place, binaries } = launch;
  turnOver(place.logFile);
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  const file = openSync(place.logFile, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  try {
    const begin = assertOnlyLog(file, place.logFile);
    const args = Object.entries(settings(launch)).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = spawn(binaries.postgres, ['-D', place.directory, ...args], {
      ...childOptions(place.account),
      detached: true,
      stdio: ['ignore', file, file],
    });
    child.unref();
    const exited = new Promise<string>((resolve) => {
      child.on('error', (error) => resolve(messageOf(error)));
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code ?? 0}`));
    });
    return {
      pid: child.pid,
      exited,
      logged: () => readFileSync(place.logFile).subarray(begin).toString(),
      kill: (signal) => void child.kill(signal),
    };
  } finally {
    closeSync(file);
  }
}

/** Refuses a file that is known by another name too: writing the log would write into that. Answers its size. */
function assertOnlyLog(file: number, name: string): number {
  const { size, nlink } = fstatSync(file);
  if (nlink > 1) throw new Error(`${name} is a second name of another file. Remove it.`);
  fchmodSync(file, 0o600);
  return size;
}

/** Stops it: connections are cut and transactions rolled back; after 10 s without recovering files in order. */
export async function endPostmaster(postmaster: Postmaster, log: Log): Promise<void> {
  postmaster.kill('SIGINT');
  if (await within(postmaster.exited)) return;
  log('warn', 'PostgreSQL has not stopped for 10 s and is now ended at once; its next start recovers.');
  postmaster.kill('SIGQUIT');
  if (await within(postmaster.exited)) return;
  log('error', `PostgreSQL (process ${postmaster.pid ?? 0}) does not end; end it by hand.`);
}

async function within(exited: Promise<string>): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(STOP_LIMIT, false, { signal: timer.signal }).catch(() => false);
  const ended = await Promise.race([exited.then(() => true), late]);
  timer.abort();
  return ended;
}

function turnOver(file: string): void {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT) renameSync(file, `${file}.1`);
}
