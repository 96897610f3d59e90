import type { Server } from 'node:http';
import { Server as TcpServer } from 'node:net';
import type { Streams } from '../api/streams.ts';
import { connectionsOf } from '../http/server.ts';
import { log } from '../lib/log.ts';

/**
 * Milliseconds that a kept connection gets for one more request, whose answer says that it is closed: a connection closed
 * without a word may have a request on its way.
 */
const IDLE_GRACE = 2_000;
/** Milliseconds after which exports are cut off. */
const CUT_STREAMS_AFTER = 6_000;
/** Milliseconds after which connections that are still open are cut. */
const CUT_AFTER = 8_000;
/** Milliseconds after which the process ends, whatever still runs. */
const END_AFTER = 9_500;

/** What the process has opened, to be closed in the opposite order. */
export interface Lifecycle {
  readonly isStopping: () => boolean;
  /** Notes how to close what was just opened. */
  readonly opened: (close: () => Promise<unknown>) => void;
  /** Closes everything; what does not close is logged and passed over. */
  readonly stop: () => Promise<void>;
}

export function createLifecycle(): Lifecycle {
  const closers: (() => Promise<unknown>)[] = [];
  let stopping = false;
  return {
    isStopping: () => stopping,
    opened: (close) => void closers.push(close),
    stop: async () => {
      stopping = true;
      for (const close of closers.splice(0).reverse()) {
        await close().catch((error: unknown) => log.error('A part of the server did not close.', { error }));
      }
    },
  };
}

/**
 * Stops on SIGTERM and SIGINT: a start that has not ended is waited for, then everything is closed and the process
 * ends with 0 for want of anything to do; after 9.5 s it is ended.
 */
export function stopOnSignals(lifecycle: Lifecycle, started: Promise<unknown>): void {
  let heard = false;
  const stop = (signal: string): void => {
    if (heard) return;
    heard = true;
    log.info(`${signal}: finishing what is in flight.`);
    setTimeout(() => process.exit(0), END_AFTER).unref();
    void started
      .catch(() => undefined)
      .then(() => lifecycle.stop())
      .then(() => log.info('Stopped.'));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/**
 * Stops listening and lets requests in flight finish; answers say that the connection will be closed. Exports are cut off
 * after 6 s, so that there is time to record it, and what is still open after 8 s.
 */
export async function closeServer(server: Server, streams?: Pick<Streams, 'stop'>): Promise<void> {
  const connections = connectionsOf(server);
  connections.announceClose();
  const cutStreams = setTimeout(() => void streams?.stop(), CUT_STREAMS_AFTER);
  const cut = setTimeout(() => {
    log.warn('Requests in flight took too long and were cut off.');
    server.closeAllConnections();
  }, CUT_AFTER);
  const idle = setInterval(() => connections.closeIdle(IDLE_GRACE), 50);
  await new Promise<void>((resolve) => {
    // That of http.Server would at once close connections on which a request is on its way.
    TcpServer.prototype.close.call(server, () => resolve());
  });
  clearTimeout(cutStreams);
  clearTimeout(cut);
  clearInterval(idle);
  // What they held is given back, and their ends are recorded, before the database is closed.
  await streams?.stop();
}
