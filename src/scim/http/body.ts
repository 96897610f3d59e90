import express, { type Request, type RequestHandler } from 'express';
import type { IncomingMessage } from 'node:http';
import { withinBodyBudget } from '../../http/body-budget.ts';
import { bodyError } from '../../http/body-error.ts';
import { refuseCostlyJson } from '../../http/json-limits.ts';
import { RollcallError } from '../../lib/errors.ts';
import { MAX_PAYLOAD_BYTES } from '../bulk/request.ts';
import { badRequest, ScimError } from '../scim-error.ts';

/** A group of 100,000 members in one PUT is 12 MB. */
const GROUP_LIMIT = 16 * 1_048_576;
const LIMIT = MAX_PAYLOAD_BYTES;

const sizes = new WeakMap<IncomingMessage, number>();

const parser = (limit: number): RequestHandler =>
  withinBodyBudget(express.json({ type: () => true, strict: false, limit, verify: note }), limit);
const parseGroup = parser(GROUP_LIMIT);
const parseOther = parser(LIMIT);

function note(req: IncomingMessage, _res: unknown, bytes: Buffer, charset: string | null): void {
  sizes.set(req, bytes.length);
  refuseCostlyJson(bytes, charset);
}

/** How many bytes of body were read, once they were unpacked, whatever length the request said. */
export function bodyBytes(req: Request): number {
  return sizes.get(req) ?? 0;
}

const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/**
 * Reads the body of what has one, JSON (RFC 7644 section 3.8). Of what has none its type does not matter: some clients
 * always send one.
 */
export const readBody: RequestHandler = (req, res, next) => {
  if (!WITH_BODY.has(req.method)) {
    // scimmy's router would read what came all the same.
    req.resume().once('end', next);
    return;
  }
  if (!isAccepted(req.get('content-type'))) {
    throw new RollcallError('unsupported', 'Send application/scim+json or application/json.');
  }
  const parse = /^\/Groups(?:\/|$)/i.test(req.path) ? parseGroup : parseOther;
  parse(req, res, (error?: unknown) => {
    if (error !== undefined) next(inWordsOfScim(bodyError(error)));
    // The parser makes {} of an empty text.
    else if (req.body === undefined || bodyBytes(req) === 0) {
      next(new ScimError(400, 'invalidSyntax', 'The request has no body.'));
    } else next();
  });
};

function inWordsOfScim(error: unknown): unknown {
  const isRefused = error instanceof RollcallError && error.kind === 'invalid';
  return isRefused ? badRequest('invalidSyntax', error.message) : error;
}

/** RFC 7644 section 3.8, and what clients send in its place. A body without a type is taken for JSON. */
function isAccepted(type = ''): boolean {
  return type.trim() === '' || /^\s*application\/(?:scim\+)?json\s*(?:;|$)/i.test(type);
}
