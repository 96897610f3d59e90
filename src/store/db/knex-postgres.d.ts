declare module 'knex/lib/dialects/postgres/index.js' {
  import type { Knex } from 'knex';
  import type { Client } from 'pg';
  /** knex' way with PostgreSQL: what it opens and closes connections by. */
  export default class PostgresDialect extends (Object as unknown as typeof Knex.Client) {
    acquireRawConnection(): Promise<Client>;
    destroyRawConnection(connection: Client): Promise<void>;
    _driver(): object;
  }
}
