import type { GroupWithMembers, MemberTexts } from '../../core/groups/pages.ts';
import { etag } from '../http/entity-tags.ts';
import type { Json, JsonObject } from '../input/json.ts';
import { project, type Projection } from '../query/projection.ts';
import { CORE_GROUP } from '../schema/urns.ts';

/**
 * A group as SCIM's JSON text, in pieces. The members come as text from the database and are set in as they are, unless
 * only some of their sub-attributes are to be shown: a group of many thousands is not parsed to be written again.
 */
export async function* groupText(
  { group, members }: GroupWithMembers,
  publicUrl: string,
  projection: Projection,
): AsyncGenerator<string> {
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
  const head = JSON.stringify(project(resource, projection));
  if (members) yield* withArray(head, 'members', shownMembers(members, projection));
  else yield head;
}

async function* shownMembers(members: MemberTexts, projection: Projection): AsyncGenerator<string> {
  const isWhole = projection.shown.get('members') === 'whole';
  for await (const piece of members) yield isWhole ? piece : projected(piece, projection);
}

function projected(piece: string, projection: Projection): string {
  const { members } = project({ members: JSON.parse(`[${piece}]`) as Json }, projection);
  return members === undefined ? '' : JSON.stringify(members).slice(1, -1);
}

/** A resource's text with an array at its end, whose elements come in pieces; without it when there are none. */
export async function* withArray(
  head: string,
  name: string,
  pieces: AsyncIterable<string>,
): AsyncGenerator<string> {
  let isEmpty = true;
  for await (const piece of pieces) {
    if (piece === '') continue;
    yield isEmpty ? `${head.slice(0, -1)},"${name}":[${piece}` : `,${piece}`;
    isEmpty = false;
  }
  yield isEmpty ? head : ']}';
}

/** Where a group is read. */
export function groupLocation(publicUrl: string, id: string): string {
  return `${publicUrl}/scim/v2/Groups/${id}`;
}
