import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Target } from './wire.ts';

/** The server that is fuzzed. */
export interface TargetServer extends Target {
  readonly scimToken: string;
  /** Undefined when only SCIM is known to be there. */
  readonly apiToken: string | undefined;
  /** Its memory in bytes; undefined when that cannot be told. */
  readonly memory: () => Promise<number | undefined>;
  /** How it ended, when it has. */
  readonly ended: () => string | undefined;
  /** The lines of its log that tell of a request. */
  readonly logOf: (requestId: string) => string;
  readonly stop: () => Promise<void>;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const START_TIME = 120_000;
const STOP_TIME = 15_000;
const MOST_LOG = 20 * 1024 * 1024;

/**
 * Starts the real server in a process of its own, with an embedded PostgreSQL in a temporary directory. Its heap is kept
 * small, so that what grows with the data ends the process instead of going unnoticed.
 */
export async function startTarget(heapMegabytes: number): Promise<TargetServer> {
  const directory = await mkdtemp(join(tmpdir(), 'rollcall-fuzz-'));
  // The database may run as another user than the one who starts it.
  await chmod(directory, 0o755);
  const port = await freePort();
  const tokens = {
    SCIM_TOKEN: 'fuzz-scim-token-of-a-throw-away-server',
    ADMIN_TOKEN: 'fuzz-admin-token-of-a-throw-away-server',
    OPERATOR_TOKEN: 'fuzz-operator-token-of-a-throw-away-server',
  };
  // Nothing is inherited: a DATABASE_URL of the developer's must not be fuzzed.
  const env = {
    ...tokens,
    DATA_DIR: directory,
    PORT: String(port),
    RATE_LIMIT_PER_SECOND: '0',
    LOG_LEVEL: 'error',
    PATH: '/usr/bin:/bin',
  };
  const child = spawn(process.execPath, [`--max-old-space-size=${heapMegabytes}`, 'src/main.ts'], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  let ended: string | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      if (log.length < MOST_LOG) log += text;
    });
  }
  const closed = once(child, 'close').then(([code, signal]) => {
    ended = `it ended with ${String(code ?? signal)}: ${log.slice(-2000)}`;
  });

  const target: TargetServer = {
    host: '127.0.0.1',
    port,
    scimToken: tokens.SCIM_TOKEN,
    apiToken: tokens.ADMIN_TOKEN,
    memory: () => residentMemory(child.pid),
    ended: () => ended,
    logOf: (requestId) =>
      log
        .split('\n')
        .filter((line) => line.includes(requestId))
        .join('\n'),
    stop: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIME);
      await closed;
      clearTimeout(timer);
      await rm(directory, { recursive: true, force: true });
    },
  };
  try {
    await ready(target);
  } catch (error) {
    await target.stop();
    throw error;
  }
  return target;
}

async function ready(target: TargetServer): Promise<void> {
  const until = Date.now() + START_TIME;
  for (;;) {
    const reply = await fetch(`http://${target.host}:${target.port}/readyz`).catch(() => undefined);
    if (reply?.status === 200) return;
    if (target.ended() !== undefined) throw new Error(`The server did not start: ${target.ended()}`);
    if (Date.now() > until) throw new Error('The server was not ready in time.');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** A server that runs already. Only of this machine: what is sent here may ruin what it reaches. */
export function runningTarget(base: string, scimToken: string): TargetServer {
  const url = new URL(base);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isLoopback =
    url.protocol === 'http:' &&
    (/^127(?:\.\d{1,3}){3}$/.test(host) || host === '::1' || host === 'localhost');
  if (!isLoopback)
    throw new Error(
      `${base} is not a loopback address; only http://127.0.0.1, [::1] or localhost is fuzzed.`,
    );
  return {
    host,
    port: Number(url.port === '' ? 80 : url.port),
    scimToken,
    apiToken: undefined,
    memory: () => Promise.resolve(undefined),
    ended: () => undefined,
    logOf: () => '',
    stop: () => Promise.resolve(),
  };
}

/** From the kernel, where there is /proc. */
async function residentMemory(pid: number | undefined): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid ?? 0}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
