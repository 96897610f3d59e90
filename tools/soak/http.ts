import { Agent, request } from 'node:http';
import { connect } from 'node:net';

/** What a request was answered. */
export interface Outcome {
  /** 0 when no answer came; `error` says why. */
  readonly status: number;
  readonly milliseconds: number;
  readonly hasRetryAfter: boolean;
  /** At most the first 256 KiB. */
  readonly text: string;
  readonly error: string | undefined;
}

export interface Call {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  /** Closes the connection after so many milliseconds, whether an answer came or not. */
  readonly hangUpAfter?: number;
}

/** Sends requests with one token to one server. Never rejects. */
export type Client = (call: Call) => Promise<Outcome>;

const MOST_TEXT = 256 * 1024;
const MOST_MS = 120_000;

/** A client over connections that are kept, as identity providers use them. */
export function clientOf(port: number, token: string): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  return ({ method, path, body, hangUpAfter }) =>
    new Promise((resolve) => {
      const begun = performance.now();
      const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
      let text = '';
      const finish = (status: number, retryAfter: unknown, error?: string): void => {
        clearTimeout(timer);
        const milliseconds = performance.now() - begun;
        resolve({ status, milliseconds, hasRetryAfter: retryAfter !== undefined, text, error });
      };
      const headers = {
        Authorization: `Bearer ${token}`,
        ...(bytes ? { 'Content-Type': 'application/json', 'Content-Length': bytes.length } : {}),
      };
      const outgoing = request({ agent, host: '127.0.0.1', port, method, path, headers }, (response) => {
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          if (text.length < MOST_TEXT) text += chunk;
        });
        response.on('error', (error) => finish(0, undefined, error.message));
        response.on('end', () => finish(response.statusCode ?? 0, response.headers['retry-after']));
      });
      const timer = setTimeout(() => outgoing.destroy(new Error('gave up')), hangUpAfter ?? MOST_MS);
      outgoing.on('error', (error) => finish(0, undefined, error.message));
      outgoing.end(bytes);
    });
}

/** Asks for a path and reads the answer a few bytes at a time, for so long. Answers the status line. */
export function readSlowly(port: number, token: string, path: string, milliseconds: number): Promise<string> {
  return new Promise((resolve) => {
    let first = '';
    const socket = connect({ host: '127.0.0.1', port }, () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    });
    // Nothing is read but what is asked for here, so that the server's side fills up.
    const sip = setInterval(() => {
      const chunk = socket.read(256) as Buffer | null;
      if (first === '' && chunk) first = chunk.toString('latin1').split('\r\n', 1)[0] ?? '';
    }, 500);
    const timer = setTimeout(() => socket.destroy(), milliseconds);
    socket.on('readable', () => undefined);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(sip);
      clearTimeout(timer);
      resolve(first);
    });
  });
}

/** Sends requests as they are on a connection of its own, reads nothing, and resets it after so long. */
export function sendAndReset(port: number, requests: string, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => {
      socket.write(requests, () => {
        if (milliseconds === 0) setImmediate(() => socket.resetAndDestroy());
        else setTimeout(() => socket.resetAndDestroy(), milliseconds);
      });
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
}

/** A request as it goes over the wire, up to its body. */
export function headOf(token: string, method: string, path: string, ...headers: readonly string[]): string {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    `Authorization: Bearer ${token}`,
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Begins a request with a large body and sends hardly any of it, for so long. */
export function sendSlowly(port: number, token: string, path: string, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => {
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n` +
          'Content-Type: application/json\r\nContent-Length: 900000\r\n\r\n{"a":"',
      );
    });
    const drip = setInterval(() => socket.write('x'), 500);
    const timer = setTimeout(() => socket.destroy(), milliseconds);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(drip);
      clearTimeout(timer);
      resolve();
    });
  });
}
