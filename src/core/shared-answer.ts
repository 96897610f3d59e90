/** What is being asked for one key, and what will be asked when that has been answered. */
interface Asking<Answer> {
  readonly now: Promise<Answer>;
  next: Promise<Answer> | undefined;
}

/**
 * Makes many askers share answers that are never older than their question: who comes while one question is under way
 * waits for the next, which everybody who came meanwhile shares. Nothing is kept for later.
 */
export function sharedAnswers<Answer>(): (key: string, ask: () => Promise<Answer>) => Promise<Answer> {
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
    const askAgain = () => begin(key, ask);
    one.next ??= one.now.then(askAgain, askAgain);
    return one.next;
  };
}
