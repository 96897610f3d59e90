import type { RequestHandler } from 'express';
import type { Core } from '../core/core.ts';
import { RollcallError } from '../errors.ts';
import { bearer } from './bearer.ts';
import { limitByAddress, limitByToken } from './rate-limit.ts';

/**
 * Lets in requests with a live token (`unauthenticated`), and not too many of them (`rate_limited`). One guard serves
 * both edges, so that a token has one limit and not two. `perSecond` 0 is no limit.
 */
export function createGuard(core: Core, perSecond: number): RequestHandler {
  const authenticate = bearer(core);
  const byToken = limitByToken(perSecond);
  const byAddress = limitByAddress(perSecond);
  return (req, res, next) => {
    authenticate(req, res, (error?: unknown) => {
      if (error === undefined) {
        byToken(req, res, next);
      } else if (error instanceof RollcallError && error.kind === 'unauthenticated') {
        byAddress(req, res, (limited?: unknown) => next(limited ?? error));
      } else {
        next(error);
      }
    });
  };
}
