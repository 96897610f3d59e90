import type { Duplex } from 'node:stream';
import pg from 'pg';
import { parse } from 'pg-protocol';
import { databaseConnections, databaseDeadlines } from '../../lib/metrics.ts';
import { requestCancel } from './cancel.ts';
import { CONNECT_MS, MOST_ANSWER, MOST_MESSAGE } from './limits.ts';

/** No answer came in time: the connection was destroyed, whether or not somebody is still at its other end. */
export class SilentConnection extends Error {
  constructor() {
    super('Connection terminated: the database did not answer in time.');
    this.name = 'SilentConnection';
  }
}

/** The database's answer was larger than is taken; the connection was destroyed. */
export class OversizedAnswer extends Error {
  constructor() {
    super('The answer of the database was larger than is taken.');
    this.name = 'OversizedAnswer';
  }
}

/** What the database sent could not be read; the connection was destroyed. */
export class UnreadableAnswer extends Error {
  constructor(cause: unknown) {
    super('Connection terminated: the answer of the database could not be read.', { cause });
    this.name = 'UnreadableAnswer';
  }
}

/** Parts of the driver's connection and client that its types leave out. */
interface Wire {
  stream: Duplex;
  attachListeners: (stream: Duplex) => void;
  emit: (event: string, message: unknown) => boolean;
}

interface Message {
  readonly name: string;
  /** Of an error. */
  readonly code?: string;
}

/** One coarse timer looks at all connections: a timer for each query would cost more than most queries. */
const TICK_MS = 250;
const watched = new Set<WatchedClient>();
let timer: NodeJS.Timeout | undefined;
let lookedAt = 0;

/** After a cancel request the answer is waited for this long; then the connection is destroyed. */
const CANCEL_PATIENCE_MS = 2_000;

/**
 * The driver's client with a deadline on every answer. One whose peer has fallen silent, whose parser throws, or
 * whose answer grows beyond all bounds is destroyed: its queries fail, and the process goes on.
 */
export class WatchedClient extends pg.Client {
  /** Milliseconds of silence after which an unanswered query ends the connection. */
  patienceMs = 2 * CONNECT_MS;
  /** Milliseconds after which what is unanswered is stopped, also when answers to some of it have come. */
  limitMs = Infinity;
  /** True once nobody waits for the answer; asked now and then while an answer is overdue. */
  isAbandoned: (() => boolean) | undefined;
  /** Told when the connection was found silent, before it is destroyed. */
  onSilence: (() => void) | undefined;
  /** True while rows are read as they arrive: then the whole answer may be of any size. */
  isRead = false;
  /** True when others to the same place were found silent and this one has not been heard since. */
  isSuspect = false;
  #isCancelled = false;
  #silentMs = 0;
  #waitingMs = 0;
  #heard = 0;
  #heardBefore = 0;

  constructor(config?: pg.ClientConfig) {
    super(config);
    const wire = this.connection as unknown as Wire;
    wire.attachListeners = (stream) => this.#listen(wire, stream);
    this.once('connect', () => watch(this));
    this.once('end', () => watched.delete(this));
  }

  /** False once it must not be used again. */
  get isUsable(): boolean {
    return !this.isSuspect && !this.#isCancelled;
  }

  /** How long an answer has been overdue; 0 when none is. */
  get silentMs(): number {
    return this.#silentMs;
  }

  /** Destroys the connection; its queries fail with the error. */
  destroy(error: Error): void {
    (this.connection as unknown as Wire).stream.destroy(error);
  }

  /** Destroys a connection whose answer did not come, and has the database stop what it may still be doing. */
  giveUp(): void {
    watched.delete(this);
    databaseDeadlines.inc();
    this.onSilence?.();
    requestCancel(this);
    this.destroy(new SilentConnection());
  }

  /** Called by the timer: time has passed. */
  tick(passedMs: number): void {
    this.#waitingMs = this.isWaiting() ? this.#waitingMs + passedMs : 0;
    if (this.#waitingMs > this.limitMs && !this.#isCancelled) this.#cancel();
    if (!this.isWaiting() || this.#heard !== this.#heardBefore) {
      this.#silentMs = 0;
      this.#heardBefore = this.#heard;
      return;
    }
    this.#silentMs += passedMs;
    if (this.#silentMs > this.patienceMs) this.giveUp();
    else if (!this.#isCancelled && this.isAbandoned?.() === true) this.#cancel();
  }

  /** True while something is unanswered and we are listening; who pauses the stream makes the silence. */
  isWaiting(): boolean {
    const { readyForQuery } = this as { readyForQuery?: boolean };
    return readyForQuery === false && !(this.connection as unknown as Wire).stream.isPaused();
  }

  #cancel(): void {
    // It may come after the query has ended, and would then end the next: so there is no next on this connection.
    this.#isCancelled = true;
    this.patienceMs = Math.min(this.patienceMs, this.#silentMs + CANCEL_PATIENCE_MS);
    requestCancel(this);
  }

  /** As the driver does it, but what throws in it ends this connection and not the process. */
  #listen(wire: Wire, stream: Duplex): void {
    let inMessage = 0;
    let inAnswer = 0;
    let isBroken = false;
    const guarded = (read: (buffer: Buffer) => void) => (buffer: Buffer) => {
      if (isBroken) return;
      this.#heard += 1;
      this.isSuspect = false;
      inMessage += buffer.length;
      inAnswer += buffer.length;
      try {
        read(buffer);
        if (inMessage > MOST_MESSAGE || (inAnswer > MOST_ANSWER && !this.isRead)) throw new OversizedAnswer();
      } catch (error) {
        isBroken = true;
        stream.destroy(error instanceof OversizedAnswer ? error : new UnreadableAnswer(error));
      }
    };
    const listened = {
      on: (event: string, listener: (buffer: Buffer) => void) =>
        stream.on(event, event === 'data' ? guarded(listener) : listener),
    };
    void parse(listened as unknown as NodeJS.ReadableStream, (message: Message) => {
      inMessage = 0;
      if (message.name === 'readyForQuery') inAnswer = 0;
      // The parser's own, for a message of no known kind: every error of the database has a code.
      if (message.name === 'error' && message.code === undefined) throw message as unknown as Error;
      wire.emit(message.name === 'error' ? 'errorMessage' : message.name, message);
    });
  }
}

function watch(client: WatchedClient): void {
  watched.add(client);
  if (timer) return;
  lookedAt = performance.now();
  timer = setInterval(look, TICK_MS);
  timer.unref();
}

function look(): void {
  const now = performance.now();
  // A process that was paused, or busy, has not been listening: that is no silence of the database's.
  const passedMs = Math.min(now - lookedAt, 2 * TICK_MS);
  lookedAt = now;
  let busy = 0;
  for (const client of watched) {
    if (client.isWaiting()) busy += 1;
    client.tick(passedMs);
  }
  databaseConnections.set({ state: 'busy' }, busy);
  databaseConnections.set({ state: 'idle' }, watched.size - busy);
  if (watched.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}
