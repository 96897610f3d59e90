import type { NextFunction, Request, Response } from 'express';
import { enterLargeAnswers, MOST_WHOLE, slicesOf, writeLarge } from '../../http/large-answer.ts';
import { logProblem } from '../../http/log-problem.ts';
import { requestIdOf } from '../../http/request-id.ts';
import { isArray, isObject } from '../input/json.ts';
import { isKnown } from './entity-tags.ts';
import { type Problem, toProblem } from './errors.ts';
import { failureOf, keepFailure } from './failure.ts';

/** RFC 7644 section 3.1: our answers are always this, with no charset, since JSON is UTF-8. */
const MEDIA_TYPE = 'application/scim+json';

/** A JSON text, or the pieces of one, each made when it is taken. */
export type JsonText = string | AsyncIterable<string>;

/** What a verb answers. */
export interface ScimReply {
  /** A resource or list as its JSON text; undefined for an answer without a body, 204. */
  readonly text: JsonText | undefined;
  /** Of the one resource that the answer is about, as the rest. */
  readonly id?: string | undefined;
  readonly etag?: string | undefined;
  readonly location?: string | undefined;
  /** What is answered when the text cannot be made: of a change, which is done all the same. */
  readonly otherwise?: (() => AsyncIterable<string> | string) | undefined;
}

const REPLY = Symbol('reply');

/** Marks an answer as ours, to be sent as it is. */
export function reply(text: JsonText | undefined, about: Omit<ScimReply, 'text'> = {}): ScimReply {
  return Object.assign({ text, ...about }, { [REPLY]: true });
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
    const failure = failureOf(res);
    if (failure) return sendProblem(res, failure);
    if (isReply(body)) return sendReply(req, res, body);
    return sendText(res, body === undefined ? undefined : JSON.stringify(counted(body)));
  };
  next();
}

function sendReply(req: Request, res: Response, { text, etag, location, otherwise }: ScimReply): Response {
  if (etag !== undefined) res.setHeader('ETag', etag);
  if (location !== undefined && res.statusCode === 201) res.setHeader('Location', location);
  if (text === undefined) res.statusCode = 204;
  const isRead = req.method === 'GET' || req.method === 'HEAD';
  if (isRead && etag !== undefined && isKnown(req.get('if-none-match'), etag)) {
    res.statusCode = 304;
    return sendText(res, undefined);
  }
  if (text === undefined || typeof text === 'string') return sendText(res, text);
  void sendPieces(req, res, text, otherwise);
  return res;
}

/** Sends a text that comes in pieces: whole when it is short, else as fast as the client reads it. Never rejects. */
async function sendPieces(
  req: Request,
  res: Response,
  pieces: AsyncIterable<string>,
  otherwise?: ScimReply['otherwise'],
): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    let text = '';
    while (text.length <= MOST_WHOLE) {
      const next = await iterator.next();
      if (next.done === true) {
        sendText(res, text);
        return;
      }
      text += next.value;
    }
    await sendLarge(req, res, text, iterator);
  } catch (error) {
    const problem = explain(error, { method: req.method, requestId: requestIdOf(req) });
    if (otherwise && !res.headersSent) {
      await sendInstead(res, otherwise());
      return;
    }
    keepFailure(res, problem);
    if (res.headersSent) res.destroy();
    else sendProblem(res, problem);
  } finally {
    await iterator.return?.().catch(() => undefined);
  }
}

async function sendInstead(res: Response, pieces: AsyncIterable<string> | string): Promise<void> {
  let text = '';
  for await (const piece of typeof pieces === 'string' ? [pieces] : pieces) text += piece;
  sendText(res, text);
}

async function sendLarge(
  req: Request,
  res: Response,
  begun: string,
  rest: AsyncIterator<string>,
): Promise<void> {
  const leave = await enterLargeAnswers(req);
  res.setHeader('Content-Type', MEDIA_TYPE);
  if (req.method === 'HEAD') {
    leave();
    res.end();
    return;
  }
  await writeLarge(res, following(begun, rest), leave);
}

async function* following(begun: string, rest: AsyncIterator<string>): AsyncGenerator<string | Uint8Array> {
  yield* slicesOf(begun);
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

/** A list of scimmy's own says how many a page could hold; RFC 7644 section 3.4.2 asks how many it holds. */
function counted(body: unknown): unknown {
  if (!isObject(body) || !isArray(body['Resources'])) return body;
  return { ...body, itemsPerPage: body['Resources'].length };
}

function sendText(res: Response, text: string | undefined): Response {
  if (text === undefined) {
    res.removeHeader('Content-Type');
    return res.end();
  }
  res.setHeader('Content-Type', MEDIA_TYPE);
  res.setHeader('Content-Length', Buffer.byteLength(text));
  // As a text, it goes out in one write with the headers.
  return res.end(text);
}

function sendProblem(res: Response, problem: Problem): Response {
  res.status(problem.status);
  if (problem.status === 401 && !res.hasHeader('WWW-Authenticate'))
    res.setHeader('WWW-Authenticate', 'Bearer');
  if (problem.retryAfter !== undefined) res.setHeader('Retry-After', problem.retryAfter);
  return sendText(res, JSON.stringify(problem.body));
}

/** The last error handler of the SCIM edge: writes what was thrown as a SCIM Error, and logs what was not foreseen. */
export function scimErrorHandler(error: unknown, req: Request, res: Response, _next: NextFunction): void {
  // scimmy's router hands on what it has answered with a 5xx.
  if (res.headersSent) return;
  const problem = failureOf(res) ?? explain(error, { method: req.method, requestId: requestIdOf(req) });
  // For the provisioning log.
  keepFailure(res, problem);
  sendProblem(res, problem);
}

/** The problem of an error; one that operators have to know of is logged. */
export function explain(
  error: unknown,
  on: { readonly method: string; readonly requestId: string },
): Problem {
  const problem = toProblem(error);
  logProblem(problem.status, error, on);
  return problem;
}
