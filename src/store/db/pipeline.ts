import pg from 'pg';
import { serialize } from 'pg-protocol';
import utils from 'pg/lib/utils.js';
import { type Columns, columnsOf, NO_COLUMNS, readRow } from './columns.ts';
import { arePlansOld, FORGET_PLANS } from './plan-age.ts';

/** What is asked of the database. With a name it is prepared, once for each connection. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly name?: string | undefined;
}

/** Statements of a library in one text. */
export interface Script {
  readonly text: string;
  readonly values?: undefined;
}

/** What the database said to a statement. */
export interface Answer {
  readonly rows: unknown[];
  /** The first word of the command that it ran; for a COMMIT that may be ROLLBACK. */
  readonly command: string;
}

/** The driver's connection, with its record of what it has prepared: texts by their names. */
export interface Wire extends pg.Connection {
  readonly parsedStatements: Record<string, string | undefined>;
  readonly submittedNamedStatements: Record<string, string | undefined>;
}

interface Asked {
  readonly statement: Statement;
  readonly values: readonly (string | Buffer | null)[];
  readonly rows: unknown[];
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  columns: Columns | undefined;
  command: string;
  /** Why its rows could not be read. */
  unreadable?: { readonly error: unknown };
}

/** Columns of what is prepared, by connection and name: they stay for as long as the statement does. */
const known = new WeakMap<Wire, Map<string, Columns>>();

/** The driver's class of queries: of others, it sends none before the one before it was answered. */
const Query = pg.Query as unknown as new (text: string) => {
  name: string | undefined;
  text: string;
  /** Set by the driver, which waits for it when the URL names a `query_timeout`. */
  callback?: (error?: unknown) => void;
};

/**
 * Statements that go to the database in one write and are answered in one, since they end with one Sync: each of the
 * driver's own has one, for which both sides are woken, and asks again what the columns are. When one fails, those
 * after it are not run, and fail with the same error (PostgreSQL, "Pipelining" in the frontend/backend protocol). Outside
 * a transaction they are one of their own: what stands before a failure is answered, but not kept.
 */
export class Batch extends Query {
  readonly #asked: Asked[] = [];
  #turn = 0;
  #isSubmitted = false;
  #columns = new Map<string, Columns>();

  constructor() {
    super('');
  }

  /** Adds a statement, before the batch is submitted. Throws the driver's error. */
  add(statement: Statement): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#isSubmitted) throw new Error('This batch has been sent.');
      const values = statement.values.map(utils.prepareValue);
      this.#asked.push({ statement, values, rows: [], resolve, reject, columns: undefined, command: '' });
    });
  }

  /** Fails all of it: it could not even be written. */
  fail(error: unknown): void {
    for (const { reject } of this.#asked) reject(error);
  }

  /** Writes all of it. The driver calls this, and all of those below. */
  submit(wire: Wire): void {
    this.#isSubmitted = true;
    const columns = known.get(wire) ?? new Map<string, Columns>();
    known.set(wire, columns);
    this.#columns = columns;
    if (arePlansOld(wire)) this.#forgetPlans();
    this.#take(0);
    const messages = this.#asked.flatMap((asked) => messagesOf(asked, wire, columns));
    if (wire.stream.writable) wire.stream.write(Buffer.concat([...messages, serialize.sync()]));
  }

  /** Behind BEGIN, which must come first; a transaction that has failed takes nothing but its end. */
  #forgetPlans(): void {
    const first = this.#asked[0]?.statement.text ?? '';
    if (first === 'rollback' || first === 'commit') return;
    const place = first.startsWith('begin') ? 1 : 0;
    this.#asked.splice(place, 0, unanswered({ text: FORGET_PLANS, values: [] }));
  }

  /** The driver keeps its record of what is prepared by the name and text of the query that is being answered. */
  #take(turn: number): void {
    this.#turn = turn;
    const statement = this.#asked[turn]?.statement;
    this.name = statement?.name;
    this.text = statement?.text ?? '';
  }

  handleRowDescription({ fields }: { fields: readonly pg.FieldDef[] }): void {
    const asked = this.#asked[this.#turn];
    if (asked) asked.columns = columnsOf(fields);
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    const asked = this.#asked[this.#turn];
    if (!asked?.columns) return;
    try {
      asked.rows.push(readRow(asked.columns, fields));
    } catch (error) {
      asked.unreadable = { error };
    }
  }

  handleCommandComplete({ text }: { text: string }): void {
    const asked = this.#asked[this.#turn];
    if (!asked) return;
    asked.command = text.split(' ', 1)[0] ?? '';
    const { name } = asked.statement;
    if (name !== undefined) this.#columns.set(name, asked.columns ?? NO_COLUMNS);
    this.#take(this.#turn + 1);
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete({ text: '' });
  }

  handleError(error: unknown, wire: Wire): void {
    // After the last statement, it is what they did together that could not be committed, or is not known to be.
    const failed = this.#turn < this.#asked.length ? this.#turn : 0;
    for (const asked of this.#asked.slice(0, failed)) settle(asked);
    for (const { statement, reject } of this.#asked.slice(failed)) {
      // What was not run is not prepared either.
      if (statement.name !== undefined) wire.submittedNamedStatements[statement.name] = undefined;
      reject(error);
    }
    this.callback?.(error);
  }

  handleReadyForQuery(): void {
    for (const asked of this.#asked) settle(asked);
    this.callback?.();
  }
}

/** A statement of which nobody waits for the answer. */
function unanswered(statement: Statement): Asked {
  const nothing = () => undefined;
  return {
    statement,
    values: [],
    rows: [],
    resolve: nothing,
    reject: nothing,
    columns: undefined,
    command: '',
  };
}

function messagesOf(asked: Asked, wire: Wire, columns: ReadonlyMap<string, Columns>): Buffer[] {
  const { name, text } = asked.statement;
  const messages: Buffer[] = [];
  const isPrepared = name !== undefined && isKept(wire, name);
  if (!isPrepared) messages.push(serialize.parse({ name: name ?? '', text }));
  if (!isPrepared && name !== undefined) wire.submittedNamedStatements[name] = text;
  messages.push(serialize.bind({ statement: name ?? '', values: [...asked.values] }));
  asked.columns = isPrepared ? columns.get(name) : undefined;
  if (!asked.columns) messages.push(serialize.describe({ type: 'P' }));
  messages.push(serialize.execute());
  return messages;
}

function isKept(wire: Wire, name: string): boolean {
  return wire.parsedStatements[name] !== undefined || wire.submittedNamedStatements[name] !== undefined;
}

function settle({ rows, command, unreadable, resolve, reject }: Asked): void {
  if (unreadable) reject(unreadable.error);
  else resolve({ rows, command });
}
