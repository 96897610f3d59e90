import { RollcallError } from '../lib/errors.ts';

/** An error of express's body parsers; those of a broken compression have no `type`. */
interface ParserError extends Error {
  readonly type?: string;
  readonly status?: number;
  readonly limit?: number;
  body?: unknown;
}

/** What a body parser threw, in our words: `too_large`, `unsupported` or `invalid`. Any other error as it is. */
export function bodyError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof RollcallError) return error;
  const { type, status, limit } = error as ParserError;
  switch (type) {
    case 'entity.too.large':
      return new RollcallError('too_large', `The body is larger than ${limit} bytes; send it in parts.`, {
        cause: error,
      });
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return new RollcallError(
        'unsupported',
        'Send the body in UTF-8, plain or compressed with gzip, deflate or br.',
        { cause: error },
      );
    case 'request.aborted':
    case 'request.size.invalid':
      return new RollcallError('invalid', 'The body ended before its Content-Length.', { cause: error });
    case 'entity.parse.failed':
      return new RollcallError('invalid', 'The body is not JSON.', { cause: withoutBody(error) });
    default:
      return status === 400
        ? new RollcallError('invalid', 'The body cannot be unpacked; check its Content-Encoding.', {
            cause: error,
          })
        : error;
  }
}

// The parser hangs the whole text on its error, which may hold a password and may be logged.
function withoutBody(error: ParserError): Error {
  delete error.body;
  error.message = 'not JSON';
  return error;
}
