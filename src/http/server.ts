import { createServer, type RequestListener, type Server } from 'node:http';

/** Bytes. A filter may be 8 KiB long, and be sent in a GET with every character percent-encoded; Node takes 16 KiB. */
const MAX_HEADER_SIZE = 48 * 1024;

/** The HTTP server with what the process asks of it; it listens nowhere yet. */
export function createHttpServer(listener?: RequestListener): Server {
  const server = createServer({ maxHeaderSize: MAX_HEADER_SIZE }, listener);
  // Longer than load balancers keep theirs, so that it is not we who close a connection they are about to use.
  server.keepAliveTimeout = 65_000;
  return server;
}
