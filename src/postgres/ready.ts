import pg from 'pg';
import { codeOf } from './failure.ts';

/** `starting`: it runs, and does not take queries yet. `down`: nothing listens. `closed`: we may not get there. */
export type Answer = 'ready' | 'starting' | 'down' | 'closed';

/** Asks the database behind `url` whether it takes queries. Never rejects; takes 5 s at most. */
export async function ask(url: string): Promise<Answer> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5000,
    query_timeout: 5000,
    application_name: 'rollcall-ready',
  });
  // A connection that breaks outside a query emits this; unheard, it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return 'ready';
  } catch (error) {
    return meaning(codeOf(error));
  } finally {
    await client.end().catch(() => undefined);
  }
}

function meaning(code: string | undefined): Answer {
  switch (code) {
    case '57P03':
      return 'starting';
    // Every connection is in use: it works.
    case '53300':
      return 'ready';
    case 'EACCES':
      return 'closed';
    default:
      return 'down';
  }
}
