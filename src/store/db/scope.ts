import type { UserId, WorkspaceId } from '../../lib/ids.ts';
import type { Db, Tx } from './pool.ts';

/** The workspace whose rows are asked for, and where: every query takes one, so that none can forget whose rows it reads. */
export interface Scope {
  readonly db: Db | Tx;
  readonly workspaceId: WorkspaceId;
}

/** A workspace's rows in an open transaction: what writes takes this. */
export interface WriteScope extends Scope {
  readonly db: Tx;
  /** Is told of every write of access; only a change has one (core/change/guard.ts). */
  readonly access?: AccessWrites;
}

/** Refuses writes of access that were not guarded, and notes what the guard must look at before COMMIT. */
export interface AccessWrites {
  /** Throws unless these users, or everybody, were guarded. */
  readonly assertGuarded: (users: readonly UserId[] | 'everybody') => void;
  /** Users who were active and are not any more. */
  readonly noteDeactivated: (users: readonly UserId[]) => void;
  /** Users whose open grant of ownership has ended, and whether they are active. */
  readonly noteOwnershipEnded: (users: readonly UserId[], areActive: boolean) => void;
  /** Users whose own account role or project roles have changed, not by a group. */
  readonly noteRolesChanged: (users: readonly UserId[]) => void;
}

/** What is told of writes of access. Throws outside a change: access is written nowhere else. */
export function accessWrites({ access }: WriteScope): AccessWrites {
  if (!access) throw new Error('Status, grants and memberships are written in a change only.');
  return access;
}

/** A workspace's rows on the pool, for what opens a transaction of its own. */
export interface PoolScope extends Scope {
  readonly db: Db;
}

/** What is of no workspace, or of all: the first start, a token that is looked up by its secret, a job that goes through all. */
export interface AllWorkspaces {
  readonly db: Db | Tx;
  readonly workspaceId: 'all';
}

/** What a query is told: whose rows, or that it is of all. */
export type AnyScope = Scope | AllWorkspaces;

/** A workspace's rows, on the pool or in a transaction. */
export function scopeOf<D extends Db | Tx>(
  db: D,
  workspaceId: WorkspaceId,
): { db: D; workspaceId: WorkspaceId } {
  return { db, workspaceId };
}

/** For the few queries that are of no workspace; each says why it is one. */
export function acrossWorkspaces(db: Db | Tx): AllWorkspaces {
  return { db, workspaceId: 'all' };
}
