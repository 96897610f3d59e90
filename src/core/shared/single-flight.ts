/** The running load of a key, and the one that starts after it. */
interface InFlight<Answer> {
  readonly now: Promise<Answer>;
  next: Promise<Answer> | undefined;
}

/** A load that has run for this long no longer delays the next. */
const PATIENCE_MS = 1_000;

/**
 * Single-flight: concurrent calls share one result of a load that started after they arrived. Callers that arrive during
 * a load share the next one; nothing is cached. When a load gets stuck the next starts without waiting; how long a load
 * may take is up to `load`.
 */
export function createSingleFlight<Answer>(
  patienceMs = PATIENCE_MS,
): (key: string, load: () => Promise<Answer>) => Promise<Answer> {
  const inFlight = new Map<string, InFlight<Answer>>();
  const begin = (key: string, load: () => Promise<Answer>): Promise<Answer> => {
    const now = load();
    const flight: InFlight<Answer> = { now, next: undefined };
    inFlight.set(key, flight);
    const end = () => {
      if (inFlight.get(key) === flight && !flight.next) inFlight.delete(key);
    };
    now.then(end, end);
    return now;
  };
  return (key, load) => {
    const flight = inFlight.get(key);
    if (!flight) return begin(key, load);
    flight.next ??= settledOrStuck(flight.now, patienceMs).then(() => begin(key, load));
    return flight.next;
  };
}

/** Resolves once a load has succeeded, failed or run for too long. */
function settledOrStuck(running: Promise<unknown>, patienceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, patienceMs);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    running.then(end, end);
  });
}
