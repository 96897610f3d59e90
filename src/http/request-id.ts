import type { Request, RequestHandler } from 'express';
import { randomUUID } from 'node:crypto';

const WELL_FORMED = /^[A-Za-z0-9._-]{1,128}$/;

const ids = new WeakMap<Request, string>();

/**
 * Gives each request an id: its own well-formed X-Request-Id, else a new UUID. It is answered in X-Request-Id, stands
 * in every line of the log and in the audit.
 */
export const requestId: RequestHandler = (req, res, next) => {
  const given = req.get('x-request-id');
  const id = given !== undefined && WELL_FORMED.test(given) ? given : randomUUID();
  ids.set(req, id);
  res.setHeader('X-Request-Id', id);
  next();
};

/** The id of a request. */
export function requestIdOf(req: Request): string {
  const id = ids.get(req);
  if (id === undefined) throw new Error('The request has not been given an id.');
  return id;
}
