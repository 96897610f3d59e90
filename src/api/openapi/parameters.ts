import { z } from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import type { Route } from '../route.ts';
import { resourceOf, segmentsOf } from './tags.ts';

/** The header by which an operator names a workspace. */
const WORKSPACE = z
  .string()
  .optional()
  .meta({
    param: {
      id: 'Workspace',
      name: 'X-Workspace',
      in: 'header',
      description:
        'The key or id of the workspace. Operators must name one; with any other token it can only be the own one.',
      example: 'default',
    },
  });

const KNOWN_VERSION = z
  .string()
  .optional()
  .meta({
    param: {
      id: 'KnownVersion',
      name: 'If-None-Match',
      in: 'header',
      description: 'The ETag of an answer that you have: 304 when it still holds.',
    },
  });

const PATH: Readonly<Record<string, string>> = {
  id: 'The id.',
  key: 'The key, without regard to case.',
  project: 'The key of a project.',
  product: 'The key of a product.',
};

/** By name, or where a name means something else in a resource, by `resource.name`. */
const QUERY: Readonly<Record<string, string>> = {
  limit: 'How many items a page has at most.',
  cursor: 'The `nextCursor` of the page before; none for the first page.',
  search: 'What names must contain, without regard to case.',
  sort: 'What the list is sorted by; descending with a `-` before it.',
  from: 'Only what happened at this time or later.',
  to: 'Only what happened before this time.',
  asOf: 'A time that has passed: answers as it was then.',
  organization: 'The key of an organization.',
  product: 'The key of a product.',
  project: 'The key of a project.',
  user: 'The id or userName of a user.',
  group: 'The id or name of a group.',
  days: 'For how many days they have not been seen.',
  sha256: 'The SHA-256 of a file, in hexadecimal.',
  'access.user': 'The id, userName or email of the user.',
  'groups.mapping': '`none`: only groups that give nothing.',
  'audit.actor': 'The name or id of who did it.',
  'audit.action': 'The action, such as `user.created`.',
  'audit.target': 'The id or name of what it was done to, or of the other one concerned.',
  'invitations.status':
    'One or more of `pending`, `accepted`, `revoked`, `expired` and `superseded`, separated by commas.',
  'invitations.search': 'What addresses must contain, without regard to case.',
  'users.status': 'One or more of `active`, `pending` and `inactive`, separated by commas.',
  'exports.status': 'One or more of `active`, `pending` and `inactive`, separated by commas.',
  'scim-requests.status': 'A status such as `409`, or a class of them such as `4xx`.',
  'reviews.status': 'One or more of `open`, `closing`, `closed` and `cancelled`, separated by commas.',
  'conflicts.search': 'What user names or values must contain, without regard to case.',
};

/** The parameters of a route: of its path, its query, and the headers that it reads. */
export function parametersOf(route: Route): Pick<ZodOpenApiOperationObject, 'parameters' | 'requestParams'> {
  const [resource = ''] = segmentsOf(route.path);
  const { key } = resourceOf(route.path);
  const examples: Readonly<Record<string, string | undefined>> = { ...PATH_EXAMPLES, key };
  return {
    requestParams: {
      path: described(route.params, (name) => ({ description: PATH[name], example: examples[name] })),
      query: described(route.query, (name) => ({ description: QUERY[`${resource}.${name}`] ?? QUERY[name] })),
    },
    parameters: [...(route.tagged ? [KNOWN_VERSION] : []), ...(route.acrossWorkspaces ? [] : [WORKSPACE])],
  };
}

const PATH_EXAMPLES = {
  id: '019a2b9c-0000-7000-8000-000000000000',
  project: 'mobile',
  product: 'testsigma',
};

interface About {
  readonly description: string | undefined;
  readonly example?: string | undefined;
}

/** The fields of a schema, each with what is said of it as a parameter; what its own schema says goes before. */
function described(schema: z.ZodType | undefined, about: (name: string) => About): z.ZodObject {
  const shape = schema instanceof z.ZodObject ? (schema.shape as Record<string, z.ZodType>) : {};
  return z.object(
    Object.fromEntries(
      Object.entries(shape).map(([name, field]) => {
        const { description = '', example } = about(name);
        const param = {
          description: descriptionOf(field) ?? description,
          ...(example === undefined ? {} : { example }),
        };
        return [name, field.meta({ param })];
      }),
    ),
  );
}

function descriptionOf(field: z.ZodType): string | undefined {
  if (field.description !== undefined || !(field instanceof z.ZodOptional)) return field.description;
  return descriptionOf(field.unwrap() as z.ZodType);
}
