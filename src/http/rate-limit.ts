import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit, type RateLimitInfo } from 'express-rate-limit';
import { RollcallError } from '../lib/errors.ts';
import { tokenOf } from './bearer.ts';
import { tokenBuckets } from './token-buckets.ts';

/**
 * Limits each token to `perSecond` requests with a burst of twice that; 0 for no limit. Beyond it a request ends in
 * `rate_limited`. To be used after `bearer`.
 */
export function limitByToken(perSecond: number): RequestHandler {
  return limit(perSecond, (req) => tokenOf(req).id, 'Too many requests with this token');
}

/**
 * Limits what comes from one address without a live token, by the same numbers. Requests with one are not counted,
 * so that a stranger behind the same proxy locks nobody out.
 */
export function limitByAddress(perSecond: number): RequestHandler {
  return limit(
    perSecond,
    (req) => ipKeyGenerator(req.ip ?? 'unknown'),
    'Too many requests without a valid token',
  );
}

function limit(perSecond: number, keyGenerator: (req: Request) => string, message: string): RequestHandler {
  if (perSecond === 0) return (_req, _res, next) => next();
  const burst = 2 * perSecond;
  return rateLimit({
    windowMs: 1000,
    limit: burst,
    store: tokenBuckets(perSecond, burst),
    keyGenerator,
    legacyHeaders: false,
    standardHeaders: false,
    // The address is the connection's; a proxy's headers are not believed, and need no warning.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    handler: (req, _res, next) => {
      const { resetTime } = (req as Request & { rateLimit: RateLimitInfo }).rateLimit;
      const wait = Math.max(1, Math.ceil(((resetTime?.getTime() ?? 0) - Date.now()) / 1000));
      next(
        new RollcallError('rate_limited', `${message}: ${perSecond} a second are served, ${burst} at once.`, {
          retryAfter: wait,
        }),
      );
    },
  });
}
