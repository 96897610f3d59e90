import type { GroupWithMembers } from '../../core/groups/pages.ts';
import { etag } from '../entity-tags.ts';
import type { Json, JsonObject } from '../json.ts';
import { project, type Projection } from '../projection.ts';
import { CORE_GROUP } from '../schema/urns.ts';

/**
 * A group as SCIM's JSON text. The members come as text from the database and are set in as they are, unless only
 * some of their sub-attributes are to be shown: a group of many thousands is not parsed to be written again.
 */
export function groupText(
  { group, members }: GroupWithMembers,
  publicUrl: string,
  projection: Projection,
): string {
  const resource: JsonObject = {
    schemas: [CORE_GROUP],
    id: group.id,
    ...(group.external_id === null ? {} : { externalId: group.external_id }),
    displayName: group.display_name,
    meta: {
      resourceType: 'Group',
      created: group.created_at.toISOString(),
      lastModified: group.updated_at.toISOString(),
      location: groupLocation(publicUrl, group.id),
      version: etag(group.version),
    },
  };
  if (members === undefined) return JSON.stringify(project(resource, projection));
  if (projection.shown.get('members') !== 'whole') {
    return JSON.stringify(project({ ...resource, members: JSON.parse(members) as Json }, projection));
  }
  const head = JSON.stringify(project(resource, projection));
  return `${head.slice(0, -1)},"members":${members}}`;
}

/** Where a group is read. */
export function groupLocation(publicUrl: string, id: string): string {
  return `${publicUrl}/scim/v2/Groups/${id}`;
}
