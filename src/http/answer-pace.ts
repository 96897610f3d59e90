import type { ServerResponse } from 'node:http';

/** Bytes in a second that a client reads at least while something waits to be sent to it. */
const LEAST_PER_SECOND = 16 * 1024;
/** Milliseconds for which it may read less; what it reads faster than it must gives it back. */
const PATIENCE_MS = 30_000;

/** Whether an answer is read fast enough; to be asked again and again, with the time. */
export type Pace = (res: Pick<ServerResponse, Observed>, now: number) => boolean;
type Observed = 'socket' | 'writableLength' | 'writableEnded' | 'writableFinished';

/**
 * Watches how fast one answer is read. Written bit by bit, it must be read at the least speed over half a minute of
 * waiting; time in which nothing waits to be sent is ours and not the client's. Written whole, it must be read within
 * half a minute and the time that its length takes at the least speed.
 */
export function answerPace(patienceMs = PATIENCE_MS, leastPerSecond = LEAST_PER_SECOND): Pace {
  let patience = patienceMs;
  let seen: { at: number; sent: number } | undefined;
  let deadline: number | undefined;
  const msFor = (bytes: number): number => (bytes / leastPerSecond) * 1000;

  return (res, now) => {
    const { socket } = res;
    // Without a socket it waits behind another answer on the same connection.
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
