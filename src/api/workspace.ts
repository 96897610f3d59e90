import type { Request } from 'express';
import type { Caller } from '../core/context/caller.ts';
import type { Core } from '../core/context/core.ts';
import { isSameKey } from '../core/shared/keys.ts';
import { workspaceNamed } from '../core/workspaces/workspaces.ts';
import { tokenOf } from '../http/bearer.ts';
import { callerOf } from '../http/caller.ts';
import { invalid, RollcallError } from '../lib/errors.ts';
import type { Route } from './route.ts';

/**
 * On whose behalf a request asks, and in which workspace: the token's, or the one that an operator names in
 * X-Workspace by key or id. Throws `not_found` for a workspace that isn't there or isn't the token's.
 */
export async function callerIn(core: Core, req: Request, route: Route): Promise<Caller> {
  const caller = callerOf(req);
  const token = tokenOf(req);
  const named = req.get('x-workspace');
  if (token.scope !== 'operator') {
    // Never do in one workspace what was meant for another.
    if (named === undefined || isSameKey(named, token.workspaceKey) || isSameKey(named, token.workspaceId))
      return caller;
    throw new RollcallError('not_found', `There is no workspace "${named}".`);
  }
  if (route.acrossWorkspaces) return caller;
  if (named === undefined) {
    throw invalid('X-Workspace', 'Name the workspace by its key or id in the header X-Workspace.');
  }
  const { id } = await workspaceNamed(core, named);
  return { ...caller, workspaceId: id };
}
