import type { ServerResponse } from 'node:http';

/** How fast answers must be read. */
export interface LeastPace {
  /** Bytes that a client reads at least while something waits to be sent to it. */
  readonly bytesPerSecond: number;
  /** Milliseconds for which it may read less; what it reads faster than it must gives time back. */
  readonly patienceMs: number;
}

/** Whether an answer is read fast enough; to be asked again and again, with the time. */
export type Pace = (res: Pick<ServerResponse, Observed>, now: number) => boolean;
type Observed = 'socket' | 'writableLength' | 'writableEnded' | 'writableFinished';

/**
 * Watches how fast one answer is read. Written bit by bit, it must be read at the least speed, averaged over
 * `patienceMs` of waiting; time in which nothing waits to be sent is ours and not the client's. Written whole, it must
 * be read within `patienceMs` and the time that its length takes at the least speed.
 */
export function answerPace({ bytesPerSecond, patienceMs }: LeastPace): Pace {
  let patience = patienceMs;
  let seen: { at: number; sent: number } | undefined;
  let deadline: number | undefined;
  const msFor = (bytes: number): number => (bytes / bytesPerSecond) * 1000;

  return (res, now) => {
    const { socket } = res;
    // Without a socket it waits for the answer before it on its connection, and has taken nothing yet.
    if (!socket || socket.destroyed || res.writableFinished) return true;
    if (res.writableEnded) {
      deadline ??= now + patienceMs + msFor(res.writableLength);
      return now < deadline;
    }
    const sent = socket.bytesWritten - socket.writableLength;
    const isWaiting = res.writableLength > 0;
    if (isWaiting && seen) {
      patience = Math.min(patienceMs, patience - (now - seen.at) + msFor(Math.max(0, sent - seen.sent)));
    } else if (!isWaiting) {
      patience = patienceMs;
    }
    seen = { at: now, sent };
    return patience > 0;
  };
}
