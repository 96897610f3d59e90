/** Something odd about the times of a chain that breaks nothing: it is to be explained. */
export interface Warning {
  /** The first and the last place in the chain that it is about. */
  readonly from: number;
  readonly to: number;
  /** The event of the first. */
  readonly eventId: string;
  readonly problem: 'clock set back' | 'dated ahead' | 'sealed late';
  readonly message: string;
}

/** A seal and its event, as far as their times go; in milliseconds since 1970. */
interface Times {
  readonly seq: number;
  readonly eventId: string;
  readonly at: number;
  readonly sealedAt: number;
}

/** A seal whose event is dated too early, and the chain before it. */
export interface Backdated {
  readonly seq: number;
  readonly eventId: string;
  readonly before: { readonly seq: number; readonly hash: string };
}

/** An event this much older than its seal did not wait in the queue, unless sealing stood still. */
const LATE_MS = 24 * 60 * 60 * 1000;
/** Clocks that are set by less than this are no news. */
const STEP_MS = 5 * 60 * 1000;
/** Warnings that are listed; who reads more than these reads the chain itself. */
const MAX_WARNINGS = 100;

/**
 * Watches the times of a chain while it is walked. An event is backdated when it is more than a day older than both its
 * own seal and an event sealed before it: it did not wait in the queue, but was put in later. The database's clock may
 * have been wrong: no event sealed before can be later than a seal's own time, so `latest` never passes it; and a seal
 * that was made while the clock was ahead, as a later seal shows, proves nothing against its event. What the clock did
 * is told as warnings.
 */
export function chainTimes(): {
  readonly take: (times: Times, before: Backdated['before']) => void;
  /** The first event that was put in later. */
  readonly backdated: () => Backdated | undefined;
  readonly warnings: () => readonly Warning[];
} {
  let latest = -Infinity;
  let sealedBefore = -Infinity;
  let suspect: (Backdated & { readonly sealedAt: number }) | undefined;
  const warnings: Warning[] = [];

  const warn = ({ seq, eventId }: Times, problem: Warning['problem'], message: string): void => {
    const last = warnings.findLastIndex((one) => one.problem === problem);
    const run = warnings[last];
    if (run?.to === seq - 1) warnings[last] = { ...run, to: seq };
    else if (warnings.length < MAX_WARNINGS) warnings.push({ from: seq, to: seq, eventId, problem, message });
  };

  return {
    take: (times, before) => {
      const { seq, eventId, at, sealedAt } = times;
      if (Number.isNaN(at) || Number.isNaN(sealedAt)) return;
      if (sealedAt < sealedBefore - STEP_MS)
        warn(
          times,
          'clock set back',
          `The clock was set back by ${span(sealedBefore - sealedAt)} before this was sealed.`,
        );
      if (at > sealedAt + STEP_MS)
        warn(
          times,
          'dated ahead',
          `The event is dated ${span(at - sealedAt)} after its seal: the clock was ahead.`,
        );
      if (at < sealedAt - LATE_MS)
        warn(
          times,
          'sealed late',
          `The event was sealed ${span(sealedAt - at)} after its time: sealing stood still, or the clock was set.`,
        );
      if (suspect && sealedAt < suspect.sealedAt - LATE_MS) suspect = undefined;
      if (at < Math.min(latest, sealedAt) - LATE_MS) {
        const earlier = Math.min(suspect?.sealedAt ?? Infinity, sealedAt);
        suspect = { ...(suspect ?? { seq, eventId, before }), sealedAt: earlier };
      }
      latest = Math.min(Math.max(latest, at), sealedAt);
      sealedBefore = sealedAt;
    },
    backdated: () => suspect,
    warnings: () => warnings,
  };
}

/** A stretch of time in words: `2.5 days`. */
function span(ms: number): string {
  const hours = ms / 3_600_000;
  if (hours >= 36) return `${(hours / 24).toFixed(1)} days`;
  return hours >= 1 ? `${hours.toFixed(1)} hours` : `${Math.round(ms / 60_000)} minutes`;
}
