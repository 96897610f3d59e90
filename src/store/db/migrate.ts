import { migrationSource } from '../../../migrations/index.ts';
import { installJobs } from './job-queue.ts';
import type { Db } from './pool.ts';

/** The first number of our advisory locks: migrations. */
const MIGRATIONS = 0x526f6c6e;

/** How knex runs our migrations, also from its command line. */
export const migrationConfig = { migrationSource, disableMigrationsListValidation: false };

/**
 * Brings the database's schema to the newest version, and answers the migrations that were run. They are one
 * transaction: instances that start together wait for the first, a crash leaves nothing half done and no lock (knex's
 * own is a row), and it works through a transaction-pooling PgBouncer. The job library sees to its own schema after it,
 * with a lock of its own.
 */
export async function migrate(db: Db): Promise<string[]> {
  const migrated = await db.transaction(async (tx) => {
    await checkVersion(tx);
    await tx.raw('select pg_advisory_xact_lock(?::integer, 0)', [MIGRATIONS]);
    const [, done] = (await tx.migrate.latest(migrationConfig)) as [number, string[]];
    return done;
  });
  await installJobs(db);
  return migrated;
}

async function checkVersion(tx: Db): Promise<void> {
  const { rows } = await tx.raw<{ rows: { number: number; version: string }[] }>(
    "select current_setting('server_version_num')::integer as number, current_setting('server_version') as version",
  );
  const [server] = rows;
  if (server && server.number < 140_000) {
    throw new Error(`DATABASE_URL names a PostgreSQL ${server.version}; 14 or newer is needed.`);
  }
}
