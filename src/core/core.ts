import type { Db } from '../store/db.ts';

/** What the core needs to work; made once, in app.ts, and passed to every function of the core that asks. */
export interface Core {
  readonly db: Db;
}
