import { Readable } from 'node:stream';

/** Holds back the end of a message, by which a mail server takes it over, until it may go. */
export interface Gate {
  /** The message as it goes out. */
  readonly through: (message: Readable) => Readable;
  /** Waiting until the message has come to its end; then open, or closed when it is not wanted any more. */
  readonly state: () => 'waiting' | 'open' | 'closed';
  /** Why it could not be asked, if so. */
  readonly failure: () => unknown;
}

/** A gate that opens when `handOver` says so, unless the connection was cut meanwhile. */
export function gateOf(handOver: () => Promise<boolean>, cut: AbortSignal): Gate {
  let state: ReturnType<Gate['state']> = 'waiting';
  let failure: unknown;

  // It is read, and so comes to its end, only once the server has said that it takes data.
  async function* held(message: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    yield* message;
    const isWanted = await handOver().catch((error: unknown) => {
      failure = error;
      throw error;
    });
    // What was cut goes nowhere: it is as if nobody had asked.
    if (!cut.aborted) state = isWanted ? 'open' : 'closed';
    if (state !== 'open') throw new Error('The message is not handed over.');
  }

  return {
    through: (message) => Readable.from(held(message), { objectMode: false }),
    state: () => state,
    failure: () => failure,
  };
}
