import type { WorkspaceId } from '../../lib/ids.ts';
import type { Db, Tx } from './pool.ts';

/** The workspace whose rows are asked for, and where: every query takes one, so that none can forget whose rows it reads. */
export interface Scope {
  readonly db: Db | Tx;
  readonly workspaceId: WorkspaceId;
}

/** A workspace's rows in an open transaction: what writes takes this. */
export interface WriteScope extends Scope {
  readonly db: Tx;
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
