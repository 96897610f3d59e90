import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { EmbeddedPostgresOptions } from '../../src/embedded-postgres/embedded.ts';

/** Runs one query on a connection of its own and gives its rows. */
export async function query(url: string, sql: string, values: unknown[] = []): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/** Waits until `condition` holds; rejects after `limit` milliseconds. */
export async function eventually(condition: () => Promise<boolean> | boolean, limit = 10_000): Promise<void> {
  const deadline = Date.now() + limit;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Not so after ${limit} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export interface Server {
  readonly process: ChildProcess;
  readonly url: string;
  readonly messages: readonly string[];
}

const running = new Set<ChildProcess>();

/** For `afterEach`: what a failed test left running. */
export function killServers(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Starts test/embedded-postgres/server.ts and waits until it has the database. */
export async function startServer(options: EmbeddedPostgresOptions): Promise<Server> {
  const file = fileURLToPath(new URL('./server.ts', import.meta.url));
  const child = spawn(process.execPath, [file, JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const messages: string[] = [];
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The server ended with ${code ?? 'a signal'}.`)));
    child.on('message', (sent: { message?: string; url?: string }) => {
      if (sent.message !== undefined) messages.push(sent.message);
      if (sent.url !== undefined) resolve({ process: child, url: sent.url, messages });
    });
  });
}

/** Ends a server's process with `signal` and waits until it is gone. */
export async function end(server: Server, signal: NodeJS.Signals): Promise<void> {
  const gone = once(server.process, 'exit');
  server.process.kill(signal);
  await gone;
}

export interface OwnerRecord {
  readonly pid: number;
  readonly postmaster: number;
  readonly watchdog: { readonly pid: number };
}

export async function recordedOwner(directory: string): Promise<OwnerRecord> {
  return JSON.parse(await readFile(`${directory}.owner.json`, 'utf8')) as OwnerRecord;
}
