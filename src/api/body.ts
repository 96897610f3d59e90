import express, { type ErrorRequestHandler, type Request, type RequestHandler } from 'express';
import { withinBodyBudget } from '../http/body-budget.ts';
import { bodyError } from '../http/body-error.ts';
import { refuseCostlyJson } from '../http/json-limits.ts';
import { RollcallError } from '../lib/errors.ts';

const MEDIA_TYPE = 'application/json';
const LIMIT = 1024 * 1024;

const checkType: RequestHandler = (req, _res, next) => {
  if (!hasBody(req) || req.is(MEDIA_TYPE)) next();
  else next(new RollcallError('unsupported', `Send the body as ${MEDIA_TYPE}, in UTF-8.`));
};

const completeText: RequestHandler = (req, _res, next) => {
  complete(req.body);
  next();
};

const translate: ErrorRequestHandler = (error: unknown, _req, _res, next) => next(bodyError(error));

/**
 * Reads a JSON body of at most 1 MiB, counted after decompression. Another media type ends in `unsupported`, a larger
 * body in `too_large`, what is not JSON, or is nested too deeply, in `invalid`. Half a character becomes U+FFFD.
 */
export const jsonBody: (RequestHandler | ErrorRequestHandler)[] = [
  checkType,
  withinBodyBudget(
    express.json({
      type: MEDIA_TYPE,
      limit: LIMIT,
      verify: (_req, _res, bytes, charset) => refuseCostlyJson(bytes, charset),
    }),
    LIMIT,
  ),
  completeText,
  translate,
];

function hasBody(req: Request): boolean {
  return req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
}

// JSON can hold one of two surrogates (RFC 8259 section 8.2). UTF-8 can't, and PostgreSQL refuses it within jsonb.
function complete(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const object = value as Record<string, unknown>;
  for (const [key, one] of Object.entries(object)) {
    if (typeof one !== 'string') complete(one);
    else if (!one.isWellFormed()) object[key] = one.toWellFormed();
  }
}
