import type { Request, RequestHandler } from 'express';
import { log } from '../log.ts';
import { httpDuration } from '../metrics.ts';
import { tokenIfAny } from './bearer.ts';
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
  res.once('close', () => {
    const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
    const route = routes.get(req) ?? matched(req);
    httpDuration.observe({ method: req.method, route: route ?? 'none', status: res.statusCode }, seconds);
    log.info('request', {
      requestId: requestIdOf(req),
      method: req.method,
      route,
      // Of a route with a secret in its path only the pattern is told.
      ...(route?.includes('token}') || route?.includes(':token') ? {} : { path: redact(path) }),
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

// Someone will put a token into a path one day.
function redact(path: string): string {
  return path.replace(/rc_[a-z]+_[\w-]{8,}/g, 'rc_…');
}
