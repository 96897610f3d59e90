import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/embedded.ts';

let database: EmbeddedPostgres | undefined;

/**
 * Gives the test run a PostgreSQL: the one that DATABASE_URL names, else a throw-away cluster that is gone after the
 * run, also after a killed one. Then DATABASE_URL is set to it, and ROLLCALL_TEST_EMBEDDED to 1.
 */
export async function startTestDatabase(): Promise<void> {
  if (process.env.DATABASE_URL !== undefined && process.env.DATABASE_URL !== '') return;
  const directory = await makeTemporaryDirectory('rollcall-test-');
  database = await startEmbeddedPostgres({
    directory: join(directory, 'postgres'),
    durable: false,
    superuser: true,
    removeAfterwards: [directory],
  });
  process.env.DATABASE_URL = database.url;
  process.env.ROLLCALL_TEST_EMBEDDED = '1';
}

/** Stops and removes what `startTestDatabase` started; leaves a database of the developer's alone. */
export async function stopTestDatabase(): Promise<void> {
  await database?.stop();
  database = undefined;
}

/** A new temporary directory that, unlike mkdtemp's, the database's user may enter when the tests run as root. */
export async function makeTemporaryDirectory(prefix: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), prefix));
  await chmod(directory, 0o755);
  return directory;
}
