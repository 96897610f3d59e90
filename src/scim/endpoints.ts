import type { NextFunction, Request, Response } from 'express';
import { setRoute } from '../http/access-log.ts';
import { ScimError } from './scim-error.ts';

const READ = ['GET', 'HEAD'];
const LIST = [...READ, 'POST'];
const ONE = [...READ, 'PUT', 'PATCH', 'DELETE'];

/** Which paths there are, and the methods that each takes (RFC 7644 section 3.2). */
const ENDPOINTS = (
  [
    ['', READ],
    ['/.search', ['POST']],
    ['/Users', LIST],
    ['/Users/.search', ['POST']],
    ['/Users/:id', ONE],
    ['/Groups', LIST],
    ['/Groups/.search', ['POST']],
    ['/Groups/:id', ONE],
    ['/Bulk', ['POST']],
    ['/ServiceProviderConfig', READ],
    ['/Schemas', READ],
    ['/Schemas/:id', READ],
    ['/ResourceTypes', READ],
    ['/ResourceTypes/:id', READ],
  ] as const
).map(([pattern, methods]) => ({ pattern, methods, matches: matcherOf(pattern) }));

function matcherOf(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace('.', '\\.').replace(':id', '[^/]+')}/?$`, 'i');
}

/** Tells logs and metrics which endpoint is asked, by its pattern: whatever is none of ours is one of them. */
export function nameEndpoint(req: Request, _res: Response, next: NextFunction): void {
  const pattern = ENDPOINTS.find(({ matches }) => matches.test(req.path))?.pattern;
  setRoute(req, `/scim/v2${pattern ?? (ME.test(req.path) ? '/Me' : '/*')}`);
  next();
}

const ME = /^\/Me\/?$/i;

/**
 * Lets on what may be asked: another method of a path that there is ends in 405 with `Allow` (RFC 9110 section 15.5.6),
 * a path that cannot be decoded, which names nothing, in 404, and `/Me` in 501.
 */
export function knownEndpoints(req: Request, res: Response, next: NextFunction): void {
  try {
    decodeURIComponent(req.path);
  } catch {
    throw new ScimError(404, undefined, 'There is no such resource.');
  }
  // RFC 7644 section 3.11. scimmy's router answers a GET only: the pattern of its other methods is Express 4's.
  if (ME.test(req.path)) throw new ScimError(501, undefined, 'A token is no user: there is no /Me.');
  const methods: readonly string[] | undefined = ENDPOINTS.find(({ matches }) =>
    matches.test(req.path),
  )?.methods;
  if (methods && !methods.includes(req.method)) {
    res.setHeader('Allow', methods.join(', '));
    throw new ScimError(
      405,
      undefined,
      `${req.method} is not for this path; it takes ${methods.join(', ')}.`,
    );
  }
  next();
}
