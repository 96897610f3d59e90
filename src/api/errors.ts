import type { ErrorRequestHandler, Request } from 'express';
import { z } from 'zod';
import { logProblem } from '../http/log-problem.ts';
import { requestIdOf } from '../http/request-id.ts';
import { type ErrorKind, RollcallError } from '../lib/errors.ts';

/** What each kind of error is over HTTP: the one table of this edge. */
export const PROBLEMS: Readonly<Record<ErrorKind, { readonly status: number; readonly title: string }>> = {
  not_found: { status: 404, title: 'Not found' },
  taken: { status: 409, title: 'Already in use' },
  refused: { status: 409, title: 'Refused' },
  invalid: { status: 400, title: 'Wrong input' },
  immutable: { status: 409, title: 'Read-only here' },
  forbidden: { status: 403, title: 'Beyond the scope of the token' },
  unauthenticated: { status: 401, title: 'No valid token' },
  precondition: { status: 412, title: 'Changed since it was read' },
  gone: { status: 410, title: 'Ended' },
  too_large: { status: 413, title: 'Too large' },
  too_much: { status: 400, title: 'Asks for too much' },
  unsupported: { status: 415, title: 'Unsupported media type' },
  rate_limited: { status: 429, title: 'Too many requests' },
  busy: { status: 503, title: 'Try again shortly' },
  // Nobody reads it; logs and metrics count it as the field does since nginx.
  cancelled: { status: 499, title: 'The client has gone' },
};

/** An error's body, RFC 9457. `type` is `urn:rollcall:problem:<kind>`: the kind is what a program decides by. */
export const problemSchema = z
  .object({
    type: z.string().describe('`urn:rollcall:problem:` and a word to decide by.'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('A sentence for people.'),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .describe('What is wrong with the input, field by field.'),
    requestId: z
      .string()
      .describe(
        'To be told when asking for help; it stands in the log and in the `X-Request-Id` of the answer.',
      ),
  })
  .meta({ id: 'Problem' });

type Problem = z.infer<typeof problemSchema>;

/** Answers every error of this edge as application/problem+json. */
export const problems: ErrorRequestHandler = (error: unknown, req, res, _next) => {
  const known = explain(error);
  logProblem(known ? PROBLEMS[known.kind].status : 500, error, { requestId: requestIdOf(req) });
  if (res.headersSent) {
    // Too late to say anything: the connection is cut, so that nobody takes half an answer for a whole one.
    res.destroy();
    return;
  }
  if (known?.kind === 'unauthenticated' && !res.hasHeader('WWW-Authenticate'))
    res.setHeader('WWW-Authenticate', 'Bearer realm="Rollcall", error="invalid_token"');
  if (known?.retryAfter !== undefined)
    res.setHeader('Retry-After', String(Math.max(1, Math.ceil(known.retryAfter))));
  const problem: Problem = known
    ? {
        type: `urn:rollcall:problem:${known.kind}`,
        ...PROBLEMS[known.kind],
        detail: known.message,
        ...(known.fields.length > 0
          ? { errors: known.fields.map(({ field, message }) => ({ field, message })) }
          : {}),
        requestId: requestIdOf(req),
      }
    : unexpected(req);
  res.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
};

function unexpected(req: Request): Problem {
  return {
    type: 'urn:rollcall:problem:unexpected',
    title: 'Something went wrong here',
    status: 500,
    detail: 'This is a fault of the server, not of the request. Tell the operator the request id.',
    requestId: requestIdOf(req),
  };
}

/** The error in our words, or undefined when it is a fault of ours. */
function explain(error: unknown): RollcallError | undefined {
  if (error instanceof URIError) return new RollcallError('invalid', 'The path cannot be decoded.');
  return error instanceof RollcallError ? error : undefined;
}
