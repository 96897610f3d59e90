import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { findLiveToken } from '../../store/workspaces/tokens.ts';
import type { Core } from './core.ts';

/** Milliseconds after which a database counts as away. */
const PATIENCE_MS = 2_500;

/** Whether requests can be served: a token is looked up in time, by the road that every request's token takes. */
export async function isReady(core: Core): Promise<boolean> {
  const isAnswered = findLiveToken(core.db, randomBytes(32)).then(
    () => true,
    () => false,
  );
  return Promise.race([isAnswered, sleep(PATIENCE_MS, false, { ref: false })]);
}
