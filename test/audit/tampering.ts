import pg from 'pg';
import type { WorkspaceId } from '../../src/lib/ids.ts';
import type { TestDatabase } from '../support/database.ts';

/** Runs statements as somebody whom no trigger stops. */
export async function asSuperuser(
  database: Pick<TestDatabase, 'url'>,
  ...statements: readonly string[]
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(database.url);
  await client.connect();
  try {
    await client.query('set session_replication_role = replica');
    let found: Record<string, unknown>[] = [];
    for (const statement of statements) found = (await client.query<Record<string, unknown>>(statement)).rows;
    return found;
  } finally {
    await client.end();
  }
}

/** The ids of a workspace's sealed events in their order. */
export async function sealedIds(
  database: Pick<TestDatabase, 'url'>,
  workspaceId: WorkspaceId,
): Promise<string[]> {
  const found = await asSuperuser(
    database,
    `select event_id from audit_seals where workspace_id = '${workspaceId}' order by seq`,
  );
  return found.map((row) => row.event_id as string);
}
