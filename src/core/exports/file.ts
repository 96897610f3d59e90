import { type EventId, newId } from '../../lib/ids.ts';
import { log } from '../../lib/log.ts';
import { change } from '../change/change.ts';
import { assertTokenLive } from '../context/live-token.ts';

import type { Context } from '../context/context.ts';
import { afterRequest } from '../context/context.ts';

/** What stands in a place of an export; times are ISO 8601 in UTC with milliseconds. */
export type Cell = string | null;

/** An export's columns (contract section 7) and its rows, in batches. */
export interface ExportFile<C = Cell> {
  readonly columns: readonly string[];
  readonly batches: AsyncIterable<readonly (readonly C[])[]>;
  /** The id of the audit event that tells of this export. */
  readonly receipt: EventId;
  /**
   * Writes the event that says it begins, before anything is sent; one without an end is of a process that died. Throws
   * `unauthenticated` and `busy`: nothing may be sent then.
   */
  readonly begin: () => Promise<void>;
  /** Writes the receipt's event: to be called once after `begin`, whatever happened. */
  readonly finish: (sent: Sent) => Promise<void>;
}

/** What left the house. */
export interface Sent {
  /** The SHA-256 of the whole file, hexadecimal; null when it was cut off. */
  readonly sha256: string | null;
  readonly bytes: number;
}

/** What is asked of an export: under which name it is made, and what was chosen, as the audit tells it. */
export interface ExportAsked {
  readonly name: string;
  readonly filter: Readonly<Record<string, unknown>>;
}

/** The columns of an export by their names. */
export type Columns<Row, C = Cell> = Readonly<Record<string, (row: Row) => C>>;

/**
 * A file of rows, whose sending is an event. Reading on throws `unauthenticated` once the caller's token has ended.
 */
export function exported<Row, C = Cell>(
  ctx: Context,
  asked: ExportAsked,
  columns: Columns<Row, C>,
  rows: AsyncIterable<readonly Row[]>,
): ExportFile<C> {
  const cells = Object.values(columns);
  const receipt = newId<EventId>();
  let count = 0;
  async function* batches() {
    for await (const batch of rows) {
      await assertTokenLive(ctx);
      count += batch.length;
      yield batch.map((row) => cells.map((cell) => cell(row)));
    }
  }
  return {
    columns: Object.keys(columns),
    batches: batches(),
    receipt,
    begin: () => recordBeginning(ctx, asked, receipt),
    finish: (sent) => recordExport(ctx, asked, receipt, count, sent),
  };
}

function recordBeginning(ctx: Context, { name, filter }: ExportAsked, receipt: EventId): Promise<void> {
  return change(ctx, (c) => {
    const target = { kind: 'export', id: name, name } as const;
    c.record({ action: 'export.started', target, after: { filter, receipt } });
    return Promise.resolve();
  });
}

/** An export that was cut off is told as well: what was read before has left the house. */
async function recordExport(
  ctx: Context,
  { name, filter }: ExportAsked,
  receipt: EventId,
  rows: number,
  sent: Sent,
): Promise<void> {
  const action = sent.sha256 === null ? 'export.interrupted' : 'export.created';
  try {
    // What was sent is told also when the client has gone, or its token has ended.
    await change(afterRequest(ctx), (c) => {
      c.record(
        { action, target: { kind: 'export', id: name, name }, after: { filter, rows, ...sent } },
        { id: receipt },
      );
      return Promise.resolve();
    });
  } catch (error) {
    log.error('An export was sent, but its audit event could not be written.', {
      requestId: ctx.caller.requestId,
      action,
      name,
      rows,
      error,
    });
  }
}

/** A time as a cell. */
export function time(at: Date | null): Cell {
  return at && at.toISOString();
}
