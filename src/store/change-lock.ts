import sql from 'sql-template-tag';
import type { WorkspaceId } from '../ids.ts';
import type { Tx } from './db.ts';
import { preparedRow } from './prepared.ts';
import { rows } from './query.ts';

/** A change that has begun. */
export interface Begun {
  /** The database's time after the lock was had. */
  readonly now: Date;
  /** Whether any license of the workspace has a limit. */
  readonly seatsLimited: boolean;
  /** Whether a user of the workspace may be given only one of the products. */
  readonly onlyOneProduct: boolean;
}

/**
 * Begins a change of a workspace: beside other shared ones, or, when exclusive, alone. The lock ends with the
 * transaction, so it works through a transaction-pooling PgBouncer. What limits grants is read after the lock was had:
 * only an exclusive change can give a license a limit, or turn the switch; a workspace that is being made has no limits.
 */
export async function beginChange(tx: Tx, workspaceId: WorkspaceId, exclusive: boolean): Promise<Begun> {
  const begun = await preparedRow<Begun>(
    tx,
    'begin_change',
    sql`select now, seats_limited as "seatsLimited", only_one_product as "onlyOneProduct"
      from begin_change(${workspaceId}, ${exclusive})`,
  );
  return begun as Begun;
}

/** Whether a user of the workspace may be given only one of the products; for what reads and changes nothing. */
export async function isOnlyOneProduct(tx: Tx, workspaceId: WorkspaceId): Promise<boolean> {
  const found = await rows(
    tx,
    sql`select from workspaces where id = ${workspaceId} and not integration_enabled`,
  );
  return found.length > 0;
}

/** Locks the workspace's own row: for rules about the whole of it, such as the last owner. */
export async function lockWorkspace(tx: Tx, workspaceId: WorkspaceId): Promise<void> {
  await rows(tx, sql`select id from workspaces where id = ${workspaceId} for no key update`);
}
