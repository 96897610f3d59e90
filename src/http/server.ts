import { createServer, type RequestListener, type Server } from 'node:http';
import { refusals } from '../lib/metrics.ts';
import { type ConnectionLimits, type Connections, watchConnections } from './connections.ts';

/** Bytes. A filter may be 8 KiB long, and be sent in a GET with every character percent-encoded; Node takes 16 KiB. */
const MAX_HEADER_SIZE = 48 * 1024;
/** Milliseconds in which the headers of a request must have come, and all of it. The largest group needs 280 KB/s. */
const HEADERS_MS = 20_000;
const REQUEST_MS = 60_000;

const LIMITS: ConnectionLimits = {
  perAddress: 1_000,
  total: 2_000,
  unsentPerWorkspace: 64 * 1_048_576,
  pace: { bytesPerSecond: 16 * 1024, patienceMs: 30_000 },
};

/** For requests that no handler sees, as Node answers them itself. */
const STATUS_LINES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

const connections = new WeakMap<Server, Connections>();

/** Limits other than the usual ones, for tests. */
export type HttpLimits = Partial<ConnectionLimits> & { readonly requestMs?: number };

/** The HTTP server with what the process asks of it; it listens nowhere yet. */
export function createHttpServer(listener?: RequestListener, limits: HttpLimits = {}): Server {
  const { requestMs = REQUEST_MS } = limits;
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_SIZE,
      headersTimeout: Math.min(HEADERS_MS, requestMs),
      requestTimeout: requestMs,
      connectionsCheckingInterval: Math.min(2_000, requestMs),
    },
    listener,
  );
  // Longer than load balancers keep theirs, so that it is not we who close a connection they are about to use.
  server.keepAliveTimeout = 65_000;
  connections.set(server, watchConnections(server, { ...LIMITS, ...limits }));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const { code = '' } = error;
    if (code === 'ERR_HTTP_REQUEST_TIMEOUT') refusals.inc({ limit: 'request time', by: 'request' });
    // Nothing is written into the middle of an answer.
    if (socket.writable && !connectionsOf(server).isAnswering(socket))
      socket.write(`HTTP/1.1 ${STATUS_LINES[code] ?? '400 Bad Request'}\r\nConnection: close\r\n\r\n`);
    socket.destroy(error);
  });
  return server;
}

/** The connections of a server that was made by `createHttpServer`. */
export function connectionsOf(server: Server): Connections {
  const own = connections.get(server);
  if (!own) throw new Error('This server was not made by createHttpServer.');
  return own;
}
