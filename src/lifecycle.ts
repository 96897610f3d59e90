import type { Server } from 'node:http';
import { log } from './log.ts';

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

/** Stops listening, lets requests in flight finish, and cuts what is open after 8 s. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      log.warn('Requests in flight took too long and were cut off.');
      server.closeAllConnections();
    }, CUT_AFTER);
    // A connection whose last request has ended would be kept open for the next.
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    server.close(() => {
      clearTimeout(cut);
      clearInterval(idle);
      resolve();
    });
  });
}
