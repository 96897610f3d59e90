import type { Response } from 'express';
import type { Caller } from '../core/context/caller.ts';
import type { Context } from '../core/context/context.ts';
import { assertTokenLive } from '../core/context/live-token.ts';
import { whenOver } from '../http/over.ts';
import { RollcallError } from '../lib/errors.ts';
import { cancelled, createGate } from '../lib/gate.ts';
import { log } from '../lib/log.ts';
import { refusals } from '../lib/metrics.ts';
import type { Chunks } from './answer.ts';

/** What answers that are written as they come may take: each holds a connection to the database and a snapshot. */
export interface StreamLimits {
  /** At once, of one workspace and of the process. */
  readonly perWorkspace: number;
  readonly total: number;
  /** How many more of a workspace wait for a place, and for how long. */
  readonly waitingPerWorkspace: number;
  readonly waitMs: number;
  /** From the first row to the last byte. */
  readonly longestMs: number;
  /** How often the token is asked for again while nothing new is read. */
  readonly recheckMs: number;
}

/** Never more than half of the connections: everybody else needs the others. */
export function streamLimits(poolSize: number): StreamLimits {
  const total = Math.max(1, Math.min(5, Math.floor(poolSize / 2)));
  return {
    perWorkspace: Math.min(2, total),
    total,
    waitingPerWorkspace: 8,
    waitMs: 2_000,
    longestMs: 15 * 60_000,
    recheckMs: 1_000,
  };
}

/** Answers that are written as they come, all of a process. */
export interface Streams {
  /**
   * Sends a body, once it has a place, and no faster than it is read. Throws `rate_limited` and `busy` before anything
   * is sent. It is cut off, also in the middle, when the client hangs up, the caller's token ends (`unauthenticated`),
   * it takes too long, or the server stops (`busy`): what it holds is then given back at once.
   */
  readonly send: (body: Chunks, to: { ctx: Context; res: Response }) => Promise<void>;
  /** Cuts off all and lets none begin; resolves when everything they held was given back and recorded. */
  readonly stop: () => Promise<void>;
}

interface Stream {
  readonly end: (why: RollcallError) => void;
  readonly ended: Promise<unknown>;
}

/** Bytes written at once: what is sent of a large part is noticed while it is sent. */
const PIECE = 65_536;

export function createStreams(limits: StreamLimits): Streams {
  const gate = createGate({ name: 'exports', ...limits });
  const streams = new Set<Stream>();
  let isStopped = false;

  const send: Streams['send'] = async (body, { ctx, res }) => {
    const leave = await gate.enter(ctx.caller.workspaceId, ctx.caller.signal);
    const ending = new AbortController();
    if (isStopped) ending.abort(stopping());
    const unwatch = watch(ending, { ctx, res, limits });
    const chunks = body.chunks[Symbol.asyncIterator]();
    const work = write(body, chunks, res, ending.signal);
    // Not waited for: whoever is cut off is cut off now. The place is free once the connection to the database is.
    const ended = work
      .catch(() => undefined)
      .finally(unwatch)
      .then(() => giveBack(chunks, ctx.caller))
      .then(() => {
        streams.delete(stream);
        leave();
      });
    const stream: Stream = { end: (why) => ending.abort(why), ended };
    streams.add(stream);
    await work;
  };

  return {
    send,
    stop: async () => {
      isStopped = true;
      for (const { end } of streams) end(stopping());
      await Promise.all([...streams].map(({ ended }) => ended));
    },
  };
}

async function giveBack(chunks: AsyncIterator<unknown>, { requestId }: Caller): Promise<void> {
  try {
    await chunks.return?.();
  } catch (error) {
    log.warn('What an export held could not be given back in order.', { requestId, error });
  }
}

/** Ends a stream for all the reasons that lie outside of it. Answers how to watch no more. */
function watch(
  ending: AbortController,
  of: { ctx: Context; res: Response; limits: StreamLimits },
): () => void {
  const { ctx, res, limits } = of;
  whenOver(res, () => ending.abort(cancelled()));
  const tooLong = setTimeout(() => {
    refusals.inc({ limit: 'export time', by: 'request' });
    ending.abort(lasting(limits.longestMs));
  }, limits.longestMs);
  const recheck = setInterval(() => {
    assertTokenLive(ctx).catch((error: unknown) => {
      // A database that is away for a moment says nothing about the token.
      if (error instanceof RollcallError && error.kind === 'unauthenticated') ending.abort(error);
    });
  }, limits.recheckMs);
  return () => {
    clearTimeout(tooLong);
    clearInterval(recheck);
  };
}

async function write(
  { type, trailers }: Chunks,
  chunks: AsyncIterator<string | Uint8Array>,
  res: Response,
  ending: AbortSignal,
): Promise<void> {
  // The first is asked for before anything is sent: a database that is away is a 503 and not half an answer.
  let next = await unless(ending, chunks.next());
  res.type(type);
  if (trailers) res.setHeader('Trailer', trailers.names.join(', '));
  while (next.done !== true) {
    const bytes = typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
    for (let at = 0; at < bytes.length; at += PIECE) {
      await unless(ending, written(res, bytes.subarray(at, at + PIECE)));
    }
    next = await unless(ending, chunks.next());
  }
  if (trailers) res.addTrailers(trailers.values());
  res.end();
}

/** Resolves when the system has taken the bytes. */
function written(res: Response, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    res.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

/** What comes of the work, unless the signal aborts first: then its reason is thrown. */
function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function stopping(): RollcallError {
  return new RollcallError('busy', 'The server is stopping; try again shortly.', { retryAfter: 5 });
}

function lasting(ms: number): RollcallError {
  return new RollcallError(
    'busy',
    `An export may take ${ms / 60_000} minutes at most; ask for less at once, or read it faster.`,
    { retryAfter: 60 },
  );
}
