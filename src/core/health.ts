import { isReachable } from '../store/db.ts';
import type { Core } from './core.ts';

/** Whether requests can be served: the database answers. */
export function isReady(core: Core): Promise<boolean> {
  return isReachable(core.db);
}
