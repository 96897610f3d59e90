import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { findLiveToken } from '../../store/workspaces/tokens.ts';
import type { Core } from './core.ts';

/** Milliseconds after which the database counts as unreachable. */
const PATIENCE_MS = 2_500;

/** Whether requests can be served: a token lookup, as every request makes it, is answered in time. */
export async function isReady(core: Core): Promise<boolean> {
  const isAnswered = findLiveToken(core.db, randomBytes(32)).then(
    () => true,
    () => false,
  );
  return Promise.race([isAnswered, sleep(PATIENCE_MS, false, { ref: false })]);
}
