/** How long the parts of a transaction may take, in milliseconds. The database enforces all of them. */
export interface TransactionLimits {
  /** One statement, the time that it waits for locks included. */
  readonly statementMs: number;
  /** Waiting for one lock. Short, since whoever waits holds a connection; the change is tried again without one. */
  readonly lockMs: number;
  /** Between two statements: a process that was paused loses its transaction, and others get on. */
  readonly idleMs: number;
  /** How long the database may send nothing while it is read; as long as a statement may take unless it is said. */
  readonly silenceMs?: number;
}

/** A change beside others of its workspace. */
export const SHARED_CHANGE: TransactionLimits = { statementMs: 15_000, lockMs: 250, idleMs: 5_000 };

/** A change that others of its workspace wait for: one of them waits in the database at most, so it may wait longer. */
export const EXCLUSIVE_CHANGE: TransactionLimits = { statementMs: 60_000, lockMs: 1_000, idleMs: 5_000 };

/** What jobs do, and any transaction of which nothing else is said. */
export const PLAIN_TRANSACTION: TransactionLimits = { statementMs: 30_000, lockMs: 1_000, idleMs: 10_000 };

/** Several questions of one moment. */
export const SNAPSHOT: TransactionLimits = { statementMs: 15_000, lockMs: 1_000, idleMs: 10_000 };

/** How long a change is tried again when locks are not to be had. */
export const LOCK_PATIENCE_MS = 10_000;

/** Changes of one workspace that run at once in this process, and that wait for their turn. */
export const MOST_CHANGES_AT_ONCE = 4;
export const MOST_CHANGES_WAITING = 1_000;

/** How long a change waits for its turn. */
export const TURN_PATIENCE_MS = 10_000;

/** A lookup, which an index answers at once. */
export const LOOKUP_MS = 1_500;

/** A question on behalf of nobody in particular. */
export const QUESTION_MS = 10_000;

/** A question of a workspace at first, and once it has proved to take longer. */
export const QUICK_READ_MS = 2_000;
export const LONG_READ_MS = 15_000;

/** How much later than the database's own limit a connection without an answer counts as dead. */
export const GRACE_MS = 1_000;

/** How long the beginning of a transaction may be unanswered. */
export const BEGINNING_MS = 4_000;

/** How long opening a connection may take. */
export const CONNECT_MS = 2_500;

/** How long a connection or a turn is waited for. */
export const WAIT_MS = 5_000;

/** Bytes of one message of the database's, which is at most a row, and of the whole answer to what was sent together. */
export const MOST_MESSAGE = 128 * 1024 * 1024;
export const MOST_ANSWER = 256 * 1024 * 1024;

/** How the connections of a pool are shared out. */
export interface Shares {
  /** Connections that all but lookups may use together; the rest is kept for lookups. */
  readonly beyondLookups: number;
  /** Of those, for one workspace. */
  readonly ofWorkspace: number;
  /** Of the rest, for lookups of workspaces that have no place free; the others are for tokens. */
  readonly lookups: number;
  /** Long reads at once, of all workspaces and of one. */
  readonly longReads: number;
  readonly longReadsOfWorkspace: number;
}

/** Shares out a pool; a small one is too small to keep anything back. */
export function sharesOf(poolSize: number): Shares {
  const kept = poolSize >= 8 ? 2 : poolSize >= 4 ? 1 : 0;
  const beyondLookups = poolSize - kept;
  const longReads = Math.max(1, Math.floor(poolSize * 0.3));
  return {
    beyondLookups,
    ofWorkspace: Math.min(beyondLookups, Math.max(3, Math.ceil(beyondLookups / 2))),
    lookups: Math.max(1, kept - 1),
    longReads,
    longReadsOfWorkspace: Math.max(1, Math.min(2, longReads - 1)),
  };
}
