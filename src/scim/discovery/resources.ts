import type SCIMMY from 'scimmy';
import { MAX_OPERATIONS, MAX_PAYLOAD_BYTES } from '../bulk/request.ts';
import type { JsonObject } from '../input/json.ts';
import { CURSOR_TIMEOUT } from '../query/cursor.ts';
import { DEFAULT_COUNT, MAX_COUNT } from '../query/paging.ts';
import { definitions } from '../schema/definitions.ts';
import { groupSchema, type ResourceSchema, userSchema } from '../schema/schema.ts';
import { serviceDefinitions } from '../schema/service.ts';

/** A resource that describes the service provider. */
export interface DiscoveryResource extends JsonObject {
  readonly id: string;
}

/** What is supported (RFC 7643 section 5, RFC 9865 section 4). `root` is what locations begin with. */
export function serviceProviderConfig(root: string): JsonObject {
  return {
    schemas: [serviceDefinitions.serviceProviderConfig.id],
    patch: { supported: true },
    bulk: { supported: true, maxOperations: MAX_OPERATIONS, maxPayloadSize: MAX_PAYLOAD_BYTES },
    filter: { supported: true, maxResults: MAX_COUNT },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    pagination: {
      cursor: true,
      index: true,
      defaultPaginationMethod: 'index',
      defaultPageSize: DEFAULT_COUNT,
      maxPageSize: MAX_COUNT,
      cursorTimeout: CURSOR_TIMEOUT,
    },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'OAuth Bearer Token',
        description: 'A token with the scope scim, in the header Authorization: Bearer.',
        specUri: 'https://www.rfc-editor.org/info/rfc6750',
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${root}/ServiceProviderConfig` },
  };
}

/** The types of resources (RFC 7643 section 6). */
export function resourceTypes(root: string): DiscoveryResource[] {
  return [
    resourceType(root, userSchema, { endpoint: '/Users', description: 'User Account' }),
    resourceType(root, groupSchema, { endpoint: '/Groups', description: 'Group' }),
  ];
}

function resourceType(
  root: string,
  { name, id, extensions }: ResourceSchema,
  { endpoint, description }: { endpoint: string; description: string },
): DiscoveryResource {
  return {
    schemas: [serviceDefinitions.resourceType.id],
    id: name,
    name,
    description,
    endpoint,
    schema: id,
    ...(extensions.length > 0
      ? { schemaExtensions: extensions.map((extension) => ({ schema: extension, required: false })) }
      : {}),
    meta: { resourceType: 'ResourceType', location: `${root}/ResourceTypes/${name}` },
  };
}

/** Every schema that an answer here names (RFC 7643 section 7): those of the resources, and of what describes them. */
export function schemas(root: string): DiscoveryResource[] {
  return [...Object.values(definitions), ...Object.values(serviceDefinitions)].map((definition) =>
    described(root, definition),
  );
}

function described(root: string, definition: SCIMMY.Types.SchemaDefinition): DiscoveryResource {
  // Attributes become plain JSON as they are written.
  return JSON.parse(JSON.stringify(definition.describe(`${root}/Schemas`))) as DiscoveryResource;
}
