import { connect } from 'node:net';
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
  { bytes, isDamaged }: Pick<WireRequest, 'bytes' | 'isDamaged'>,
): Promise<Answer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let error: string | undefined;
    const { host, port } = target;
    const socket = connect({ host, port, allowHalfOpen: true }, () => {
      if (isDamaged) socket.end(bytes);
      else socket.write(bytes);
    });
    socket.on('end', () => socket.end());
    socket.setTimeout(TIMEOUT, () => {
      error = 'timeout';
      socket.destroy();
    });
    socket.on('data', (chunk) => {
      size += chunk.length;
      if (size <= MOST_BYTES) chunks.push(chunk);
    });
    socket.on('error', (reason: NodeJS.ErrnoException) => {
      error ??= reason.code ?? reason.message;
    });
    socket.on('close', () => resolve(read(Buffer.concat(chunks).toString('latin1'), error)));
  });
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
