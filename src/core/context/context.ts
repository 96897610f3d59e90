import { onBehalfOf } from '../../store/db/on-behalf.ts';
import type { PoolScope } from '../../store/db/scope.ts';
import type { Caller } from './caller.ts';
import type { Core } from './core.ts';

/** What a request works with: the core, on whose behalf it asks, and the rows of its workspace. */
export interface Context {
  readonly core: Core;
  readonly caller: Caller;
  readonly scope: PoolScope;
}

/** The context of a caller, for work that no client waits for. */
export function contextOf(core: Core, caller: Caller): Context {
  return { core, caller, scope: { db: core.db, workspaceId: caller.workspaceId } };
}

/**
 * The context of a request, made once where it enters: what it asks of the database stays within its workspace's share,
 * and what only reads is stopped when the client hangs up.
 */
export function requestContext(core: Core, caller: Caller): Context {
  return contextOf({ ...core, db: onBehalfOf(core.db, caller) }, caller);
}

/** For what is written about a request that has ended: it goes on when the client has gone or the token has ended. */
export function afterRequest({ core, caller }: Context): Context {
  const { workspaceId, actor, requestId } = caller;
  return contextOf({ ...core, db: onBehalfOf(core.db, { workspaceId }) }, { workspaceId, actor, requestId });
}
