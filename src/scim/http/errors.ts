import { type ErrorKind, RollcallError } from '../../lib/errors.ts';
import { ScimError, type ScimType } from '../scim-error.ts';

const ERROR_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** Status and scimType of each kind of error (RFC 7644 section 3.12). `refused` has no keyword of its own. */
const STATUS: Readonly<Record<ErrorKind, readonly [number, ScimType?]>> = {
  unauthenticated: [401],
  forbidden: [403],
  not_found: [404],
  taken: [409, 'uniqueness'],
  refused: [409],
  invalid: [400, 'invalidValue'],
  immutable: [400, 'mutability'],
  precondition: [412],
  gone: [404],
  too_large: [413],
  too_much: [400, 'tooMany'],
  unsupported: [415],
  rate_limited: [429],
  busy: [503],
  cancelled: [499],
};

/** An error as SCIM tells it. */
export interface Problem {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly retryAfter: number | undefined;
  /** True when it is our fault, and only the log says what it was. */
  readonly unexpected: boolean;
}

/** The SCIM Error for whatever was thrown. What is not known is a 500 that says nothing of its cause. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ScimError) return problem(error.status, error.scimType, error.detail);
  if (error instanceof RollcallError) {
    const [status, scimType] = STATUS[error.kind];
    return { ...problem(status, scimType, error.message), retryAfter: error.retryAfter };
  }
  const parsing = bodyProblem(error);
  if (parsing) return parsing;
  return {
    ...problem(500, undefined, 'Something went wrong here; the request id says where to look.'),
    unexpected: true,
  };
}

/** What the body parser throws. */
function bodyProblem(error: unknown): Problem | undefined {
  const { type, status, limit } = (error ?? {}) as { type?: unknown; status?: unknown; limit?: unknown };
  if (type === 'entity.too.large') {
    return problem(
      413,
      undefined,
      `The request is too large: ${String(limit)} bytes are taken here at most.`,
    );
  }
  if (type === 'encoding.unsupported' || type === 'charset.unsupported') {
    return problem(415, undefined, 'The body must be JSON in UTF-8.');
  }
  // A path that cannot be decoded: it names nothing.
  if (error instanceof URIError) return problem(404, undefined, 'There is no such resource.');
  // Broken JSON, and what is broken round it: gzip, which has no `type`, or a body that ends too early.
  if (status === 400) return problem(400, 'invalidSyntax', 'The body is not valid JSON.');
  return undefined;
}

function problem(status: number, scimType: ScimType | undefined, detail: string): Problem {
  return {
    status,
    body: { schemas: [ERROR_SCHEMA], status: String(status), ...(scimType ? { scimType } : {}), detail },
    retryAfter: undefined,
    unexpected: false,
  };
}
