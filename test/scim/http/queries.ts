import type { Db } from '../../../src/store/db.ts';

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

/** What the database was asked, and what it answered, while `act` ran. */
export async function queriesOf(db: Db, act: () => Promise<unknown>): Promise<SentQuery[]> {
  const sent: SentQuery[] = [];
  const note = (response: { rows?: SentQuery['rows'] } | undefined, { sql, bindings = [] }: KnexQuery) => {
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
