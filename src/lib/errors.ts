import { quoted } from './quoted.ts';

/**
 * What can go wrong, in the words of the domain. Each edge maps a kind to its status code in one table
 * (src/scim/http/errors.ts, src/api/errors.ts); whatever is not one of these is a 500.
 */
export type ErrorKind =
  /** It does not exist, or it belongs to another workspace. */
  | 'not_found'
  /** A unique name is taken. */
  | 'taken'
  /** A rule of the workspace forbids it as things stand: seats, last owner, in use, managed elsewhere. */
  | 'refused'
  /** The input is wrong; `fields` says where. */
  | 'invalid'
  /** An attribute may not be changed. */
  | 'immutable'
  /** The caller's scope does not reach this far. */
  | 'forbidden'
  /** No token, or one that is not live. */
  | 'unauthenticated'
  /** `If-Match` did not match. */
  | 'precondition'
  /** It existed and has ended: a used or expired link. */
  | 'gone'
  /** More than one request may carry. */
  | 'too_large'
  /** It would take too long to work out, or its answer would be too large: to be asked in a narrower way. */
  | 'too_much'
  /** The body's media type is not one we read. */
  | 'unsupported'
  /** Too many requests for this token. */
  | 'rate_limited'
  /** The database is away, or a conflict outlived its retries: the same request may succeed later. */
  | 'busy'
  /** The client closed the connection: the work was stopped, and nobody reads the answer. */
  | 'cancelled';

/** One field of the input that is wrong, named as the client named it. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
  /** What is wrong, where an edge says it in words of its own. */
  readonly problem?: FieldProblem;
}

export type FieldProblem = 'required' | 'too_long' | 'control_characters';

/**
 * The one error type of the core. `message` is shown to the client: it tells a person what to do next and
 * never holds a secret. `cause` is only logged.
 */
export class RollcallError extends Error {
  readonly kind: ErrorKind;
  readonly fields: readonly FieldError[];
  /** Seconds after which a retry makes sense; for `busy` and `rate_limited`. */
  readonly retryAfter: number | undefined;

  constructor(
    kind: ErrorKind,
    message: string,
    options: { cause?: unknown; fields?: readonly FieldError[]; retryAfter?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RollcallError';
    this.kind = kind;
    this.fields = options.fields ?? [];
    this.retryAfter = options.retryAfter;
  }
}

/** The error for an id that names nothing in the caller's workspace. */
export function notFound(what: string, id: string): RollcallError {
  return new RollcallError('not_found', `There is no ${what} ${quoted(id, 256)} in this workspace.`);
}

/** The error for one wrong field. */
export function invalid(field: string, message: string, problem?: FieldProblem): RollcallError {
  return new RollcallError('invalid', message, {
    fields: [{ field, message, ...(problem === undefined ? {} : { problem }) }],
  });
}
