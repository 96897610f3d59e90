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

/** What limits grants in a workspace. */
export interface Limits {
  /** Whether any license has a limit. */
  readonly seatsLimited: boolean;
  /** Whether a user may be given only one of the products. */
  readonly onlyOneProduct: boolean;
}

/** Reads what limits grants in a workspace; one that is being made has no limits. */
export async function limitsOf(tx: Tx, workspaceId: WorkspaceId): Promise<Limits> {
  const found = await row<Limits>(
    tx,
    sql`select
        exists (select from licenses where workspace_id = ${workspaceId} and seats is not null) as "seatsLimited",
        exists (select from workspaces where id = ${workspaceId} and not integration_enabled) as "onlyOneProduct"`,
  );
  return found as Limits;
}

/** Locks the workspace's own row: for rules about the whole of it, such as the last owner. */
export async function lockWorkspace(tx: Tx, workspaceId: WorkspaceId): Promise<void> {
  await rows(tx, sql`select id from workspaces where id = ${workspaceId} for no key update`);
}
