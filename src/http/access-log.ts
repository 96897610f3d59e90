import type { Request, RequestHandler } from 'express';
import { asId } from '../lib/ids.ts';
import { log } from '../lib/log.ts';
import { httpDuration } from '../lib/metrics.ts';
import { looksRandom, withoutSecrets } from '../lib/secrets.ts';
import { tokenIfAny } from './bearer.ts';
import { whenOver } from './over.ts';
import { requestIdOf } from './request-id.ts';

const routes = new WeakMap<Request, string>();

/** Says by which route a request is answered: its pattern with its mount point, `/api/v1/projects/{key}`. */
export function setRoute(req: Request, pattern: string): void {
  routes.set(req, pattern);
}

/**
 * One line of the log and one observation of the duration metric for each request, once it has ended. Never the
 * query, which can hold names and addresses, and no header.
 */
export const accessLog: RequestHandler = (req, res, next) => {
  const begun = process.hrtime.bigint();
  const path = req.path;
  whenOver(res, () => {
    const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
    const route = routes.get(req) ?? matched(req);
    httpDuration.observe({ method: req.method, route: route ?? 'none', status: res.statusCode }, seconds);
    log.info('request', {
      requestId: requestIdOf(req),
      method: req.method,
      route,
      // Of a route with a secret in its path only the pattern is told.
      ...(route?.includes('token}') || route?.includes(':token') ? {} : { path: loggedPath(path, route) }),
      status: res.statusCode,
      ms: Math.round(seconds * 10_000) / 10,
      token: tokenIfAny(req)?.id,
      ...(res.writableFinished ? {} : { aborted: true }),
    });
  });
  next();
};

function matched(req: Request): string | undefined {
  const { route } = req as { route?: { path?: unknown } };
  return typeof route?.path === 'string' ? `${req.baseUrl}${route.path}` : undefined;
}

/**
 * A path as the log tells it: what its route's pattern says, ids, numbers and keys. Anything else that somebody put there
 * may be a name, an address or a token, and the log outlives the erasure of a person.
 */
export function loggedPath(path: string, route = ''): string {
  const pattern = route.split('/');
  return path
    .split('/')
    .slice(0, MOST_SEGMENTS)
    .map((segment, index) => (isTold(segment, pattern[index]) ? segment : '…'))
    .join('/');
}

const MOST_SEGMENTS = 16;
const KEYED = new Set(['{key}', '{project}', '{product}', '{row}']);
const OF_PATHS = new Set([
  '',
  'scim',
  'v2',
  'api',
  'v1',
  'users',
  'groups',
  'bulk',
  'me',
  '.search',
  'schemas',
]);

function isTold(segment: string, pattern = ''): boolean {
  if (segment.toLowerCase() === pattern.toLowerCase() || OF_PATHS.has(segment.toLowerCase())) return true;
  if (asId(segment)) return true;
  if (!KEYED.has(pattern)) return /^urn:ietf:params:scim:[\w:.]{1,80}$/i.test(segment);
  return /^[\w.-]{1,63}$/.test(segment) && !looksRandom(segment) && withoutSecrets(segment) === segment;
}
