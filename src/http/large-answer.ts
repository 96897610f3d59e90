import type { Request, Response } from 'express';
import { cancelled, createGate } from '../lib/gate.ts';
import { refusals } from '../lib/metrics.ts';
import { callerOf } from './caller.ts';
import { hangUpOf } from './hang-up.ts';

/** Characters up to which an answer is made whole and sent with its length. Beyond, it is written in pieces. */
export const MOST_WHOLE = 1024 * 1024;

/** Answers beyond that size, which are under way for as long as their clients take to read them. */
const largeAnswers = createGate({
  name: 'large answers',
  perWorkspace: 4,
  total: 12,
  // Each holds its text while it waits.
  waitingPerWorkspace: 8,
  waitingInAll: 24,
  waitMs: 30_000,
});

/** A client that takes nothing for so long, or not all in so long, loses the rest. */
const MAX_STALL_MS = 20_000;
const MAX_MS = 120_000;

/** Bytes that are handed over at a time. */
const SLICE = 65_536;

/** Waits for a place among the large answers. Throws `rate_limited`, `busy` and `cancelled`. */
export function enterLargeAnswers(req: Request): Promise<() => void> {
  const { workspaceId, signal } = callerOf(req);
  return largeAnswers.enter(workspaceId, signal);
}

/**
 * Writes a large answer, whose headers are set, as fast as the client reads it, and gives its place back. A client that
 * is too slow, and an answer that fails half-way, lose the connection, so that nobody takes half for the whole. Throws
 * what the pieces throw, and `cancelled`.
 */
export async function writeLarge(
  res: Response,
  pieces: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
  leave: () => void,
): Promise<void> {
  const end = Date.now() + MAX_MS;
  try {
    for await (const piece of pieces) {
      if (hangUpOf(res.req).aborted || res.destroyed) throw cancelled();
      if (!res.write(piece)) await settled(res, 'drain', end);
    }
    res.end();
    await settled(res, 'finish', end);
  } catch (error) {
    res.destroy();
    throw error;
  } finally {
    leave();
  }
}

/** A text in slices of bytes. */
export function* slicesOf(text: string): Generator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += SLICE) yield bytes.subarray(at, at + SLICE);
}

function settled(res: Response, event: 'drain' | 'finish', end: number): Promise<void> {
  const hangUp = hangUpOf(res.req);
  return new Promise((resolve, reject) => {
    const done = (error?: Error): void => {
      clearTimeout(timer);
      res.off(event, onEvent);
      hangUp.removeEventListener('abort', onHangUp);
      if (error) reject(error);
      else resolve();
    };
    const onEvent = (): void => done();
    const onHangUp = (): void => done(cancelled());
    const timer = setTimeout(
      () => {
        refusals.inc({ limit: 'reading speed', by: 'request' });
        done(cancelled());
      },
      Math.min(MAX_STALL_MS, Math.max(0, end - Date.now())),
    );
    if (res.writableFinished) done();
    else if (hangUp.aborted) onHangUp();
    else {
      res.on(event, onEvent);
      hangUp.addEventListener('abort', onHangUp, { once: true });
    }
  });
}
