import { setTimeout as sleep } from 'node:timers/promises';
import { lookAtOwner } from './attach.ts';
import { unusable } from './failure.ts';
import type { EmbeddedPostgresOptions, Log } from './options.ts';
import { startAsOwner } from './own.ts';
import { claim } from './owner.ts';
import { choosePlace } from './place.ts';
import { thisProcess } from './processes.ts';

export type { EmbeddedPostgresOptions } from './options.ts';

/** A PostgreSQL that runs and takes queries. */
export interface EmbeddedPostgres {
  /**
   * For pg, knex and psql: a private unix socket, a role that owns its database, and its password, so never to be
   * logged. It stays the same however often PostgreSQL is started again. `connectionOptions` has the server prove
   * itself.
   */
  readonly url: string;
  /** E.g. `17.10`. */
  readonly version: string;
  /** Where its data is; not always where it was asked for. */
  readonly directory: string;
  /**
   * Stops the database if this call of `startEmbeddedPostgres` started it; one that was attached to goes on. Close
   * your connections first. Later calls do nothing more.
   */
  stop(): Promise<void>;
}

const MOMENT = 5;
const POLL = 50;
/** Milliseconds after which a person wants to know what is waited for. */
const TELL = 2000;
/** Milliseconds; an owner may be recovering a large database after a crash. */
const PATIENCE = 300_000;

/**
 * Starts the PostgreSQL that comes with Rollcall, or attaches to it when another live process has it running.
 * From then on it is started again whenever it ends by itself, and it ends when this process does, however that
 * dies. A process that has attached loses its database when the one that started it stops.
 *
 * Rejects with one `Error` whose message says what is wrong and what to do.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log: Log = options.log ?? (() => undefined);
  if (process.platform === 'win32') {
    throw unusable('It is not made for Windows: use WSL, with the project inside its own file system.');
  }
  const place = await choosePlace(options.directory, log, undefined, options.accountsFile);
  const self = await thisProcess();
  const since = Date.now();
  let told = false;
  for (;;) {
    if (await claim(place.ownerFile, self)) {
      const owned = await startAsOwner(place, self, options, log);
      let stopping: Promise<void> | undefined;
      const { url, version } = owned;
      return { url, version, directory: place.directory, stop: () => (stopping ??= owned.stop()) };
    }
    const look = await lookAtOwner(place);
    if (look.next === 'claim') {
      await sleep(MOMENT);
      continue;
    }
    const { pid } = look.owner;
    if (look.next === 'attach') {
      log('info', `Attached to the database that process ${pid} runs in ${place.directory}.`);
      const { url, version } = look;
      return { url, version, directory: place.directory, stop: () => Promise.resolve() };
    }
    if (Date.now() - since > PATIENCE) {
      throw unusable(
        `Process ${pid} owns ${place.directory}, but its database does not answer. End that process.`,
      );
    }
    if (!told && Date.now() - since > TELL) {
      told = true;
      log('info', `Waiting for the database that process ${pid} is starting or stopping.`, { pid });
    }
    await sleep(POLL);
  }
}
