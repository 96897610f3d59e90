import { setImmediate as nextTurn } from 'node:timers/promises';
import { cancelled } from '../../lib/gate.ts';

/** Milliseconds of work after which other requests get their turn. */
const MAX_SLICE_MS = 10;
/** Steps of work between two checks of the clock. */
const STEPS_BETWEEN_CHECKS = 2_000;

/** Splits long work into slices, between which the process serves other requests. */
export interface Yielder {
  /**
   * Call it after each piece with roughly how many small steps it took. Returns a promise to await when the slice is used
   * up; it rejects with `cancelled` once the client has gone.
   */
  readonly yieldAfter: (steps: number) => Promise<void> | undefined;
}

/** Starts the clock of a long piece of work. */
export function createYielder(signal?: AbortSignal): Yielder {
  let since = performance.now();
  let steps = 0;
  const letOthersWork = async (): Promise<void> => {
    await nextTurn();
    if (signal?.aborted) throw cancelled();
    since = performance.now();
  };
  return {
    yieldAfter: (more) => {
      steps += more;
      if (steps < STEPS_BETWEEN_CHECKS) return undefined;
      steps = 0;
      return performance.now() - since < MAX_SLICE_MS ? undefined : letOthersWork();
    },
  };
}
