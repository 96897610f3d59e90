import type { NextFunction, Request, Response } from 'express';
import { setRoute } from '../../http/access-log.ts';
import { ScimError } from '../scim-error.ts';

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
).map(([pattern, methods]): Endpoint => ({ pattern, methods, matches: matcherOf(pattern) }));

interface Endpoint {
  readonly pattern: string;
  readonly methods: readonly string[];
  readonly matches: RegExp;
}

/** Those whose path begins with the same segment. */
const BY_SEGMENT = new Map<string, Endpoint[]>();
for (const endpoint of ENDPOINTS) {
  const segment = firstSegment(endpoint.pattern);
  BY_SEGMENT.set(segment, [...(BY_SEGMENT.get(segment) ?? []), endpoint]);
}

function firstSegment(path: string): string {
  const end = path.indexOf('/', 1);
  return path.slice(1, end < 0 ? undefined : end).toLowerCase();
}

function endpointOf(path: string): Endpoint | undefined {
  return BY_SEGMENT.get(firstSegment(path))?.find(({ matches }) => matches.test(path));
}

function matcherOf(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace('.', '\\.').replace(':id', '[^/]+')}/?$`, 'i');
}

/** Tells logs and metrics which endpoint is asked, by its pattern: whatever is none of ours is one of them. */
export function nameEndpoint(req: Request, _res: Response, next: NextFunction): void {
  const pattern = endpointOf(req.path)?.pattern;
  setRoute(req, `/scim/v2${pattern ?? (ME.test(req.path) ? '/Me' : '/*')}`);
  next();
}

const ME = /^\/Me\/?$/i;

/**
 * Lets on what may be asked: another method of a path that there is ends in 405 with `Allow` (RFC 9110 section 15.5.6),
 * any other path in 404, also one that cannot be decoded, and `/Me` in 501.
 */
export function knownEndpoints(req: Request, res: Response, next: NextFunction): void {
  try {
    decodeURIComponent(req.path);
  } catch {
    throw new ScimError(404, undefined, 'There is no such resource.');
  }
  // RFC 7644 section 3.11. scimmy's router answers a GET only: the pattern of its other methods is Express 4's.
  if (ME.test(req.path)) throw new ScimError(501, undefined, 'A token is no user: there is no /Me.');
  const endpoint = endpointOf(req.path);
  // scimmy's router has a way of its own to say so, which for some paths is a 500.
  if (!endpoint) throw new ScimError(404, undefined, 'There is no such endpoint.');
  const { methods } = endpoint;
  if (!methods.includes(req.method)) {
    res.setHeader('Allow', methods.join(', '));
    throw new ScimError(
      405,
      undefined,
      `${req.method} is not for this path; it takes ${methods.join(', ')}.`,
    );
  }
  next();
}
