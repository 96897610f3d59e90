import sql from 'sql-template-tag';
import type { WorkspaceId } from '../ids.ts';
import { row, rows, type Tx } from './db.ts';

/** The first number of our advisory locks: changes to a workspace. */
const CHANGES = 0x526f6c6c;

/**
 * Begins a change of a workspace: beside other shared ones, or, when exclusive, alone. The lock ends with the
 * transaction, so it works through a transaction-pooling PgBouncer. Answers the database's time after the lock.
 */
export async function beginChange(tx: Tx, workspaceId: WorkspaceId, exclusive: boolean): Promise<Date> {
  const found = await row<{ now: Date }>(
    tx,
    exclusive
      ? sql`select pg_advisory_xact_lock(${CHANGES}, hashtext(${workspaceId})), clock_timestamp()::timestamptz(3) as now`
      : sql`select pg_advisory_xact_lock_shared(${CHANGES}, hashtext(${workspaceId})),
          clock_timestamp()::timestamptz(3) as now`,
  );
  return (found as { now: Date }).now;
}

/** Whether any license of the workspace has a limit. */
export async function hasLimitedLicense(tx: Tx, workspaceId: WorkspaceId): Promise<boolean> {
  const found = await rows(
    tx,
    sql`select from licenses where workspace_id = ${workspaceId} and seats is not null limit 1`,
  );
  return found.length > 0;
}

/** Locks the workspace's own row: for rules about the whole of it, such as the last owner. */
export async function lockWorkspace(tx: Tx, workspaceId: WorkspaceId): Promise<void> {
  await rows(tx, sql`select id from workspaces where id = ${workspaceId} for no key update`);
}
