import { skip } from './check.ts';
import type { Reply, Send } from './exchange.ts';
import type { AttributeName, Feature } from './features.ts';
import { at, items, textAt } from './values.ts';

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/** What a service provider says of itself (RFC 7644 section 4). */
export interface Server {
  /** The answers of the three discovery endpoints. */
  readonly replies: { readonly config: Reply; readonly schemas: Reply; readonly types: Reply };
  readonly config: unknown;
  /** The Schema resources by their URN. */
  readonly schemas: ReadonlyMap<string, unknown>;
  readonly resourceTypes: readonly unknown[];
  /** Where users and groups are, such as `/Users`. */
  readonly users: string;
  readonly groups: string;
}

/** Asks a service provider what it is. What it does not tell is taken as the RFC has it. */
export async function discover(send: Send): Promise<Server> {
  const config = await send('GET', '/ServiceProviderConfig');
  const schemas = await send('GET', '/Schemas');
  const types = await send('GET', '/ResourceTypes');
  const resourceTypes = items(at(types.body, 'Resources'));
  return {
    replies: { config, schemas, types },
    config: config.body,
    schemas: new Map(
      items(at(schemas.body, 'Resources')).map((schema) => [textAt(schema, 'id') ?? '', schema]),
    ),
    resourceTypes,
    users: endpointOf(resourceTypes, USER) ?? '/Users',
    groups: endpointOf(resourceTypes, GROUP) ?? '/Groups',
  };
}

export function resourceType(server: Server, schema: string): unknown {
  return server.resourceTypes.find((type) => textAt(type, 'schema') === schema);
}

function endpointOf(types: readonly unknown[], schema: string): string | undefined {
  const endpoint = textAt(
    types.find((type) => textAt(type, 'schema') === schema),
    'endpoint',
  );
  return endpoint === undefined ? undefined : `/${endpoint.replace(/^\/+/, '')}`;
}

/** The path of an endpoint as `/ResourceTypes` gives it: "relative to the Base URL", with or without a slash. */
export function pathOf(endpoint: string): string {
  return `/${endpoint.replace(/^\/+/, '')}`;
}

/** Why a feature is not there; undefined when the server says that it is. */
export function missingFeature(server: Server, feature: Feature): string | undefined {
  if (feature === 'Group') {
    return resourceType(server, GROUP) === undefined && server.resourceTypes.length > 0
      ? 'the server has no resource type Group'
      : undefined;
  }
  if (feature === 'pagination.index') {
    return at(server.config, 'pagination', 'index') === false
      ? 'ServiceProviderConfig says pagination.index is false'
      : undefined;
  }
  const [name, isCursor] =
    feature === 'pagination.cursor' ? ['pagination.cursor', true] : [`${feature}.supported`, false];
  const value = isCursor
    ? at(server.config, 'pagination', 'cursor')
    : at(server.config, feature, 'supported');
  return value === true ? undefined : `ServiceProviderConfig does not say that ${name} is true`;
}

const SCHEMA_OF = { User: USER, Group: GROUP, Enterprise: ENTERPRISE } as const;

/** The definition of an attribute in the server's own schema, or undefined. */
export function attributeOf(server: Server, name: AttributeName): unknown {
  const [type, path] = name.split(':') as [keyof typeof SCHEMA_OF, string];
  let definition: unknown = server.schemas.get(SCHEMA_OF[type]);
  for (const [depth, part] of path.split('.').entries()) {
    definition = items(at(definition, depth === 0 ? 'attributes' : 'subAttributes')).find(
      (one) => textAt(one, 'name')?.toLowerCase() === part.toLowerCase(),
    );
  }
  return definition;
}

/** Why clients cannot write an attribute; undefined when they can. */
export function unwritable(server: Server, name: AttributeName): string | undefined {
  // A server that publishes no schema is taken to have the RFC's.
  if (server.schemas.size === 0) return undefined;
  const [type] = name.split(':') as [keyof typeof SCHEMA_OF];
  if (!server.schemas.has(SCHEMA_OF[type])) return `the server has no schema ${SCHEMA_OF[type]}`;
  const definition = attributeOf(server, name);
  if (definition === undefined) return `the server's schema has no ${name}`;
  const mutability = textAt(definition, 'mutability');
  if (mutability === 'readOnly' || mutability === 'immutable') {
    return `${name} is ${mutability} in the server's schema`;
  }
  return undefined;
}

/** Ends the test when the attribute is not in the server's schema. */
export function requireAttribute(server: Server, name: AttributeName): unknown {
  const definition = attributeOf(server, name);
  if (definition === undefined) skip(`the server's schema has no ${name}`);
  return definition;
}

/** Whether the server's schema says that the attribute's case matters; `fallback` when it does not say. */
export function isCaseExact(server: Server, name: AttributeName, fallback = false): boolean {
  const caseExact = at(attributeOf(server, name), 'caseExact');
  return typeof caseExact === 'boolean' ? caseExact : fallback;
}
