import pg from 'pg';
import { connectionOptions } from '../lib/scram.ts';
import { codeOf, messageOf } from './failure.ts';

/**
 * `starting`: it runs, and does not take queries yet. `down`: nothing listens. `closed`: we may not get there.
 * `refused`: it does not take our password. `impostor`: it does not know the password itself.
 */
export type Answer = 'ready' | 'starting' | 'down' | 'closed' | 'refused' | 'impostor';

/** Asks the database behind `url` whether it takes queries. Never rejects; takes 5 s at most. */
export async function ask(url: string): Promise<Answer> {
  const client = new pg.Client({
    connectionString: url,
    ...connectionOptions(url),
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
    // The driver has no code for a server whose signature is wrong.
    return messageOf(error).startsWith('SASL') ? 'impostor' : meaning(codeOf(error));
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
    case '28P01':
    case '28000':
      return 'refused';
    case '08P01':
      return 'impostor';
    default:
      return 'down';
  }
}
