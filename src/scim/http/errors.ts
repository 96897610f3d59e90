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
}

/** The SCIM Error for whatever was thrown. What is not known is a 500 that says nothing of its cause. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ScimError) return problem(error.status, error.scimType, error.detail);
  if (error instanceof RollcallError) {
    const [status, scimType] = STATUS[error.kind];
    return { ...problem(status, scimType, error.message), retryAfter: error.retryAfter };
  }
  // A path that cannot be decoded: it names nothing.
  if (error instanceof URIError) return problem(404, undefined, 'There is no such resource.');
  return problem(500, undefined, 'Something went wrong here; the request id says where to look.');
}

function problem(status: number, scimType: ScimType | undefined, detail: string): Problem {
  return {
    status,
    body: { schemas: [ERROR_SCHEMA], status: String(status), ...(scimType ? { scimType } : {}), detail },
    retryAfter: undefined,
  };
}
