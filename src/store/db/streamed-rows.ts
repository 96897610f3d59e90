import pg from 'pg';
import { serialize } from 'pg-protocol';
import utils from 'pg/lib/utils.js';
import type { Sql } from 'sql-template-tag';
import { type Columns, columnsOf, readRow } from './columns.ts';
import { sendQuery } from './connection.ts';
import { translateError } from './errors.ts';
import type { Wire } from './pipeline.ts';
import type { Tx } from './pool.ts';

/** A batch ends at this many rows, or with the row that reaches this many bytes as they came over the wire. */
const BATCH_ROWS = 1_000;
const BATCH_BYTES = 512 * 1024;
/** With this many batches unread nothing more is taken from the socket. */
const UNREAD_BATCHES = 2;
/** A reader that takes nothing for this long loses the rest: it holds a connection and a snapshot. */
export const MAX_STALL_MS = 60_000;
/** A database that sends nothing for this long, though it is being read, is taken for gone. */
const MAX_SILENCE_MS = 180_000;

/** The driver's class of queries: it refuses others on a pipelined connection. */
const Query = pg.Query as unknown as new (text: string) => {
  text: string;
  /** Set by the driver, which waits for it when the URL names a `query_timeout`. */
  callback?: (error?: unknown) => void;
};

/**
 * One statement whose rows are read while they arrive. Memory is bounded by bytes, whatever the rows hold: while two
 * batches wait to be read the socket is paused, and the database waits in turn. Rows cost no round trips.
 */
class ArrivingRows extends Query {
  readonly #statement: Pick<Sql, 'text' | 'values'>;
  #wire: Wire | undefined;
  #columns: Columns | undefined;
  #full: (readonly unknown[])[] = [];
  #batch: unknown[] = [];
  #bytes = 0;
  #state: 'arriving' | 'complete' | 'failed' = 'arriving';
  #error: unknown;
  #wake: (() => void) | undefined;
  #hasArrived = false;
  #isPaused = false;
  #silence: NodeJS.Timeout | undefined;
  #stall: NodeJS.Timeout | undefined;

  constructor(statement: Pick<Sql, 'text' | 'values'>) {
    super(statement.text);
    this.#statement = statement;
  }

  /** The next batch, or undefined after the last. Throws the driver's error. */
  async next(): Promise<readonly unknown[] | undefined> {
    if (this.#full.length === 0 && this.#state === 'arriving') await this.#arrival();
    // The error first: what came before it in an unfinished batch is not handed out.
    if (this.#full.length === 0 && this.#state === 'failed') throw this.#error;
    const batch = this.#full.shift();
    if (this.#isPaused && this.#full.length < UNREAD_BATCHES) this.#resume();
    return batch;
  }

  /** Ends it. A connection on which rows are still to come is destroyed: reading them all may take for ever. */
  stop(): void {
    clearTimeout(this.#stall);
    this.#full = [];
    this.#batch = [];
    if (this.#state === 'arriving')
      this.#destroy(new Error('Connection terminated: its rows are not wanted.'));
  }

  async #arrival(): Promise<void> {
    this.#listen();
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    clearTimeout(this.#silence);
  }

  #listen(): void {
    this.#hasArrived = false;
    this.#silence = setTimeout(() => {
      if (this.#hasArrived) this.#listen();
      else this.#destroy(new Error('Connection terminated: the database sent nothing.'));
    }, MAX_SILENCE_MS);
  }

  #destroy(error: Error): void {
    this.#fail(error);
    this.#wire?.stream.destroy();
  }

  #fail(error: unknown): void {
    if (this.#state !== 'arriving') return;
    this.#state = 'failed';
    this.#error = error;
    this.#wake?.();
  }

  #pause(): void {
    this.#isPaused = true;
    this.#wire?.stream.pause();
    const stall = () => this.#destroy(new Error('Connection terminated: its rows were not read in time.'));
    this.#stall = setTimeout(stall, MAX_STALL_MS);
  }

  #resume(): void {
    this.#isPaused = false;
    clearTimeout(this.#stall);
    this.#wire?.stream.resume();
  }

  #endBatch(): void {
    if (this.#batch.length === 0) return;
    this.#full.push(this.#batch);
    this.#batch = [];
    this.#bytes = 0;
    this.#wake?.();
    if (this.#full.length >= UNREAD_BATCHES && !this.#isPaused) this.#pause();
  }

  /** Writes the statement. The driver calls this, and all of those below. */
  submit(wire: Wire): void {
    this.#wire = wire;
    const { text, values } = this.#statement;
    const messages = [
      serialize.parse({ text }),
      serialize.bind({ values: values.map(utils.prepareValue) }),
      serialize.describe({ type: 'P' }),
      serialize.execute(),
      serialize.sync(),
    ];
    if (wire.stream.writable) wire.stream.write(Buffer.concat(messages));
  }

  handleRowDescription({ fields }: { fields: readonly pg.FieldDef[] }): void {
    this.#columns = columnsOf(fields);
  }

  handleDataRow({ fields, length }: { fields: readonly (string | null)[]; length: number }): void {
    if (this.#state !== 'arriving' || !this.#columns) return;
    this.#hasArrived = true;
    try {
      this.#batch.push(readRow(this.#columns, fields));
    } catch (error) {
      this.#destroy(error as Error);
      return;
    }
    this.#bytes += length;
    if (this.#batch.length >= BATCH_ROWS || this.#bytes >= BATCH_BYTES) this.#endBatch();
  }

  handleCommandComplete(): void {
    this.#endBatch();
  }

  handleEmptyQuery(): void {
    this.#endBatch();
  }

  handleError(error: unknown): void {
    this.#fail(error);
    this.#finish(error);
  }

  handleReadyForQuery(): void {
    if (this.#state === 'arriving') this.#state = 'complete';
    this.#wake?.();
    this.#finish();
  }

  /** What is asked next on the connection is answered behind the rows. */
  #finish(error?: unknown): void {
    this.#resume();
    this.callback?.(error);
  }
}

/**
 * Reads the rows of a query in a transaction that has begun, in batches and in constant memory: batches end by rows and
 * by bytes. When the reader stops early, or takes nothing for a minute, the connection is destroyed and the transaction
 * with it. Throws `busy`, or the driver's error.
 */
export async function* readArriving<Row>(
  tx: Tx,
  query: Pick<Sql, 'text' | 'values'>,
): AsyncGenerator<readonly Row[]> {
  const arriving = new ArrivingRows(query);
  tx.connection.isRead = true;
  sendQuery(tx.connection, arriving);
  try {
    for (let batch = await next(arriving); batch; batch = await next(arriving)) yield batch as readonly Row[];
  } finally {
    arriving.stop();
    tx.connection.isRead = false;
  }
}

async function next(arriving: ArrivingRows): Promise<readonly unknown[] | undefined> {
  try {
    return await arriving.next();
  } catch (error) {
    throw translateError(error);
  }
}
