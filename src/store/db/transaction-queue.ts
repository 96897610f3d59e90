import type { Answer, Script, Statement } from './pipeline.ts';
import type { Tx } from './pool.ts';

/** What is said in one transaction, in order. */
interface Conversation {
  readonly ask: Tx['ask'];
  readonly asked: Tx['asked'];
  /** Ends it: what was asked has been sent by then, and what is asked from now on is refused. */
  readonly over: () => Promise<void>;
  /** Why the transaction failed, if it has. */
  readonly failure: () => Error | undefined;
}

/**
 * Sends what is asked in a transaction once it has begun, at the very call and in the order of the calls: what is sent
 * after COMMIT would be in no transaction, or in another's. With `isEager` nothing waits for BEGIN.
 */
export function conversation(
  begun: Promise<unknown>,
  isEager: boolean,
  send: (statement: Statement | Script) => Promise<Answer>,
): Conversation {
  let state: 'beginning' | 'open' | 'over' = isEager ? 'open' : 'beginning';
  let waiting: (() => void)[] = [];
  let count = 0;
  let firstError: Error | undefined;

  const sendWaiting = (): void => {
    for (const sendOne of waiting) sendOne();
    waiting = [];
  };
  const settled = begun.then(
    () => {
      state = 'open';
      sendWaiting();
    },
    (error: unknown) => {
      state = 'over';
      firstError = error as Error;
      sendWaiting();
    },
  );

  const sendNow: Tx['ask'] = async (query) => {
    if (state === 'over')
      throw firstError ?? new Error('This transaction is over; nothing more can be asked in it.');
    try {
      return await send(query);
    } catch (error) {
      // What fails after another has failed does so for that reason, and may be awaited before it.
      firstError ??= error as Error;
      throw firstError;
    }
  };

  return {
    ask: (query) => {
      count += 1;
      if (state !== 'beginning') return sendNow(query);
      return new Promise((resolve, reject) => {
        waiting.push(() => void sendNow(query).then(resolve, reject));
      });
    },
    asked: () => count,
    failure: () => firstError,
    over: async () => {
      await settled;
      state = 'over';
    },
  };
}
