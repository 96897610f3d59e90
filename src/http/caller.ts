import type { Request, RequestHandler } from 'express';
import type { Caller, Scope } from '../core/context/caller.ts';
import { RollcallError } from '../lib/errors.ts';
import { tokenOf } from './bearer.ts';
import { hangUpOf } from './hang-up.ts';
import { requestIdOf } from './request-id.ts';

/** On whose behalf a request asks: its token's, in its token's workspace. */
export function callerOf(req: Request): Caller {
  const { id, name, scope, workspaceId } = tokenOf(req);
  return {
    workspaceId,
    actor: { kind: 'token', id, name, scope },
    requestId: requestIdOf(req),
    credential: { workspaceId, tokenId: id },
    // Made when it is first asked for: most requests never do.
    get signal() {
      return hangUpOf(req);
    },
  };
}

/** Throws `forbidden` unless the request's token has one of the scopes. */
export function requireScope(req: Request, scopes: readonly Scope[]): void {
  const { scope } = tokenOf(req);
  if (scopes.includes(scope)) return;
  throw new RollcallError(
    'forbidden',
    `This token has the scope ${scope}; this takes one with the scope ${scopes.join(' or ')}.`,
  );
}

/** Lets on only requests whose token has one of the scopes. */
export function onlyScopes(...scopes: readonly Scope[]): RequestHandler {
  return (req, _res, next) => {
    requireScope(req, scopes);
    next();
  };
}
