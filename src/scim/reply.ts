import type { NextFunction, Request, Response } from 'express';
import { log } from '../log.ts';
import { toProblem, type Problem } from './errors.ts';

/** RFC 7644 section 3.1: our answers are always this, with no charset, since JSON is UTF-8. */
const MEDIA_TYPE = 'application/scim+json';

/** A resource or list as its JSON text, which the router hands to `res.send`. */
export interface ScimReply {
  readonly text: string;
  readonly etag?: string | undefined;
  readonly location?: string | undefined;
}

const REPLY = Symbol('reply');

/** Marks a text as an answer of ours, to be sent as it is. */
export function reply(text: string, headers: Omit<ScimReply, 'text'> = {}): ScimReply {
  return Object.assign({ text, ...headers }, { [REPLY]: true });
}

function isReply(value: unknown): value is ScimReply {
  return typeof value === 'object' && value !== null && REPLY in value;
}

/**
 * Has the answers of scimmy's router written our way: bytes with an exact media type, `Location` on what was created,
 * `ETag`, 304 for a GET whose version the client has, and our own error in place of scimmy's, which knows no 503.
 */
export function adaptReplies(req: Request, res: Response, next: NextFunction): void {
  res.send = (body?: unknown) => {
    const problem = res.locals['problem'] as Problem | undefined;
    if (problem) return sendProblem(res, problem);
    if (!isReply(body)) return sendText(res, body === undefined ? undefined : JSON.stringify(body));
    if (body.etag) res.setHeader('ETag', body.etag);
    if (body.location && res.statusCode === 201) res.setHeader('Location', body.location);
    if (req.method === 'GET' && body.etag && hasVersion(req, body.etag)) {
      res.statusCode = 304;
      return sendText(res, undefined);
    }
    return sendText(res, body.text);
  };
  next();
}

function sendText(res: Response, text: string | undefined): Response {
  if (text === undefined) {
    res.removeHeader('Content-Type');
    return res.end();
  }
  const bytes = Buffer.from(text);
  res.setHeader('Content-Type', MEDIA_TYPE);
  res.setHeader('Content-Length', bytes.length);
  return res.end(bytes);
}

function sendProblem(res: Response, problem: Problem): Response {
  res.status(problem.status);
  if (problem.status === 401) res.setHeader('WWW-Authenticate', 'Bearer');
  if (problem.retryAfter !== undefined) res.setHeader('Retry-After', problem.retryAfter);
  return sendText(res, JSON.stringify(problem.body));
}

/** `If-None-Match` (RFC 9110 section 13.1.2): any of the listed tags, compared weakly. */
function hasVersion(req: Request, etag: string): boolean {
  const header = req.get('if-none-match');
  if (header === undefined) return false;
  return header.split(',').some((tag) => ['*', opaque(etag)].includes(opaque(tag.trim())));
}

function opaque(tag: string): string {
  return tag.replace(/^W\//, '');
}

/** The last error handler of the SCIM edge: writes what was thrown as a SCIM Error, and logs what was not foreseen. */
export function scimErrorHandler(error: unknown, req: Request, res: Response, _next: NextFunction): void {
  // scimmy's router hands on what it has answered with a 5xx.
  if (res.headersSent) return;
  const problem = (res.locals['problem'] as Problem | undefined) ?? explain(error, req);
  sendProblem(res, problem);
}

/** The problem of an error; logs it with its cause when it was not foreseen or the database is away. */
export function explain(error: unknown, req: Pick<Request, 'method'>): Problem {
  const problem = toProblem(error);
  if (problem.unexpected || problem.status === 503) {
    log.error('SCIM request failed', { method: req.method, status: problem.status, error });
  }
  return problem;
}
