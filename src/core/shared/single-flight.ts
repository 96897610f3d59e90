/** What is being asked for one key, and what will be asked when that has been answered. */
interface Asking<Answer> {
  readonly now: Promise<Answer>;
  next: Promise<Answer> | undefined;
}

/** A question that has had no answer for this long is not waited for by those who come after it. */
const PATIENCE_MS = 1_000;

/**
 * Makes many askers share answers that are never older than their question: who comes while one question is under way
 * waits for the next, which everybody who came meanwhile shares. Nothing is kept for later. When a question gets stuck,
 * the next begins without its answer; how long one question may take is up to `ask`.
 */
export function sharedAnswers<Answer>(
  patienceMs = PATIENCE_MS,
): (key: string, ask: () => Promise<Answer>) => Promise<Answer> {
  const asking = new Map<string, Asking<Answer>>();
  const begin = (key: string, ask: () => Promise<Answer>): Promise<Answer> => {
    const now = ask();
    const one: Asking<Answer> = { now, next: undefined };
    asking.set(key, one);
    const end = () => {
      if (asking.get(key) === one && !one.next) asking.delete(key);
    };
    now.then(end, end);
    return now;
  };
  return (key, ask) => {
    const one = asking.get(key);
    if (!one) return begin(key, ask);
    one.next ??= settledOrStuck(one.now, patienceMs).then(() => begin(key, ask));
    return one.next;
  };
}

/** Resolves once a question was answered or failed, or has had no answer for too long. */
function settledOrStuck(question: Promise<unknown>, patienceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, patienceMs);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    question.then(end, end);
  });
}
