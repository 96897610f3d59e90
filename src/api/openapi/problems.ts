import { z } from 'zod';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import type { ErrorKind } from '../../lib/errors.ts';
import { PROBLEMS, problemSchema } from '../errors.ts';
import type { Route } from '../route.ts';

interface Told {
  /** Its name among the document's responses. */
  readonly name: string;
  readonly description: string;
  readonly detail: string;
}

const FAULT: Told = {
  name: 'Unexpected',
  description: 'A fault of the server. Tell the operator the request id.',
  detail: 'This is a fault of the server, not of the request. Tell the operator the request id.',
};

/** What is said of each status of an error, in the order of the statuses. */
const TOLD: Readonly<Record<number, Told>> = {
  400: {
    name: 'BadRequest',
    description: 'The input is wrong; `errors` says where, field by field.',
    detail: 'name is required.',
  },
  401: {
    name: 'Unauthorized',
    description:
      'No token, or one that is unknown, expired or revoked, also while the request was under way.',
    detail: 'Send a token in the header Authorization: Bearer <token>.',
  },
  403: {
    name: 'Forbidden',
    description: 'The scope of the token does not reach this far.',
    detail: 'This token has the scope auditor; this takes one with the scope admin or operator.',
  },
  404: {
    name: 'NotFound',
    description: 'It is not there, or it belongs to another workspace.',
    detail: 'There is no project "mobile" in this workspace.',
  },
  409: {
    name: 'Conflict',
    description:
      'As things stand it cannot be done: a key is taken, a license has no seat left, something is in use, ' +
      'or an identity provider manages it. `detail` says what to do.',
    detail: 'This key is already in use in the workspace.',
  },
  410: { name: 'Gone', description: 'It existed and has ended.', detail: 'This link has expired.' },
  412: {
    name: 'PreconditionFailed',
    description: 'It was changed since it was read.',
    detail: 'It was changed since it was read; read it again.',
  },
  413: {
    name: 'TooLarge',
    description: 'The body is larger than 1 MiB.',
    detail: 'The body is larger than 1 MiB; send it in parts.',
  },
  415: {
    name: 'UnsupportedMediaType',
    description: 'The body is not sent as `application/json`.',
    detail: 'Send the body as application/json, in UTF-8.',
  },
  429: {
    name: 'TooManyRequests',
    description:
      'More requests than are served in a second, or more requests, exports or bytes of bodies at once than one ' +
      'workspace may have. Wait as long as `Retry-After` says.',
    detail: 'Too many requests with this token: 100 a second are served, 200 at once.',
  },
  500: FAULT,
  503: {
    name: 'Unavailable',
    description:
      'The database cannot be reached at the moment, or the server has as much under way as it can. Wait as long as ' +
      '`Retry-After` says.',
    detail: 'The database cannot be reached at the moment; try again shortly.',
  },
};

/** Kinds of error that a change of the workspace can end in by the workspace's rules. */
const OF_A_CHANGE: readonly ErrorKind[] = ['taken', 'refused', 'immutable'];

/** The statuses of the errors that a route can answer with, ascending. */
export function problemStatusesOf(route: Route): number[] {
  const kinds: ErrorKind[] = ['unauthenticated', 'forbidden', 'rate_limited', 'busy'];
  const isOfAWorkspace = route.acrossWorkspaces !== true;
  if (route.query ?? route.body ?? route.params ?? isOfAWorkspace) kinds.push('invalid');
  if (route.params ?? isOfAWorkspace) kinds.push('not_found');
  if (route.body) kinds.push('too_large', 'unsupported');
  kinds.push(...(route.problems ?? (route.method === 'get' ? [] : OF_A_CHANGE)));
  const statuses = new Set([...kinds.map((kind) => PROBLEMS[kind].status), 500]);
  return [...statuses].sort((a, b) => a - b);
}

/** The name of an error's status among the document's responses. */
export function responseNameOf(status: number): string {
  return (TOLD[status] ?? FAULT).name;
}

/** The answers of errors that some routes can give, by name. */
export function problemResponses(routes: readonly Route[]): Record<string, ZodOpenApiResponseObject> {
  const statuses = [...new Set(routes.flatMap(problemStatusesOf))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => [responseNameOf(status), responseOf(status, TOLD[status] ?? FAULT)]),
  );
}

function responseOf(status: number, { description, detail }: Told): ZodOpenApiResponseObject {
  const kinds = Object.entries(PROBLEMS).filter(([, problem]) => problem.status === status);
  const [kind, problem] = kinds[0] ?? ['unexpected', { title: 'Something went wrong here' }];
  const types = kinds.map(([name]) => `\`urn:rollcall:problem:${name}\``);
  const headers = HEADERS[status];
  return {
    description: types.length > 1 ? `${description} Types: ${types.join(', ')}.` : description,
    ...(headers ? { headers } : {}),
    content: {
      'application/problem+json': {
        schema: problemSchema,
        example: {
          type: `urn:rollcall:problem:${kind}`,
          title: problem.title,
          status,
          detail,
          ...(status === 400 ? { errors: [{ field: 'name', message: 'is required' }] } : {}),
          requestId: '019a2b9c-0000-7000-8000-000000000000',
        },
      },
    },
  };
}

const RETRY_AFTER = z.object({
  'Retry-After': z.int().meta({ header: { description: 'Seconds to wait.' } }),
});

const HEADERS: Readonly<Record<number, z.ZodObject>> = {
  401: z.object({
    'WWW-Authenticate': z.string().meta({ header: { description: 'How to authenticate: `Bearer`.' } }),
  }),
  429: RETRY_AFTER,
  503: RETRY_AFTER,
};
