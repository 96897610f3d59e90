import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

/** A server in a process of its own. */
export interface Running {
  readonly port: number;
  /** Bytes of memory that the kernel says it has; NaN where there is no /proc. */
  readonly memory: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const START_MS = 120_000;

/** Starts a file of this project as a server on a free port, and waits until it answers at `readyPath`. */
export async function startServer(
  file: string,
  env: Readonly<Record<string, string>>,
  readyPath: string,
): Promise<Running> {
  const port = await freePort();
  const child = spawn(process.execPath, [file], {
    cwd: ROOT,
    // Nothing is inherited: a DATABASE_URL of the developer's must not be filled.
    env: { PATH: '/usr/bin:/bin', ...env, PORT: String(port) },
    // Lines of the log are written, since that costs time, and read by nobody.
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const closed = once(child, 'close');
  const until = Date.now() + START_MS;
  for (;;) {
    const isUp = await fetch(`http://127.0.0.1:${port}${readyPath}`).then(
      (reply) => reply.status !== 503,
      () => false,
    );
    if (isUp) break;
    if (child.exitCode !== null || Date.now() > until)
      throw new Error(`${file} did not start: ${complaint.slice(-2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    port,
    memory: async () => {
      const status = await readFile(`/proc/${child.pid ?? 0}/status`, 'utf8').catch(() => '');
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
    },
    stop: async () => {
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
