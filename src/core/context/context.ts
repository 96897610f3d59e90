import { onBehalfOf } from '../../store/db/on-behalf.ts';
import type { PoolScope } from '../../store/db/scope.ts';
import type { Caller } from './caller.ts';
import type { Core } from './core.ts';

/** What a request works with: the core, the caller, and the rows of the caller's workspace. */
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
 * The context of a request, created once at the edge. Its queries count toward the workspace's share of the database,
 * and reads are cancelled when the client disconnects.
 */
export function requestContext(core: Core, caller: Caller): Context {
  return contextOf({ ...core, db: onBehalfOf(core.db, caller) }, caller);
}

/** A context for writing about a finished request; it works after the client has gone or the token has ended. */
export function afterRequest({ core, caller }: Context): Context {
  const { workspaceId, actor, requestId } = caller;
  return contextOf({ ...core, db: onBehalfOf(core.db, { workspaceId }) }, { workspaceId, actor, requestId });
}
