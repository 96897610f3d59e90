import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { HANG_UP_AFTER, REST, SLOW_FOR } from './manner.ts';
import type { WireRequest } from './request.ts';
import type { Target } from './wire.ts';

/** What came back for some bytes. */
export interface Answer {
  /** 0 when there was none. */
  readonly status: number;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Why there was no answer: `timeout`, or the socket's own error. */
  readonly error: string | undefined;
}

// A bulk request of a thousand operations is slow, and no hang.
const TIMEOUT = 120_000;
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * Sends a request on a connection of its own, and reads what comes back until it is closed. Only after a damaged
 * request is our side closed at once: the server may wait for the rest of it, while node takes a client that closes
 * for one that has gone.
 */
export function send(
  target: Target,
  { bytes, isDamaged, manner = 'plain' }: Pick<WireRequest, 'bytes' | 'isDamaged'> & Partial<WireRequest>,
): Promise<Answer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let error: string | undefined;
    const { host, port } = target;
    const socket = connect({ host, port, allowHalfOpen: true }, () => {
      if (manner === 'sends_slowly') void sendSlowly(socket, bytes);
      else if (isDamaged) socket.end(bytes);
      else socket.write(bytes);
    });
    const patience = {
      plain: TIMEOUT,
      hangs_up: HANG_UP_AFTER,
      reads_slowly: SLOW_FOR,
      sends_slowly: TIMEOUT,
    };
    // Unlike the socket's own time-out, it is not put off by what comes.
    const timer = setTimeout(() => {
      error = manner === 'plain' ? 'timeout' : 'gave up';
      socket.destroy();
    }, patience[manner]);
    socket.on('end', () => socket.end());
    socket.on('data', (chunk) => {
      size += chunk.length;
      if (size <= MOST_BYTES) chunks.push(chunk);
      if (manner === 'reads_slowly') rest(socket);
    });
    socket.on('error', (reason: NodeJS.ErrnoException) => {
      error ??= reason.code ?? reason.message;
    });
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(read(Buffer.concat(chunks).toString('latin1'), error));
    });
  });
}

function rest(socket: Socket): void {
  socket.pause();
  setTimeout(() => socket.resume(), REST);
}

/** Sends a first piece at once and the others one by one, so that the whole takes some seconds at most. */
async function sendSlowly(socket: Socket, bytes: Buffer): Promise<void> {
  const piece = Math.max(1, Math.ceil(bytes.length / (SLOW_FOR / REST)));
  for (let at = 0; at < bytes.length && !socket.destroyed; at += piece) {
    socket.write(bytes.subarray(at, at + piece));
    await sleep(REST);
  }
}

function read(text: string, error: string | undefined): Answer {
  // After "100 Continue" comes the answer itself.
  const [head = '', ...rest] = text.replace(/^HTTP\/1\.1 1\d\d[^]*?\r\n\r\n/, '').split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(first)?.[1] ?? 0);
  const headers = new Map(
    lines.map((line) => {
      const [name = '', ...value] = line.split(':');
      return [name.toLowerCase(), value.join(':').trim()] as const;
    }),
  );
  return {
    status,
    headers,
    body: rest.join('\r\n\r\n'),
    error: status === 0 ? (error ?? 'closed') : undefined,
  };
}
