import type { Random } from './random.ts';

/** How a client behaves on its connection while it sends a request and reads the answer. */
export type Manner = 'plain' | 'hangs_up' | 'reads_slowly' | 'sends_slowly';

/** Most clients behave; a few hang up in the middle, or take their time. */
export function mannerOf(random: Random): Manner {
  if (random.once(20)) return 'hangs_up';
  if (random.once(40)) return 'reads_slowly';
  if (random.once(60)) return 'sends_slowly';
  return 'plain';
}

/** Milliseconds after which a client that hangs up does, unless the answer came before. */
export const HANG_UP_AFTER = 30;
/** Milliseconds for which a slow client rests between two pieces. */
export const REST = 100;
/** Milliseconds after which a slow client loses its patience: it has to be slow, not for ever. */
export const SLOW_FOR = 3_000;
