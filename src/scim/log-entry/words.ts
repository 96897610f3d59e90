import { groupSchema, userSchema } from '../schema/schema.ts';
import { serviceDefinitions } from '../schema/service.ts';

/** URNs that stand in requests beside those of resources. */
const URNS = [
  ...['ListResponse', 'SearchRequest', 'PatchOp', 'BulkRequest', 'BulkResponse', 'Error'].map(
    (message) => `urn:ietf:params:scim:api:messages:2.0:${message}`,
  ),
  ...Object.values(serviceDefinitions).map(({ id }) => id),
];

/** Names that stand in requests beside those of attributes. */
const OTHERS =
  'operations op path value schemas failonerrors method bulkid version data location filter sortby sortorder ' +
  'startindex count cursor attributes excludedattributes ascending descending $ref $schema';

/** Every name that our schemas give an attribute or sub-attribute, in lower case, with and without its URN. */
const KNOWN: ReadonlySet<string> = new Set([
  ...OTHERS.split(' '),
  ...URNS.map((urn) => urn.toLowerCase()),
  ...[userSchema, groupSchema].flatMap(({ id, extensions, index, inside }) => [
    id.toLowerCase(),
    ...extensions.map((urn) => urn.toLowerCase()),
    ...index.keys(),
    ...[...inside.values()].flatMap((names) => [...names.keys()]),
  ]),
]);

/** Whether a text is a name of SCIM's, which tells of nobody. */
export function isKnownName(text: string): boolean {
  return KNOWN.has(text.toLowerCase());
}

/** What stands for something that is not kept, since it could not be found again when a person is erased. */
export const NOT_KEPT = '…';
