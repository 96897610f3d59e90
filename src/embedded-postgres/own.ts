import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { findBinaries } from './binaries.ts';
import { ensureCluster } from './cluster.ts';
import type { EmbeddedPostgresOptions, Log } from './options.ts';
import { endOrphan } from './orphan.ts';
import { type Owner, publish, release } from './owner.ts';
import { giveCluster } from './ownership.ts';
import type { Place } from './place.ts';
import type { ProcessId } from './processes.ts';
import { ensureRoles } from './roles.ts';
import { removeSocketDirectory, socketDirectory } from './socket.ts';
import { supervise } from './supervise.ts';
import { socketUrl } from './url.ts';
import { startWatchdog } from './watchdog.ts';

/** The database of the process that owns it. */
export interface Owned {
  readonly url: string;
  readonly version: string;
  /** Stops it, and gives the ownership back. */
  stop(): Promise<void>;
}

/**
 * Brings the database up. The caller has just claimed the owner file of `place` for `self`; it is given back when
 * this rejects.
 */
export async function startAsOwner(
  place: Place,
  self: ProcessId,
  options: EmbeddedPostgresOptions,
  log: Log,
): Promise<Owned> {
  const { removeAfterwards = [], durable = true, settings = {} } = options;
  const undo: (() => Promise<void> | void)[] = [() => release(place.ownerFile)];
  try {
    await endOrphan(place.directory, log);
    const socket = await socketDirectory(place);
    undo.push(() => removeSocketDirectory(socket));

    const watchdog = await startWatchdog(place.directory, socket, removeAfterwards);
    undo.push(async () => {
      await watchdog.dismiss();
      for (const path of removeAfterwards) await rm(path, { recursive: true, force: true });
    });
    const starting: Owner = { ...self, watchdog: watchdog.id, socket };
    publish(place.ownerFile, starting);

    const binaries = await findBinaries(place.account, log, dirname(place.directory));
    if (place.isForeign) await giveCluster(place, place.account);
    await ensureCluster(place, binaries, options, log);
    const url = socketUrl(socket, await ensureRoles(place, binaries, options, log));
    const { version } = binaries;
    const supervised = await supervise(
      { place, binaries, socket, url, durable, settings },
      {
        started: (pid) => watchdog.guard(pid),
        ready: (postmaster) => publish(place.ownerFile, { ...starting, postmaster, version }),
        log,
      },
    );
    undo.push(() => supervised.stop());
    // Whoever comes now waits until we are gone instead of attaching.
    undo.push(() => publish(place.ownerFile, starting));
    log('info', `PostgreSQL ${version} runs in ${place.directory}.`, { socket, logFile: place.logFile });
    return { url, version, stop: () => runBackwards(undo) };
  } catch (error) {
    await runBackwards(undo);
    throw error;
  }
}

/** Runs every step, the last first; a step that fails keeps none of the others from running. */
async function runBackwards(steps: (() => Promise<void> | void)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps.splice(0).reverse()) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
