import sql, { type Sql } from 'sql-template-tag';
import type { TokenId, WorkspaceId } from '../../lib/ids.ts';
import { isLockTimeout } from './errors.ts';
import { preparedRow, preparedRows } from './prepared.ts';
import { rows } from './query.ts';
import type { Scope, WriteScope } from './scope.ts';

/** The first of the two keys of the lock that a change of a workspace holds. */
const CHANGING = 1_383_033_964;

/** A change that has begun. */
export interface Begun {
  /** The database's time after the lock was had. */
  readonly now: Date;
  /** Whether any license of the workspace has a limit. */
  readonly seatsLimited: boolean;
  /** Whether a user of the workspace may be given only one of the products. */
  readonly onlyOneProduct: boolean;
  /** Whether the token was neither revoked nor expired when the lock was had; true when none is named. */
  readonly isTokenLive: boolean;
}

/**
 * Begins a change of a workspace: beside other shared ones, or, when exclusive, alone. The lock ends with the
 * transaction, so it works through a transaction-pooling PgBouncer. What limits grants is read after the lock was had:
 * only an exclusive change can give a license a limit, or turn the switch; a workspace that is being made has no limits.
 * The token is read there as well: a revocation that was committed before is always seen.
 */
export async function beginChange(
  scope: WriteScope,
  exclusive: boolean,
  token?: { readonly workspaceId: WorkspaceId; readonly tokenId: TokenId },
): Promise<Begun> {
  const { workspaceId } = scope;
  const tokenId = token?.tokenId ?? null;
  const lock = (name: string, query: Sql) => preparedRows(scope, name, query).catch(noteHeld);
  const key = sql`${CHANGING}::integer, hashtext(${workspaceId}::uuid::text)`;
  const [, begun] = await Promise.all([
    exclusive
      ? lock('change_alone', sql`select pg_advisory_xact_lock(${key})`)
      : lock('change_shared', sql`select pg_advisory_xact_lock_shared(${key})`),
    // A statement of its own: it sees what was committed while the first waited.
    preparedRow<Begun>(
      scope,
      'begin_change',
      sql`select clock_timestamp()::timestamptz(3) as now,
        exists (select from licenses where workspace_id = ${workspaceId} and seats is not null) as "seatsLimited",
        exists (select from workspaces where id = ${workspaceId} and not integration_enabled) as "onlyOneProduct",
        ${tokenId}::uuid is null or exists (
          select from tokens where workspace_id = ${token?.workspaceId ?? null}::uuid and id = ${tokenId}::uuid
            and revoked_at is null and (expires_at is null or expires_at > clock_timestamp())) as "isTokenLive"`,
    ),
  ]);
  return begun as Begun;
}

/** What the database said when a workspace's lock was not to be had. */
const held = new WeakSet<object>();

function noteHeld(error: unknown): never {
  if (error instanceof Error && isLockTimeout(error))
    held.add(error.cause instanceof Error ? error.cause : error);
  throw error;
}

/** True when it was the workspace's own lock that was not to be had, so that no other change of it would get on either. */
export function isWorkspaceHeld(error: unknown): boolean {
  return error instanceof Error && (held.has(error) || isWorkspaceHeld(error.cause));
}

/** Whether a user of the workspace may be given only one of the products; for what reads and changes nothing. */
export async function isOnlyOneProduct(scope: Scope): Promise<boolean> {
  const found = await rows(
    scope,
    sql`select from workspaces where id = ${scope.workspaceId} and not integration_enabled`,
  );
  return found.length > 0;
}

/** Locks the workspace's own row: for rules about the whole of it, such as the last owner. */
export async function lockWorkspace(scope: WriteScope): Promise<void> {
  await rows(scope, sql`select id from workspaces where id = ${scope.workspaceId} for no key update`);
}
