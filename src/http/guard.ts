import type { RequestHandler } from 'express';
import type { Core } from '../core/context/core.ts';
import { RollcallError } from '../lib/errors.ts';
import { cancelled, createGate } from '../lib/gate.ts';
import { bearer, tokenOf } from './bearer.ts';
import { isOver, whenOver } from './over.ts';
import { limitByAddress, limitByToken } from './rate-limit.ts';

/**
 * How many requests of one workspace are under way at once, until their answers have been read. More than the burst of
 * one token, which comes first.
 */
const REQUESTS_AT_ONCE = 250;

/**
 * Lets in requests with a live token (`unauthenticated`), and not too many of them in a second or at once (`rate_limited`). One guard serves
 * both edges, so that a token has one limit and not two. `perSecond` 0 is no limit.
 */
export function createGuard(core: Core, perSecond: number): RequestHandler {
  const authenticate = bearer(core);
  const byToken = limitByToken(perSecond);
  const byAddress = limitByAddress(perSecond);
  const gate = createGate({
    name: 'requests',
    perWorkspace: REQUESTS_AT_ONCE,
    total: Infinity,
    waitingPerWorkspace: 0,
    waitMs: 0,
  });
  const admit: RequestHandler = (req, res, next) => {
    gate.enter(tokenOf(req).workspaceId).then((leave) => {
      whenOver(res, leave);
      // Nobody waits for the answer any more; what would come of it might never be given back.
      if (isOver(res)) next(cancelled());
      else next();
    }, next);
  };
  return (req, res, next) => {
    authenticate(req, res, (error?: unknown) => {
      if (error === undefined) {
        byToken(req, res, (limited?: unknown) => {
          if (limited === undefined) admit(req, res, next);
          else next(limited);
        });
      } else if (error instanceof RollcallError && error.kind === 'unauthenticated') {
        byAddress(req, res, (limited?: unknown) => next(limited ?? error));
      } else {
        next(error);
      }
    });
  };
}
