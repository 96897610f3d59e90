import type { Db } from '../../../src/store/db/pool.ts';

/** One query as it went to the database. */
export interface SentQuery {
  readonly sql: string;
  readonly bindings: readonly unknown[];
  /** The rows that came back. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

interface KnexQuery {
  readonly sql: string;
  readonly bindings?: readonly unknown[];
}

/** What goes on beside requests: sealing, the provisioning log, queues; and where transactions begin and end. */
const OF_JOBS =
  /audit_(?:un)?seal|provisioning_requests|rollcall_pgboss|last_used_at|pg_try_advisory|^(?:begin|commit|rollback)/;

/** What the database was asked on behalf of requests, and what it answered, while `act` ran; jobs go on beside it. */
export async function queriesOf(db: Db, act: () => Promise<unknown>): Promise<SentQuery[]> {
  const sent: SentQuery[] = [];
  const note = (response: { rows?: SentQuery['rows'] } | undefined, { sql, bindings = [] }: KnexQuery) => {
    if (OF_JOBS.test(sql)) return;
    sent.push({ sql, bindings, rows: response?.rows ?? [] });
  };
  db.on('query-response', note);
  try {
    await act();
  } finally {
    db.removeListener('query-response', note);
  }
  return sent;
}
