import PostgresDialect from 'knex/lib/dialects/postgres/index.js';
import { WatchedClient } from './watched-client.ts';

/** When no new connection can be had either, answers that are overdue for this long will not come any more. */
const SURELY_SILENT_MS = 2_000;

/** A connection that does not close by itself within this time is cut. */
const CLOSE_MS = 1_000;

/** knex' way with PostgreSQL, on connections that are watched. */
export class WatchedDialect extends PostgresDialect {
  readonly #open = new Set<WatchedClient>();

  override _driver(): object {
    return { Client: WatchedClient };
  }

  override async acquireRawConnection(): Promise<WatchedClient> {
    const client = await this.#connect();
    // Whoever borrows it says how long an answer may take; migrations take as long as they take.
    client.patienceMs = Infinity;
    client.onSilence = () => {
      // The others were most likely lost with it, and each would cost the next who borrows it the same wait.
      for (const one of this.#open) one.isSuspect = true;
    };
    this.#open.add(client);
    client.once('end', () => this.#open.delete(client));
    return client;
  }

  async #connect(): Promise<WatchedClient> {
    try {
      // The class that `_driver` names.
      return (await super.acquireRawConnection()) as unknown as WatchedClient;
    } catch (error) {
      for (const one of this.#open) if (one.silentMs >= SURELY_SILENT_MS) one.giveUp();
      throw error;
    }
  }

  override async destroyRawConnection(client: WatchedClient): Promise<void> {
    const cut = setTimeout(() => client.destroy(new Error('Connection terminated.')), CLOSE_MS);
    try {
      await super.destroyRawConnection(client);
    } finally {
      clearTimeout(cut);
    }
  }
}
