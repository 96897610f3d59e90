import { newId, type EventId } from '../ids.ts';
import { log } from '../log.ts';
import type { Caller } from './caller.ts';
import { change } from './change.ts';
import type { Core } from './core.ts';
import { coreAfter } from './on-behalf.ts';

/** What stands in a place of an export; times are ISO 8601 in UTC with milliseconds. */
export type Cell = string | null;

/** An export's columns (contract section 7) and its rows, in batches. */
export interface ExportFile<C = Cell> {
  readonly columns: readonly string[];
  readonly batches: AsyncIterable<readonly (readonly C[])[]>;
  /** The id of the audit event that tells of this export. */
  readonly receipt: EventId;
  /** Writes that event: to be called once, whatever happened. */
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

/** A file of rows, whose sending is an event. */
export function exported<Row, C = Cell>(
  core: Core,
  caller: Caller,
  asked: ExportAsked,
  columns: Columns<Row, C>,
  rows: AsyncIterable<readonly Row[]>,
): ExportFile<C> {
  const cells = Object.values(columns);
  const receipt = newId<EventId>();
  let count = 0;
  async function* batches() {
    for await (const batch of rows) {
      count += batch.length;
      yield batch.map((row) => cells.map((cell) => cell(row)));
    }
  }
  return {
    columns: Object.keys(columns),
    batches: batches(),
    receipt,
    finish: (sent) => recordExport(core, caller, asked, receipt, count, sent),
  };
}

/** An export that was cut off is told as well: what was read before has left the house. */
async function recordExport(
  core: Core,
  caller: Caller,
  { name, filter }: ExportAsked,
  receipt: EventId,
  rows: number,
  sent: Sent,
): Promise<void> {
  const action = sent.sha256 === null ? 'export.interrupted' : 'export.created';
  try {
    await change(coreAfter(core, caller), caller, (c) => {
      c.record(
        { action, target: { kind: 'export', id: name, name }, after: { filter, rows, ...sent } },
        receipt,
      );
      return Promise.resolve();
    });
  } catch (error) {
    log.error('An export was sent, but its audit event could not be written.', {
      requestId: caller.requestId,
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
