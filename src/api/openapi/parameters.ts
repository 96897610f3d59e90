import type { Route } from '../route.ts';
import type { Schemas } from './schemas.ts';
import { resourceOf, segmentsOf } from './tags.ts';
import type { Parameter, Reference } from './types.ts';

/** Parameters that many operations take, by their names in the document. */
export const SHARED_PARAMETERS: Readonly<Record<string, Parameter>> = {
  Workspace: {
    name: 'X-Workspace',
    in: 'header',
    description:
      'The key or id of the workspace. Operators must name one; with any other token it can only be the own one.',
    required: false,
    schema: { type: 'string' },
    example: 'default',
  },
  KnownVersion: {
    name: 'If-None-Match',
    in: 'header',
    description: 'The ETag of an answer that you have: 304 when it still holds.',
    required: false,
    schema: { type: 'string' },
  },
};

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
export function parametersOf(route: Route, schemas: Schemas): (Parameter | Reference)[] {
  const shared = (name: string): Reference => ({ $ref: `#/components/parameters/${name}` });
  return [
    ...pathParameters(route, schemas),
    ...queryParameters(route, schemas),
    ...(route.tagged ? [shared('KnownVersion')] : []),
    ...(route.acrossWorkspaces ? [] : [shared('Workspace')]),
  ];
}

function pathParameters(route: Route, schemas: Schemas): Parameter[] {
  if (!route.params) return [];
  const { key } = resourceOf(route);
  const examples: Readonly<Record<string, string | undefined>> = {
    id: '019a2b9c-0000-7000-8000-000000000000',
    key,
    project: 'mobile',
    product: 'testsigma',
  };
  return Object.entries(schemas.of(route.params, 'input').properties ?? {}).map(([name, schema]) => {
    const { description = PATH[name] ?? '', ...rest } = schema;
    const example = examples[name];
    return {
      name,
      in: 'path',
      description,
      required: true,
      schema: rest,
      ...(example === undefined ? {} : { example }),
    };
  });
}

function queryParameters(route: Route, schemas: Schemas): Parameter[] {
  if (!route.query) return [];
  const [resource = ''] = segmentsOf(route);
  const { properties = {}, required = [] } = schemas.of(route.query, 'input');
  return Object.entries(properties).map(([name, schema]) => {
    const { description = QUERY[`${resource}.${name}`] ?? QUERY[name] ?? '', ...rest } = schema;
    return { name, in: 'query', description, required: required.includes(name), schema: rest };
  });
}
