import { join } from 'node:path';
import { readConfig } from '../config.ts';
import { type Verified, verifyAudit } from '../core/audit/chain/verify.ts';
import { deriveSigningKey, type Head } from '../core/context/signing.ts';
import { workspaceNamed } from '../core/workspaces/workspaces.ts';
import { startEmbeddedPostgres } from '../embedded-postgres/embedded.ts';
import { keptSecretKey } from '../server/secret-key.ts';
import { openDb } from '../store/db/pool.ts';

/** Verifies the audit of a workspace in the database that the settings name: the running server's, or the kept one. */
export async function verifyDatabase(workspace: string, checkpoint: Head | undefined): Promise<Verified> {
  const config = readConfig();
  const signing = deriveSigningKey(config.secretKey ?? (await keptSecretKey(config.dataDir)));
  const embedded =
    config.databaseUrl === undefined
      ? await startEmbeddedPostgres({ directory: join(config.dataDir, 'postgres') })
      : undefined;
  const db = openDb({ url: config.databaseUrl ?? (embedded?.url as string), poolSize: 2 });
  try {
    const { id } = await workspaceNamed({ db }, workspace);
    return await verifyAudit({ db, signing }, id, checkpoint);
  } finally {
    await db.destroy();
    await embedded?.stop();
  }
}
