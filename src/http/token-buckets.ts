import type { IncrementResponse, Store } from 'express-rate-limit';

interface Bucket {
  /** How much of the burst is used up; it leaks away with time. */
  level: number;
  /** Milliseconds. */
  at: number;
}

const SWEEP_EVERY = 60_000;

/**
 * A store for express-rate-limit that keeps what we promise, which its fixed windows can't: `perSecond` on and on,
 * and `burst` at once after a rest, never more (a window that ends lets twice its limit through). What is refused
 * takes nothing from the bucket. It counts for this instance only.
 */
export function tokenBuckets(perSecond: number, burst: number, now: () => number = Date.now): Store {
  const buckets = new Map<string, Bucket>();
  let swept = now();

  const levelAt = (bucket: Bucket | undefined, at: number): number =>
    bucket ? Math.max(0, bucket.level - ((at - bucket.at) / 1000) * perSecond) : 0;

  const sweep = (at: number): void => {
    if (at - swept < SWEEP_EVERY) return;
    swept = at;
    for (const [key, bucket] of buckets) if (levelAt(bucket, at) === 0) buckets.delete(key);
  };

  return {
    localKeys: true,
    increment(key): IncrementResponse {
      const at = now();
      sweep(at);
      const level = levelAt(buckets.get(key), at);
      if (level + 1 > burst) {
        // When the bucket has room for one again.
        return { totalHits: burst + 1, resetTime: new Date(at + ((level + 1 - burst) / perSecond) * 1000) };
      }
      buckets.set(key, { level: level + 1, at });
      return { totalHits: Math.ceil(level + 1), resetTime: new Date(at + ((level + 1) / perSecond) * 1000) };
    },
    decrement(key) {
      const bucket = buckets.get(key);
      if (bucket) bucket.level = Math.max(0, bucket.level - 1);
    },
    resetKey(key) {
      buckets.delete(key);
    },
  };
}
