import express, { type ErrorRequestHandler, type Request, type RequestHandler } from 'express';
import { withinBodyBudget } from '../http/body-budget.ts';
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

/** An error of express's body parser. */
interface BodyError extends Error {
  readonly type?: string;
}

function hasBody(req: Request): boolean {
  return req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
}

function bodyError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  switch ((error as BodyError).type) {
    case 'entity.too.large':
      return new RollcallError('too_large', 'The body is larger than 1 MiB; send it in parts.', {
        cause: error,
      });
    case 'entity.parse.failed':
      return new RollcallError('invalid', 'The body is not JSON.', { cause: withoutBody(error) });
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return new RollcallError(
        'unsupported',
        'Send the body in UTF-8, plain or compressed with gzip, deflate or br.',
        {
          cause: error,
        },
      );
    case 'request.aborted':
    case 'request.size.invalid':
      return new RollcallError('invalid', 'The body ended before its Content-Length.', { cause: error });
    default:
      return error;
  }
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

// The parser hangs the whole text on its error, which may hold a password and may be logged.
function withoutBody(error: BodyError & { body?: unknown }): BodyError {
  delete error.body;
  error.message = 'not JSON';
  return error;
}
