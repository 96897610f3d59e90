import { setTimeout as sleep } from 'node:timers/promises';
import { isReachable } from '../store/db.ts';
import type { Core } from './core.ts';

/** Milliseconds after which a database, or a pool with no connection to spare, counts as away. */
const PATIENCE = 3_000;

/** Whether requests can be served: the database answers in time. */
export function isReady(core: Core): Promise<boolean> {
  return Promise.race([isReachable(core.db), sleep(PATIENCE, false, { ref: false })]);
}
