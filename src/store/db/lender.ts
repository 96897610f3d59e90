import type { WatchedClient } from './watched-client.ts';

/** The part of knex' client that lends connections. */
export interface Lender {
  readonly config: object;
  /** True for the one connection of a transaction of knex' own. */
  readonly transacting?: boolean;
  /** Tells those who listen to the pool, such as tests. */
  readonly emit: (event: 'query' | 'query-response', ...told: unknown[]) => unknown;
  readonly acquireConnection: () => Promise<Connection>;
  readonly releaseConnection: (connection: Connection) => unknown;
}

/** A connection to the database, which is destroyed when an answer does not come in time. */
export type Connection = WatchedClient;
