import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

/** One instance of the server, in a process of its own. */
export interface Instance {
  readonly name: string;
  readonly port: number;
  /** Resident bytes; undefined where there is no /proc. */
  readonly memory: () => Promise<number | undefined>;
  /** How it ended, when it has. */
  readonly ended: () => string | undefined;
  /** Stops the process without ending it, as a machine does that is being moved. */
  readonly pause: () => void;
  readonly resume: () => void;
  readonly stop: () => Promise<void>;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const START_MS = 120_000;

/** Starts an instance and waits until it is ready. `heapMegabytes` bounds its heap. */
export async function startInstance(
  name: string,
  env: Readonly<Record<string, string>>,
  heapMegabytes: number,
): Promise<Instance> {
  const port = await freePort();
  const flags = [`--max-old-space-size=${heapMegabytes}`];
  const child = spawn(process.execPath, [...flags, 'src/main.ts'], {
    cwd: ROOT,
    // Nothing is inherited: a DATABASE_URL of the developer's must not be filled.
    env: { PATH: '/usr/bin:/bin', LOG_LEVEL: 'warn', ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let lastLines = '';
  let ended: string | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      lastLines = (lastLines + text).slice(-4000);
    });
  }
  const closed = once(child, 'close').then(([code, signal]) => {
    ended = `${name} ended with ${String(code ?? signal)}: ${lastLines}`;
  });
  const until = Date.now() + START_MS;
  for (;;) {
    const reply = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (reply?.status === 200) break;
    if (ended !== undefined) throw new Error(ended);
    if (Date.now() > until) throw new Error(`${name} was not ready in time: ${lastLines}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return {
    name,
    port,
    memory: async () => {
      const status = await readFile(`/proc/${child.pid ?? 0}/status`, 'utf8').catch(() => '');
      const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
      return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
    },
    ended: () => ended,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    stop: async () => {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await closed;
      clearTimeout(timer);
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
