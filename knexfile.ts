import { join } from 'node:path';
import type { Knex } from 'knex';
import { readDatabaseConfig } from './src/config.ts';
import { startEmbeddedPostgres } from './src/embedded-postgres/embedded.ts';
import { connectionOptions } from './src/lib/scram.ts';
import { migrationConfig } from './src/store/db/migrate.ts';

/**
 * Settings of knex's command line (`npm run migrate`). Without DATABASE_URL it works on the embedded database: the
 * running server's, or one that is started and ends with the command.
 */
export default async function settings(): Promise<Knex.Config> {
  const { databaseUrl, dataDir } = readDatabaseConfig();
  const url = databaseUrl ?? (await startEmbeddedPostgres({ directory: join(dataDir, 'postgres') })).url;
  return {
    client: 'pg',
    connection: { connectionString: url, ...connectionOptions(url) },
    migrations: migrationConfig,
  };
}
