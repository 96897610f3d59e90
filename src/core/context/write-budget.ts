import { RollcallError } from '../../lib/errors.ts';
import type { WorkspaceId } from '../../lib/ids.ts';
import { refusals } from '../../lib/metrics.ts';

/** How much a workspace may make the database write. Counted in this process only. */
export interface WriteBudget {
  /** Throws `rate_limited` while the workspace is over its budget; call it before a write begins. */
  readonly admit: (workspaceId: WorkspaceId) => void;
  /** Counts bytes being written, even beyond the budget. */
  readonly charge: (workspaceId: WorkspaceId, bytes: number) => void;
}

/** Bytes a second for each request a second that a token may send; about ten users of 2 KB. */
const BYTES_PER_REQUEST = 20 * 1024;
/** An idle workspace may write the budget of this many seconds at once. */
const BURST_SECONDS = 32;
const SWEEP_EVERY_MS = 60_000;

interface Account {
  /** Bytes that were written and not yet paid off by time. */
  owed: number;
  /** Milliseconds, as `now` counts. */
  at: number;
}

/**
 * Creates the budget for a request rate: at 100 requests a second 2 MiB a second, with a burst of 64 MiB. The cost of a
 * write is known only afterwards, so a single write may exceed the burst; later ones wait until it is paid off. A rate
 * of 0 means no limit.
 */
export function createWriteBudget(
  requestsPerSecond: number,
  now: () => number = () => performance.now(),
): WriteBudget {
  const perSecond = requestsPerSecond * BYTES_PER_REQUEST;
  const burst = perSecond * BURST_SECONDS;
  const accounts = new Map<WorkspaceId, Account>();
  let sweptAt = now();

  const owedBy = (account: Account | undefined, at: number): number =>
    account ? Math.max(0, account.owed - ((at - account.at) / 1000) * perSecond) : 0;

  const sweep = (at: number): void => {
    if (at - sweptAt < SWEEP_EVERY_MS) return;
    sweptAt = at;
    for (const [id, account] of accounts) if (owedBy(account, at) === 0) accounts.delete(id);
  };

  return {
    admit: (workspaceId) => {
      if (perSecond === 0) return;
      const excess = owedBy(accounts.get(workspaceId), now()) - burst;
      if (excess <= 0) return;
      refusals.inc({ limit: 'written bytes', by: 'workspace' });
      throw new RollcallError(
        'rate_limited',
        `This workspace has changed too much at once: about ${megabytes(perSecond)} MB a second are written for it, ` +
          `${megabytes(burst)} MB after a rest. Try again shortly.`,
        { retryAfter: Math.max(1, Math.ceil(excess / perSecond)) },
      );
    },
    charge: (workspaceId, bytes) => {
      if (perSecond === 0) return;
      const at = now();
      sweep(at);
      accounts.set(workspaceId, { owed: owedBy(accounts.get(workspaceId), at) + bytes, at });
    },
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toPrecision(2);
}

/** Also counts what is written through a core, for a request with a limit of its own. */
export interface WriteMeter extends WriteBudget {
  readonly written: () => number;
}

/** Creates a meter on top of a budget, if there is one. */
export function createWriteMeter(budget: WriteBudget | undefined): WriteMeter {
  let written = 0;
  return {
    admit: (workspaceId) => budget?.admit(workspaceId),
    charge: (workspaceId, bytes) => {
      written += bytes;
      budget?.charge(workspaceId, bytes);
    },
    written: () => written,
  };
}
