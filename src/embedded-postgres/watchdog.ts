import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { childOptions } from './children.ts';
import { unusable } from './failure.ts';
import { type ProcessId, processOf } from './processes.ts';

/**
 * Its input is a pipe from us: the pid of each new postmaster (0: none now), or `stop`. The end of the input
 * means that we are gone, however we died. Signals to a whole service or session must not end it before us.
 */
const SCRIPT = `
trap '' HUP INT TERM
cluster=$1 socket=$2 pid=0
shift 2
while read -r line; do
  case $line in
    stop) exit 0 ;;
    *) pid=$line ;;
  esac
done
runs() { [ "$pid" != 0 ] && [ -e "$cluster/postmaster.pid" ] && kill -0 "$pid" 2>/dev/null; }
for signal in INT QUIT; do
  runs && kill -"$signal" "$pid"
  tries=0
  while runs && [ "$tries" -lt 200 ]; do sleep 0.05; tries=$((tries + 1)); done
done
rm -f "$socket"/.s.PGSQL.5432 "$socket"/.s.PGSQL.5432.lock
rmdir "$socket"
[ "$#" -gt 0 ] && rm -rf -- "$@"
exit 0
`;

/** A small shell that ends PostgreSQL when this process dies, even by kill -9. */
export interface Watchdog {
  readonly id: ProcessId;
  /** Names the postmaster to end; 0 when there is none. */
  guard(pid: number): void;
  /** Ends the watchdog without it doing anything. */
  dismiss(): Promise<void>;
}

/** Starts the watchdog of a cluster. Once it has acted, it deletes `removeAfterwards`. */
export async function startWatchdog(
  directory: string,
  socket: string,
  removeAfterwards: readonly string[],
): Promise<Watchdog> {
  const child = spawn(
    '/bin/sh',
    ['-c', SCRIPT, 'rollcall-watchdog', directory, socket, ...removeAfterwards],
    {
      ...childOptions(undefined),
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    },
  );
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await once(child, 'spawn').catch((error: unknown) => {
    throw unusable('/bin/sh cannot be started, which watches over it.', error);
  });
  child.unref();
  // Killed by someone, it leaves us a closed pipe: no reason to fall over.
  child.stdin.on('error', () => undefined);
  const id = await processOf(child.pid ?? 0);
  if (id === undefined) throw unusable('The shell that watches over it ended at once.');
  return {
    id,
    guard: (pid) => void child.stdin.write(`${pid}\n`),
    dismiss: async () => {
      child.ref();
      child.stdin.end('stop\n');
      await exited;
    },
  };
}
