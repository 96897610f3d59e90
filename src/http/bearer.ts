import type { Request, RequestHandler } from 'express';
import { Strategy } from 'passport-http-bearer';
import type { Core } from '../core/context/core.ts';
import { type VerifiedToken, verifyToken } from '../core/workspaces/tokens.ts';
import { RollcallError } from '../lib/errors.ts';

const tokens = new WeakMap<Request, VerifiedToken>();

/** The token that a request came with, once `bearer` has let it in. */
export function tokenOf(req: Request): VerifiedToken {
  const token = tokens.get(req);
  if (!token) throw new Error('The request has not been authenticated.');
  return token;
}

/** The token that a request came with, if it has been let in. */
export function tokenIfAny(req: Request): VerifiedToken | undefined {
  return tokens.get(req);
}

/**
 * Lets in requests with a live token in the Authorization header (RFC 6750 section 2.1); any other ends in
 * `unauthenticated` with a WWW-Authenticate challenge.
 */
export function bearer(core: Core): RequestHandler {
  const strategy = new Strategy<VerifiedToken>((secret, done) => {
    verifyToken(core, secret).then((token) => done(null, token ?? false), done);
  });
  return (req, res, next) => {
    const refuse = (message: string, error: 'invalid_token' | 'invalid_request' | undefined) => {
      res.setHeader('WWW-Authenticate', `Bearer realm="Rollcall"${error ? `, error="${error}"` : ''}`);
      next(new RollcallError('unauthenticated', message));
    };
    if ('access_token' in req.query) {
      refuse(
        'A token is taken from the Authorization header only; revoke this one, URLs end up in logs.',
        'invalid_request',
      );
      return;
    }
    const { authorization } = req.headers;
    // What passport does for one strategy without a session; it would give each request methods of its own, too.
    const attempt = Object.assign(Object.create(strategy) as Strategy<VerifiedToken>, {
      success: (token: VerifiedToken) => {
        tokens.set(req, token);
        next();
      },
      fail: () => {
        if (authorization === undefined) {
          refuse('Send a token in the header Authorization: Bearer <token>.', undefined);
        } else {
          refuse(
            'This token is unknown, expired or revoked, or not sent as Authorization: Bearer <token>.',
            'invalid_token',
          );
        }
      },
      error: next,
    });
    // The headers alone: it would take a token from body and query as well.
    attempt.authenticate({ headers: { authorization } });
  };
}
