import { setImmediate as nextTurn } from 'node:timers/promises';
import { cancelled } from '../../lib/gate.ts';

/** Milliseconds of work after which others have their turn. */
const LONGEST_MS = 10;
/** Steps of work between two looks at the clock. */
const STEPS_BETWEEN_LOOKS = 2_000;

/** Work that is long is done in pieces, between which the process serves others. */
export interface Turns {
  /**
   * To be called after each piece, with about how many small steps it took. Answers a promise to wait for when the work
   * has gone on for long; it rejects with `cancelled` once the client has gone.
   */
  readonly worked: (steps: number) => Promise<void> | undefined;
}

/** Begins a long piece of work. */
export function takeTurns(signal?: AbortSignal): Turns {
  let since = performance.now();
  let steps = 0;
  const letOthersWork = async (): Promise<void> => {
    await nextTurn();
    if (signal?.aborted) throw cancelled();
    since = performance.now();
  };
  return {
    worked: (more) => {
      steps += more;
      if (steps < STEPS_BETWEEN_LOOKS) return undefined;
      steps = 0;
      return performance.now() - since < LONGEST_MS ? undefined : letOthersWork();
    },
  };
}
