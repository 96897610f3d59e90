/** How this module tells what it does; `fields` are the details of the message. */
export type Log = (
  level: 'info' | 'warn' | 'error',
  message: string,
  fields?: Record<string, unknown>,
) => void;

export interface EmbeddedPostgresOptions {
  /** The cluster's directory, e.g. `DATA_DIR/postgres`; made when it does not exist. */
  readonly directory: string;
  readonly log?: Log;
  /** `false` turns fsync and the like off: only for a cluster whose data may be lost. Default `true`. */
  readonly durable?: boolean;
  /** PostgreSQL settings by name; they win over this module's own. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Paths deleted once the database has stopped, also when this process was killed. For scratch clusters. */
  readonly removeAfterwards?: readonly string[];
  /** `true` makes the role of the URL a superuser: only for tests, which make databases and look at everything. */
  readonly superuser?: boolean;
  /** Read in place of /etc/passwd; for tests. */
  readonly accountsFile?: string;
}
