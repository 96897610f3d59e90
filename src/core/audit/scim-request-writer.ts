import { RollcallError } from '../../lib/errors.ts';
import type { WorkspaceId } from '../../lib/ids.ts';
import { log } from '../../lib/log.ts';
import { provisioningLogDropped, provisioningLogLag, provisioningLogWaiting } from '../../lib/metrics.ts';
import { appendProvisioningRequests, type NewProvisioningRequest } from '../../store/audit/scim-requests.ts';
import { scopeOf } from '../../store/db/scope.ts';
import type { Core } from '../context/core.ts';
import { provisioningQueue, type Waiting } from './scim-request-queue.ts';

const BATCH = 200;
/** How often an entry that the database refuses is tried. */
const MOST_TRIES = 3;
/** Entries of one workspace from which they are written before their second is over. */
const MANY = 500;
/** The database may be away for so long before entries that waited for it are given up. */
const LONGEST_WAIT_MS = 10 * 60 * 1000;
const LONGEST_PAUSE_MS = 30_000;
const FIRST_PAUSE_MS = 500;
/** How often one line of the log tells of entries that were not kept. */
const TELL_EVERY_MS = 60_000;

/** Gathers entries and writes them in batches. */
export interface ProvisioningWriter {
  /** Takes an entry; never waits and never fails. */
  readonly note: (request: NewProvisioningRequest) => void;
  /** Writes what waits, of workspaces that do not pause after a failure. */
  readonly write: () => Promise<void>;
  /** Tries to write everything that waits, also what has to wait for an erasure. */
  readonly writeAll: () => Promise<void>;
}

/** Whether an erasure in a workspace is waited for. */
interface How {
  readonly isPatient: boolean;
}

type Reason = 'full' | 'failed' | 'late';

/** How a workspace's entries fared: how often in a row they could not be written, and until when they rest. */
interface Pause {
  readonly failures: number;
  readonly until: number;
}

/**
 * Makes a writer. Each workspace is written for itself, so that none waits for another's lock or trouble. Writing is
 * idempotent: a batch whose COMMIT went unanswered is written again. While the database is away entries wait, for ten
 * minutes at most; a batch that it refuses is halved until the entry that it won't have is found, and that one is
 * dropped after three tries, counted and logged.
 */
export function provisioningWriter(core: Core): ProvisioningWriter {
  const queue = provisioningQueue();
  const pauses = new Map<WorkspaceId, Pause>();
  const refused = new WeakMap<Waiting, number>();
  const teller = dropTeller();
  let writing: Promise<void> = Promise.resolve();
  let isEarly = false;

  const measure = () => {
    const oldest = queue.oldestAt();
    provisioningLogWaiting.set(queue.size());
    provisioningLogLag.set(oldest ? Math.max(0, Date.now() - oldest.getTime()) / 1000 : 0);
  };

  const leave = (workspace: WorkspaceId, entries: readonly Waiting[], reason?: Reason, error?: unknown) => {
    queue.remove(workspace, new Set(entries));
    if (reason && entries.length > 0) teller.dropped(workspace, reason, entries.length, error);
  };

  /** Writes entries, without those that the database refuses. Throws when it can't be reached. */
  const writeOrHalve = async (
    workspace: WorkspaceId,
    entries: readonly Waiting[],
    how: How,
  ): Promise<void> => {
    try {
      const requests = entries.map(({ request }) => request);
      await appendProvisioningRequests(scopeOf(core.db, workspace), requests, how);
      leave(workspace, entries);
    } catch (error) {
      if (isAway(error)) throw error;
      const [first] = entries;
      if (first && entries.length === 1) {
        const tries = (refused.get(first) ?? 0) + 1;
        refused.set(first, tries);
        if (tries >= MOST_TRIES) leave(workspace, entries, 'failed', error);
        return;
      }
      const half = Math.ceil(entries.length / 2);
      await writeOrHalve(workspace, entries.slice(0, half), how);
      await writeOrHalve(workspace, entries.slice(half), how);
    }
  };

  const writeWorkspace = async (workspace: WorkspaceId, how: How): Promise<void> => {
    // No more than waits now: a workspace that goes on sending does not keep the others from their turn.
    const waiting = queue.oldest(workspace, queue.size(workspace));
    for (let at = 0; at < waiting.length; at += BATCH) {
      await writeOrHalve(workspace, waiting.slice(at, at + BATCH), how);
    }
    if (waiting.some((one) => (refused.get(one) ?? MOST_TRIES) < MOST_TRIES)) pause(workspace, 'refused');
    else pauses.delete(workspace);
  };

  const writeRound = async (workspaces: readonly WorkspaceId[], how: How): Promise<void> => {
    for (const workspace of workspaces) {
      try {
        await writeWorkspace(workspace, how);
      } catch (error) {
        pause(workspace, error);
        leave(workspace, tooLate(queue.oldest(workspace, queue.size(workspace))), 'late', error);
      }
    }
    measure();
  };

  const pause = (workspace: WorkspaceId, error: unknown): void => {
    const failures = (pauses.get(workspace)?.failures ?? 0) + 1;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10));
    pauses.set(workspace, { failures, until: Date.now() + pauseMs });
    log.warn('The provisioning log could not be written; it will be tried again.', {
      workspace,
      waiting: queue.size(workspace),
      failures,
      error,
    });
  };

  const inTurn = (round: () => Promise<void>): Promise<void> => {
    writing = writing.then(round);
    return writing;
  };
  const write = () =>
    inTurn(() => {
      const isDue = (workspace: WorkspaceId) => (pauses.get(workspace)?.until ?? 0) <= Date.now();
      return writeRound(queue.workspaces().filter(isDue), { isPatient: false });
    });

  return {
    note: (request) => {
      const { workspace_id: workspace } = request;
      if (!queue.add(request)) teller.dropped(workspace, 'full', 1);
      provisioningLogWaiting.set(queue.size());
      if (queue.size(workspace) < MANY || isEarly) return;
      isEarly = true;
      void write().finally(() => (isEarly = false));
    },
    write,
    writeAll: () =>
      inTurn(async () => {
        await writeRound(queue.workspaces(), { isPatient: false });
        await writeRound(queue.workspaces(), { isPatient: true });
      }),
  };
}

function isAway(error: unknown): boolean {
  return error instanceof RollcallError && (error.kind === 'busy' || error.kind === 'cancelled');
}

function tooLate(entries: readonly Waiting[]): readonly Waiting[] {
  const oldest = Date.now() - LONGEST_WAIT_MS;
  return entries.filter(({ request }) => request.at.getTime() < oldest);
}

/** Counts what was not kept and tells of it, in one line a minute however much it is. */
function dropTeller() {
  let toldAt = 0;
  let untold = 0;
  return {
    dropped(workspace: WorkspaceId, reason: Reason, count: number, error?: unknown) {
      provisioningLogDropped.inc({ reason }, count);
      untold += count;
      if (Date.now() - toldAt < TELL_EVERY_MS) return;
      log.error('Entries of the provisioning log were not kept.', {
        workspace,
        reason,
        count: untold,
        error,
      });
      toldAt = Date.now();
      untold = 0;
    },
  };
}
