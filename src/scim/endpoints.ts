import type { NextFunction, Request, Response } from 'express';
import { ScimError } from './scim-error.ts';

/** Which paths there are, and the methods that each takes (RFC 7644 section 3.2). */
const ENDPOINTS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^\/?$/, ['GET', 'HEAD']],
  [/^\/(?:(?:Users|Groups)\/)?\.search\/?$/i, ['POST']],
  [/^\/(?:Users|Groups)\/?$/i, ['GET', 'HEAD', 'POST']],
  [/^\/(?:Users|Groups)\/[^/]+\/?$/i, ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']],
  [/^\/Bulk\/?$/i, ['POST']],
  [/^\/(?:ServiceProviderConfig|Schemas|ResourceTypes)\/?$/i, ['GET', 'HEAD']],
  [/^\/(?:Schemas|ResourceTypes)\/[^/]+\/?$/i, ['GET', 'HEAD']],
];

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
  if (/^\/Me\/?$/i.test(req.path))
    throw new ScimError(501, undefined, 'A token is no user: there is no /Me.');
  const [, methods] = ENDPOINTS.find(([path]) => path.test(req.path)) ?? [];
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
