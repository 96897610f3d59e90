import { onBehalfOf } from '../../store/db/on-behalf.ts';
import type { Caller } from './caller.ts';
import type { Core } from './core.ts';

/**
 * The core as one request sees it: what it asks of the database stays within its workspace's share, and what only
 * reads is stopped when the client hangs up.
 */
export function coreFor(core: Core, caller: Caller): Core {
  return { ...core, db: onBehalfOf(core.db, caller) };
}

/** The same for what is written about a request that has ended: that its client has gone does not stop it. */
export function coreAfter(core: Core, { workspaceId }: Caller): Core {
  return { ...core, db: onBehalfOf(core.db, { workspaceId }) };
}
