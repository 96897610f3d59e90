import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded.ts';
import { migrate } from '../../src/store/db/migrate.ts';
import { openDb } from '../../src/store/db/pool.ts';
import { describeSchema } from './describe.ts';

/** Migrates a database that is thrown away, and writes down the schema that it has then. */
const directory = await mkdtemp(join(tmpdir(), 'rollcall-schema-'));
const server = await startEmbeddedPostgres({
  directory: join(directory, 'postgres'),
  durable: false,
  removeAfterwards: [directory],
});
const db = openDb({ url: server.url, poolSize: 1 });
try {
  await migrate(db);
  const schema = await describeSchema(
    async <Row>(query: string) => (await db.raw<{ rows: Row[] }>(query)).rows,
  );
  await writeFile(new URL('../../docs/schema.sql', import.meta.url), schema);
} finally {
  await db.destroy();
  await server.stop();
}
